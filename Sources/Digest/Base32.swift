/// Base32 in the alphabet of RFC 4648 §6, in lower case and without padding: 128 bits make 26
/// characters that survive a file name, a double click and a reader's voice.
package enum Base32 {
    private static let alphabet = Array("abcdefghijklmnopqrstuvwxyz234567".utf8)

    /// The bytes as lower-case text.
    package static func encode(_ bytes: some Sequence<UInt8>) -> String {
        var characters: [UInt8] = []
        var buffer: UInt32 = 0
        var bits: UInt32 = 0
        for byte in bytes {
            buffer = (buffer << 8) | UInt32(byte)
            bits += 8
            while bits >= 5 {
                bits -= 5
                characters.append(alphabet[Int((buffer >> bits) & 31)])
            }
            buffer &= (1 << bits) - 1
        }
        if bits > 0 { characters.append(alphabet[Int((buffer << (5 - bits)) & 31)]) }
        return String(decoding: characters, as: UTF8.self)
    }

    /// The bytes that the text stands for.
    ///
    /// Gives nil for anything that ``encode(_:)`` does not write, so that one value has one text.
    package static func decode(_ text: some StringProtocol) -> [UInt8]? {
        var bytes: [UInt8] = []
        var buffer: UInt32 = 0
        var bits: UInt32 = 0
        for character in text.utf8 {
            guard let value = alphabet.firstIndex(of: character) else { return nil }
            buffer = (buffer << 5) | UInt32(value)
            bits += 5
            guard bits >= 8 else { continue }
            bits -= 8
            bytes.append(UInt8(truncatingIfNeeded: buffer >> bits))
            buffer &= (1 << bits) - 1
        }
        return bits < 5 && buffer == 0 ? bytes : nil
    }
}
