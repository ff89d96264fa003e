/// HKDF-SHA256 (RFC 5869).
package enum HKDF {
    /// The longest output that RFC 5869 §2.3 allows, in bytes.
    package static let outputByteCountMax = 255 * SHA256.byteCount

    /// Derives `byteCount` bytes for one purpose from key material.
    ///
    /// Asking for more than ``outputByteCountMax`` is a mistake of the caller and stops the process.
    package static func derive(
        from keyMaterial: [UInt8],
        salt: [UInt8],
        info: [UInt8],
        byteCount: Int
    ) -> [UInt8] {
        precondition(
            (0...outputByteCountMax).contains(byteCount),
            "HKDF-SHA256 gives at most \(outputByteCountMax) bytes."
        )
        let keyed = HMAC(key: HMAC.authenticationCode(for: keyMaterial, key: salt))
        var output: [UInt8] = []
        output.reserveCapacity(byteCount + SHA256.byteCount)
        // The last block before, what it is for, and its number (RFC 5869 §2.3).
        var message = info + [0]
        while output.count < byteCount {
            message[message.count - 1] += 1
            var hmac = keyed
            hmac.update(output.suffix(SHA256.byteCount))
            hmac.update(message)
            hmac.appendAuthenticationCode(to: &output)
        }
        output.removeLast(output.count - byteCount)
        return output
    }
}

/// PBKDF2 with HMAC-SHA256 (RFC 8018 §5.2).
package enum PBKDF2 {
    /// Derives `byteCount` bytes from a password, in `iterations` rounds a block.
    package static func derive(
        from password: some Sequence<UInt8>,
        salt: some Sequence<UInt8>,
        iterations: Int,
        byteCount: Int
    ) -> [UInt8] {
        precondition(iterations >= 1, "PBKDF2 needs at least one iteration.")
        precondition(byteCount >= 0, "PBKDF2 cannot derive fewer than no bytes.")
        let keyed = HMAC(key: password)
        let salt = Array(salt)
        var output: [UInt8] = []
        var index: UInt32 = 0
        while output.count < byteCount {
            index += 1
            var hmac = keyed
            hmac.update(salt)
            hmac.update(bigEndianBytes(of: index))
            output += folded(hmac.finalized(), keyed: keyed, rounds: iterations - 1)
        }
        return Array(output.prefix(byteCount))
    }

    private static func folded(_ first: [UInt8], keyed: HMAC, rounds: Int) -> [UInt8] {
        var block = first
        var sum = first
        block.withUnsafeMutableBytes { block in
            sum.withUnsafeMutableBytes { sum in
                var left = rounds
                while left > 0 {
                    keyed.replace(block)
                    var index = 0
                    while index < SHA256.byteCount {
                        sum[index] ^= block[index]
                        index &+= 1
                    }
                    left &-= 1
                }
            }
        }
        return sum
    }
}

/// The bytes of an integer, the most significant one first.
func bigEndianBytes(of value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.bigEndian) { Array($0) }
}
