/// Comparison whose duration tells nothing about the bytes compared.
package enum ConstantTime {
    /// Whether both hold the same bytes.
    ///
    /// The duration depends on the lengths and on nothing else. Never inlined, so that no caller's
    /// knowledge of one side lets the compiler leave the loop early.
    @inline(never)
    package static func equal(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        var difference: UInt8 = 0
        for index in left.indices {
            difference |= left[index] ^ right[index]
        }
        return difference == 0
    }

    /// Whether both are the same text, byte for byte.
    package static func equal(_ left: String, _ right: String) -> Bool {
        equal(Array(left.utf8), Array(right.utf8))
    }
}
