import Foundation

/// Writes JSON texts as bytes, a value after the other (RFC 8259).
///
/// A value gives the bytes that Foundation's encoder gives with sorted names and plain slashes, in
/// a small part of its time.
package struct JSONWriter: Sendable {
    /// What was written.
    package private(set) var bytes: [UInt8] = []
    /// False once a number was written that JSON has no way to write (RFC 8259 §6).
    private var isWritable = true

    /// Starts a text of about that many bytes.
    package init(capacity: Int = 128) { bytes.reserveCapacity(capacity) }

    /// The whole text of a value; `null` where a number in it is infinite or undefined.
    static func text(of value: JSONValue) -> [UInt8] {
        var writer = JSONWriter()
        writer.append(value)
        return writer.isWritable ? writer.bytes : Array("null".utf8)
    }

    /// Writes a value, the members of objects by the order of their names' bytes.
    package mutating func append(_ value: JSONValue) {
        switch value {
        case .null: append(raw: "null")
        case .bool(let isTrue): append(raw: isTrue ? "true" : "false")
        case .integer(let number): append(number)
        case .number(let number): append(number)
        case .string(let text): append(text)
        case .array(let elements): append(elements)
        case .object(let members): append(members)
        }
    }

    /// Writes a text in quotes.
    package mutating func append(_ text: String) {
        bytes.append(Self.quote)
        var text = text
        text.withUTF8 { appendEscaped($0) }
        bytes.append(Self.quote)
    }

    /// Writes an integer.
    package mutating func append(_ number: Int64) {
        bytes.append(contentsOf: String(number).utf8)
    }

    private mutating func append(_ number: Double) {
        do {
            bytes.append(contentsOf: try JSONEncoder().encode(number))
        } catch {
            isWritable = false
        }
    }

    private mutating func append(_ elements: [JSONValue]) {
        bytes.append(UInt8(ascii: "["))
        for (index, element) in elements.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            append(element)
        }
        bytes.append(UInt8(ascii: "]"))
    }

    private mutating func append(_ members: [String: JSONValue]) {
        beginObject()
        for (name, value) in members.sorted(by: { Self.goesBefore($0.key, $1.key) }) {
            beginMember(name)
            append(value)
        }
        endObject()
    }

    private static func goesBefore(_ left: String, _ right: String) -> Bool {
        left.utf8.lexicographicallyPrecedes(right.utf8)
    }
}

// MARK: - Objects member by member

extension JSONWriter {
    /// Begins an object.
    package mutating func beginObject() { bytes.append(UInt8(ascii: "{")) }

    /// Ends an object.
    package mutating func endObject() { bytes.append(UInt8(ascii: "}")) }

    /// Writes a member's name, after a comma unless it is the first of its object; its value is to
    /// follow.
    package mutating func beginMember(_ name: String) {
        if let last = bytes.last, last != UInt8(ascii: "{") { bytes.append(UInt8(ascii: ",")) }
        append(name)
        bytes.append(UInt8(ascii: ":"))
    }

    /// Writes a member that is a text.
    package mutating func append(_ name: String, _ text: String) {
        beginMember(name)
        append(text)
    }

    /// Writes a member that is an integer.
    package mutating func append(_ name: String, _ number: Int64) {
        beginMember(name)
        append(number)
    }

    /// Writes members that a writer which began no object has written.
    package mutating func append(members: [UInt8]) {
        guard !members.isEmpty else { return }
        if bytes.last != UInt8(ascii: "{") { bytes.append(UInt8(ascii: ",")) }
        bytes.append(contentsOf: members)
    }

    /// Writes a member.
    package mutating func append(_ name: String, _ value: JSONValue) {
        beginMember(name)
        append(value)
    }
}

// MARK: - Bytes

extension JSONWriter {
    private static let quote = UInt8(ascii: "\"")
    private static let backslash = UInt8(ascii: "\\")

    private mutating func append(raw text: StaticString) {
        text.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    /// Copies what may stand in a string as it is, and escapes the rest (RFC 8259 §7).
    private mutating func appendEscaped(_ text: UnsafeBufferPointer<UInt8>) {
        var start = 0
        for index in text.indices {
            let byte = text[index]
            guard byte < 0x20 || byte == Self.quote || byte == Self.backslash else { continue }
            bytes.append(contentsOf: text[start..<index])
            appendEscape(of: byte)
            start = index + 1
        }
        bytes.append(contentsOf: text[start...])
    }

    private mutating func appendEscape(of byte: UInt8) {
        switch byte {
        case Self.quote: append(raw: "\\\"")
        case Self.backslash: append(raw: "\\\\")
        case 0x08: append(raw: "\\b")
        case 0x09: append(raw: "\\t")
        case 0x0A: append(raw: "\\n")
        case 0x0C: append(raw: "\\f")
        case 0x0D: append(raw: "\\r")
        default:
            append(raw: byte < 0x10 ? "\\u000" : "\\u001")
            let digit = byte & 0xF
            bytes.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        }
    }
}
