import Digest
import Testing

@Suite struct ConstantTimeTests {
    @Test func `equal bytes are equal and any flipped bit is seen`() {
        let bytes = (0..<32).map { UInt8($0) }
        #expect(ConstantTime.equal(bytes, bytes))
        for index in bytes.indices {
            for bit in 0..<8 {
                var other = bytes
                other[index] ^= 1 << bit
                #expect(!ConstantTime.equal(bytes, other))
            }
        }
    }

    @Test func `bytes of another length are never equal`() {
        #expect(ConstantTime.equal([UInt8](), []))
        #expect(!ConstantTime.equal([0], []))
        #expect(!ConstantTime.equal([0, 0], [0]))
    }

    @Test func `texts are compared by their bytes`() {
        #expect(ConstantTime.equal("tlk_a", "tlk_a"))
        // The same letter, precomposed and not: equal as Swift strings, not as tokens.
        #expect(!ConstantTime.equal("\u{e9}", "e\u{301}"))
    }
}

@Suite struct SecureRandomTests {
    @Test(arguments: [0, 1, 7, 8, 9, 16, 32, 100])
    func `the kernel's source gives as many bytes as asked`(count: Int) {
        #expect(SecureRandom().bytes(count).count == count)
    }

    @Test func `two draws differ`() {
        let random = SecureRandom()
        #expect(random.bytes(16) != random.bytes(16))
    }

    @Test func `a test can supply the bytes`() {
        let random = SecureRandom { count in [UInt8](repeating: 7, count: count) }
        #expect(random.bytes(3) == [7, 7, 7])
    }
}
