/// CRC-32 with the polynomial of IEEE 802.3 (the one of zip and PNG): finds typing errors, protects
/// nothing.
package enum CRC32 {
    /// The checksum of a message.
    package static func checksum(_ bytes: RawSpan) -> UInt32 {
        table.withUnsafeBufferPointer { table in
            bytes.withUnsafeBytes { bytes in
                var remainder: UInt32 = 0xffff_ffff
                for byte in bytes {
                    remainder = table[Int((remainder ^ UInt32(byte)) & 0xff)] ^ (remainder >> 8)
                }
                return ~remainder
            }
        }
    }

    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { value, _ in
            value & 1 == 1 ? 0xedb8_8320 ^ (value >> 1) : value >> 1
        }
    }
}
