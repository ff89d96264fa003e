/// HMAC-SHA256 (RFC 2104, FIPS 198-1), in one shot or fed in pieces.
///
/// A value made from a key can be copied: every copy starts where the key was taken in, so that
/// one key costs its two blocks once.
package struct HMAC: Sendable {
    /// The length of an authentication code in bytes.
    package static let byteCount = SHA256.byteCount

    @usableFromInline
    var inner = SHA256()
    @usableFromInline
    var outer = SHA256()

    /// Takes in the key; one longer than a block is hashed first (RFC 2104 §2).
    @inlinable
    package init(key: some Sequence<UInt8>) {
        let contiguous: Void? = key.withContiguousStorageIfAvailable { buffer in
            takeIn(UnsafeRawBufferPointer(buffer))
        }
        guard contiguous == nil else { return }
        Array(key).withUnsafeBytes { takeIn($0) }
    }

    /// The authentication code of a whole message.
    @inlinable
    package static func authenticationCode(
        for message: some Sequence<UInt8>,
        key: some Sequence<UInt8>
    ) -> [UInt8] {
        var hmac = HMAC(key: key)
        hmac.update(message)
        return hmac.finalized()
    }

    /// Adds bytes to the message.
    @inlinable
    package mutating func update(_ bytes: some Sequence<UInt8>) {
        inner.update(bytes)
    }

    /// Adds bytes that lie in memory to the message.
    package mutating func update(_ bytes: RawSpan) {
        inner.update(bytes)
    }

    /// The authentication code of all that was added; more can be added afterwards.
    package func finalized() -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: Self.byteCount) { buffer, count in
            write(to: UnsafeMutableRawBufferPointer(buffer))
            count = Self.byteCount
        }
    }

    /// Appends the authentication code of all that was added.
    func appendAuthenticationCode(to bytes: inout [UInt8]) {
        let start = bytes.count
        bytes.append(contentsOf: repeatElement(0, count: Self.byteCount))
        bytes.withUnsafeMutableBytes { bytes in
            write(to: UnsafeMutableRawBufferPointer(rebasing: bytes[start...]))
        }
    }

    /// Replaces the message by `block`, and `block` by its authentication code.
    func replace(_ block: UnsafeMutableRawBufferPointer) {
        var hmac = self
        hmac.inner.absorb(UnsafeRawBufferPointer(block))
        hmac.write(to: block)
    }

    @usableFromInline
    mutating func takeIn(_ key: UnsafeRawBufferPointer) {
        var block = InlineArray<64, UInt8>(repeating: 0)
        withUnsafeMutableBytes(of: &block) { block in
            if key.count > block.count {
                var hash = SHA256()
                hash.absorb(key)
                hash.write(to: block)
            } else {
                block.copyMemory(from: key)
            }
            for index in block.indices { block[index] ^= 0x36 }
            inner.absorb(UnsafeRawBufferPointer(block))
            for index in block.indices { block[index] ^= 0x36 ^ 0x5c }
            outer.absorb(UnsafeRawBufferPointer(block))
        }
    }

    private func write(to target: UnsafeMutableRawBufferPointer) {
        inner.write(to: target)
        var last = outer
        last.absorb(UnsafeRawBufferPointer(rebasing: target[..<Self.byteCount]))
        last.write(to: target)
    }
}
