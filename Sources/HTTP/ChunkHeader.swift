/// The line before a chunk: its size in hexadecimal, and extensions, which are read and ignored
/// (RFC 9112 §7.1).
struct ChunkHeader: Equatable {
    var size: Int

    /// Reads a line without its CRLF; nil where it is not of the grammar or the size has over 15
    /// significant digits, which other parsers may let overflow.
    init?(_ line: ArraySlice<UInt8>) {
        var rest = line
        var size = 0
        while let digit = rest.first?.hexadecimalValue {
            guard size < 1 << 56 else { return nil }
            size = size << 4 | Int(digit)
            rest = rest.dropFirst()
        }
        guard rest.startIndex > line.startIndex, Self.areExtensions(rest) else { return nil }
        self.size = size
    }

    /// `*( BWS ";" BWS name [ BWS "=" BWS value ] )`, where a value is a token or a quoted string
    /// (RFC 9112 §7.1.1).
    private static func areExtensions(_ bytes: ArraySlice<UInt8>) -> Bool {
        var rest = bytes
        while !rest.isEmpty {
            rest = rest.drop(while: \.isSpace)
            guard rest.first == UInt8(ascii: ";") else { return false }
            rest = rest.dropFirst().drop(while: \.isSpace)
            guard rest.first?.isToken == true else { return false }
            rest = rest.drop(while: \.isToken)
            let value = rest.drop(while: \.isSpace)
            guard value.first == UInt8(ascii: "=") else { continue }
            rest = value.dropFirst().drop(while: \.isSpace)
            guard let end = endOfValue(rest) else { return false }
            rest = rest[end...]
        }
        return true
    }

    private static func endOfValue(_ bytes: ArraySlice<UInt8>) -> Int? {
        guard bytes.first == UInt8(ascii: "\"") else {
            let rest = bytes.drop(while: \.isToken)
            return rest.startIndex > bytes.startIndex ? rest.startIndex : nil
        }
        var index = bytes.startIndex + 1
        while index < bytes.endIndex {
            let byte = bytes[index]
            guard byte.isFieldContent else { return nil }
            if byte == UInt8(ascii: "\"") { return index + 1 }
            if byte == UInt8(ascii: "\\") {
                index += 1
                guard index < bytes.endIndex, bytes[index].isFieldContent else { return nil }
            }
            index += 1
        }
        return nil
    }
}
