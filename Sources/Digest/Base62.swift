/// Base62 with the digits 0-9, A-Z, a-z: a big-endian integer in a fixed number of digits.
package enum Base62 {
    private static let alphabet = Array(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8
    )

    /// The bytes, read as one big-endian integer, in exactly `digits` digits.
    ///
    /// An integer that needs more digits is a mistake of the caller and stops the process.
    package static func encode(_ bytes: some Sequence<UInt8>, digits: Int) -> String {
        var number = Array(bytes)
        var text = [UInt8](repeating: alphabet[0], count: digits)
        for position in text.indices.reversed() {
            var remainder: UInt32 = 0
            for index in number.indices {
                let value = remainder << 8 | UInt32(number[index])
                number[index] = UInt8(truncatingIfNeeded: value / 62)
                remainder = value % 62
            }
            text[position] = alphabet[Int(remainder)]
        }
        precondition(
            number.allSatisfy { $0 == 0 },
            "The integer does not fit into \(digits) base62 digits."
        )
        return String(decoding: text, as: UTF8.self)
    }

    /// The integer in exactly `digits` digits; see ``encode(_:digits:)-swift.type.method``.
    package static func encode(_ value: UInt32, digits: Int) -> String {
        encode(bigEndianBytes(of: value), digits: digits)
    }
}
