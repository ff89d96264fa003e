/// Base62 with the digits 0-9, A-Z, a-z: a big-endian integer in a fixed number of digits.
package enum Base62 {
    private static let alphabet = Array(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8
    )

    /// The bytes, read as one big-endian integer, in exactly `digits` digits.
    ///
    /// An integer that needs more digits is a mistake of the caller and stops the process.
    package static func encode(_ bytes: [UInt8], digits: Int) -> String {
        var limbs = limbs(of: bytes)
        let alphabet = alphabet
        var text = [UInt8](repeating: alphabet[0], count: digits)
        var position = digits
        while position > 0 {
            var chunk = divide(&limbs)
            for _ in 0..<min(position, chunkDigits) {
                position -= 1
                text[position] = alphabet[Int(chunk % 62)]
                chunk /= 62
            }
            precondition(chunk == 0, "The integer does not fit into \(digits) base62 digits.")
        }
        precondition(
            limbs.allSatisfy { $0 == 0 },
            "The integer does not fit into \(digits) base62 digits."
        )
        return String(decoding: text, as: UTF8.self)
    }

    /// The integer in exactly `digits` digits; see ``encode(_:digits:)-swift.type.method``.
    package static func encode(_ value: UInt32, digits: Int) -> String {
        encode(bigEndianBytes(of: value), digits: digits)
    }

    /// Five digits are split off by one division, the most that 32 bits hold.
    private static let chunkDigits = 5
    private static let chunkBase: UInt64 = 62 * 62 * 62 * 62 * 62

    /// The integer in 32-bit limbs, the most significant one first.
    private static func limbs(of bytes: [UInt8]) -> [UInt32] {
        var limbs = [UInt32](repeating: 0, count: (bytes.count + 3) / 4)
        for (index, byte) in bytes.reversed().enumerated() {
            limbs[limbs.count - 1 - index / 4] |= UInt32(byte) << UInt32(index % 4 * 8)
        }
        return limbs
    }

    /// Divides the integer by ``chunkBase`` and gives the remainder.
    private static func divide(_ limbs: inout [UInt32]) -> UInt64 {
        var remainder: UInt64 = 0
        for index in limbs.indices {
            let value = remainder << 32 | UInt64(limbs[index])
            limbs[index] = UInt32(truncatingIfNeeded: value / chunkBase)
            remainder = value % chunkBase
        }
        return remainder
    }
}
