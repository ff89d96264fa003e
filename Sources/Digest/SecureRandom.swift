/// A source of bytes that nobody can guess: the kernel's, unless a test supplies another.
package struct SecureRandom: Sendable {
    private let make: @Sendable (Int) -> [UInt8]

    /// The kernel's generator (`getrandom`).
    package init() {
        make = { count in
            var generator = SystemRandomNumberGenerator()
            let words = (0..<(count + 7) / 8).map { _ in generator.next() }
            return words.withUnsafeBytes { Array($0.prefix(count)) }
        }
    }

    /// A source that answers with what `bytes` gives for a count; for tests.
    package init(bytes: @escaping @Sendable (Int) -> [UInt8]) {
        make = bytes
    }

    /// `count` bytes; a source that gives another number is a mistake and stops the process.
    package func bytes(_ count: Int) -> [UInt8] {
        let bytes = make(count)
        precondition(bytes.count == count, "The random source gave another number of bytes.")
        return bytes
    }
}
