import JSON

/// A look at the top of a JSON object that builds nothing below it.
///
/// A webhook is acknowledged after this look alone; decoding the whole event takes many times as
/// long and belongs to the worker. The grammar is that of RFC 8259; encoding errors inside strings
/// that nobody asked for are left to the decoder.
struct JSONOutline {
    /// Nesting beyond this is taken for an attack; provider events have about ten levels.
    private static let depthMax = 128

    private let bytes: [UInt8]
    private var position = 0

    private init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The named members of the object that `bytes` hold.
    ///
    /// Gives nil where they hold no JSON object, or one that has a named member twice.
    static func members(_ names: Set<String>, of bytes: [UInt8]) -> [String: JSONValue]? {
        var outline = JSONOutline(bytes)
        guard let members = outline.topObject(names) else { return nil }
        outline.skipSpace()
        return outline.position == bytes.count ? members : nil
    }

    private mutating func topObject(_ names: Set<String>) -> [String: JSONValue]? {
        skipSpace()
        guard take("{") else { return nil }
        var members: [String: JSONValue] = [:]
        skipSpace()
        if take("}") { return members }
        repeat {
            skipSpace()
            guard let key = taken({ $0.skipString() }) else { return nil }
            skipSpace()
            guard take(":") else { return nil }
            skipSpace()
            guard let range = taken({ $0.skipValue(depth: 1) }) else { return nil }
            guard let name = text(key) else { return nil }
            if names.contains(name) {
                guard members[name] == nil, let value = value(range) else { return nil }
                members[name] = value
            }
            skipSpace()
        } while take(",")
        return take("}") ? members : nil
    }

    /// The range that `skip` went over, or nil where it found something else.
    private mutating func taken(_ skip: (inout JSONOutline) -> Bool) -> Range<Int>? {
        let start = position
        return skip(&self) ? start..<position : nil
    }

    private func text(_ range: Range<Int>) -> String? {
        let content = bytes[range.dropFirst().dropLast()]
        guard content.contains(UInt8(ascii: "\\")) else {
            return String(validating: content, as: UTF8.self)
        }
        return value(decoding: range)?.string
    }

    private func value(_ range: Range<Int>) -> JSONValue? {
        switch bytes[range.lowerBound] {
        case UInt8(ascii: "\""): text(range).map(JSONValue.string)
        case UInt8(ascii: "t"): .bool(true)
        case UInt8(ascii: "f"): .bool(false)
        case UInt8(ascii: "n"): .null
        default: integer(range) ?? value(decoding: range)
        }
    }

    private func integer(_ range: Range<Int>) -> JSONValue? {
        Int64(String(decoding: bytes[range], as: UTF8.self)).map(JSONValue.integer)
    }

    private func value(decoding range: Range<Int>) -> JSONValue? {
        // A value that the decoder refuses makes the object unreadable, which is what nil says.
        try? JSONValue(parsing: bytes[range])
    }
}

extension JSONOutline {
    private mutating func skipValue(depth: Int) -> Bool {
        guard depth <= Self.depthMax, position < bytes.count else { return false }
        switch bytes[position] {
        case UInt8(ascii: "{"): return skipObject(depth: depth)
        case UInt8(ascii: "["): return skipArray(depth: depth)
        case UInt8(ascii: "\""): return skipString()
        case UInt8(ascii: "t"): return skipWord("true")
        case UInt8(ascii: "f"): return skipWord("false")
        case UInt8(ascii: "n"): return skipWord("null")
        default: return skipNumber()
        }
    }

    private mutating func skipObject(depth: Int) -> Bool {
        guard take("{") else { return false }
        skipSpace()
        if take("}") { return true }
        repeat {
            skipSpace()
            guard skipString() else { return false }
            skipSpace()
            guard take(":") else { return false }
            skipSpace()
            guard skipValue(depth: depth + 1) else { return false }
            skipSpace()
        } while take(",")
        return take("}")
    }

    private mutating func skipArray(depth: Int) -> Bool {
        guard take("[") else { return false }
        skipSpace()
        if take("]") { return true }
        repeat {
            skipSpace()
            guard skipValue(depth: depth + 1) else { return false }
            skipSpace()
        } while take(",")
        return take("]")
    }

    private mutating func skipString() -> Bool {
        guard take("\"") else { return false }
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return true
            case UInt8(ascii: "\\"): guard skipEscape() else { return false }
            case 0..<0x20: return false
            default: continue
            }
        }
        return false
    }

    private mutating func skipEscape() -> Bool {
        guard position < bytes.count else { return false }
        let byte = bytes[position]
        position += 1
        guard byte == UInt8(ascii: "u") else { return "\"\\/bfnrt".utf8.contains(byte) }
        let end = position + 4
        guard end <= bytes.count else { return false }
        defer { position = end }
        return bytes[position..<end].allSatisfy { Character(Unicode.Scalar($0)).isHexDigit }
    }

    private mutating func skipNumber() -> Bool {
        _ = take("-")
        guard take("0") || skipDigits() else { return false }
        if take(".") { guard skipDigits() else { return false } }
        guard take("e") || take("E") else { return true }
        _ = take("+") || take("-")
        return skipDigits()
    }

    private mutating func skipDigits() -> Bool {
        let start = position
        while position < bytes.count, (0x30...0x39).contains(bytes[position]) { position += 1 }
        return position > start
    }

    private mutating func skipWord(_ word: StaticString) -> Bool {
        let end = position + word.utf8CodeUnitCount
        guard end <= bytes.count else { return false }
        let found = word.withUTF8Buffer { bytes[position..<end].elementsEqual($0) }
        if found { position = end }
        return found
    }

    private mutating func skipSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0a, 0x0d: position += 1
            default: return
            }
        }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: character) else {
            return false
        }
        position += 1
        return true
    }
}
