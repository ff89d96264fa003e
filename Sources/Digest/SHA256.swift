/// SHA-256 (FIPS 180-4 §6.2), in one shot or fed in pieces.
package struct SHA256: Sendable {
    /// The length of a hash in bytes.
    package static let byteCount = 32
    /// The length of the block that the compression function reads, in bytes.
    package static let blockByteCount = 64

    private var state = SHA256State()
    private var pending = InlineArray<64, UInt8>(repeating: 0)
    private var pendingCount = 0
    private var totalCount: UInt64 = 0

    /// Starts a hash of nothing.
    package init() {}

    /// The hash of a whole message.
    @inlinable
    package static func hash(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        var hash = SHA256()
        hash.update(bytes)
        return hash.finalized()
    }

    /// The hash of a whole message that lies in memory.
    package static func hash(_ bytes: RawSpan) -> [UInt8] {
        var hash = SHA256()
        hash.update(bytes)
        return hash.finalized()
    }

    /// Adds bytes to the message.
    @inlinable
    package mutating func update(_ bytes: some Sequence<UInt8>) {
        let contiguous: Void? = bytes.withContiguousStorageIfAvailable { buffer in
            absorb(UnsafeRawBufferPointer(buffer))
        }
        guard contiguous == nil else { return }
        Array(bytes).withUnsafeBytes { absorb($0) }
    }

    /// Adds bytes that lie in memory to the message.
    package mutating func update(_ bytes: RawSpan) {
        bytes.withUnsafeBytes { absorb($0) }
    }

    /// The hash of all that was added; more can be added afterwards.
    package func finalized() -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: Self.byteCount) { buffer, count in
            write(to: UnsafeMutableRawBufferPointer(buffer))
            count = Self.byteCount
        }
    }

    /// Writes the hash into the first 32 bytes of `target`, without touching the heap.
    func write(to target: UnsafeMutableRawBufferPointer) {
        var padded = self
        padded.pad()
        padded.state.write(to: target)
    }

    @usableFromInline
    mutating func absorb(_ bytes: UnsafeRawBufferPointer) {
        guard var next = bytes.baseAddress, bytes.count > 0 else { return }
        var remaining = bytes.count
        totalCount &+= UInt64(remaining)
        if pendingCount > 0 {
            let taken = min(remaining, Self.blockByteCount - pendingCount)
            keep(next, taken)
            next += taken
            remaining -= taken
            guard pendingCount == Self.blockByteCount else { return }
            compressPending()
        }
        let blocks = remaining / Self.blockByteCount
        if blocks > 0 {
            state.compress(next, blocks: blocks)
            next += blocks * Self.blockByteCount
            remaining -= blocks * Self.blockByteCount
        }
        if remaining > 0 { keep(next, remaining) }
    }

    private mutating func keep(_ source: UnsafeRawPointer, _ count: Int) {
        let start = pendingCount
        withUnsafeMutableBytes(of: &pending) { buffer in
            UnsafeMutableRawBufferPointer(rebasing: buffer[start..<start + count])
                .copyMemory(from: UnsafeRawBufferPointer(start: source, count: count))
        }
        pendingCount += count
    }

    private mutating func compressPending() {
        withUnsafeBytes(of: &pending) { buffer in
            guard let start = buffer.baseAddress else { return }
            state.compress(start, blocks: 1)
        }
        pendingCount = 0
    }

    /// Ends the message as FIPS 180-4 §5.1.1 says: one bit, zeros, the length in bits.
    private mutating func pad() {
        let bitCount = totalCount &* 8
        let used = pendingCount
        let room = Self.blockByteCount - 8
        pending[used] = 0x80
        clearPending(from: used + 1)
        if used >= room {
            compressPending()
            clearPending(from: 0)
        }
        withUnsafeMutableBytes(of: &pending) { buffer in
            buffer.storeBytes(of: bitCount.bigEndian, toByteOffset: room, as: UInt64.self)
        }
        compressPending()
    }

    private mutating func clearPending(from start: Int) {
        _ = withUnsafeMutableBytes(of: &pending) { buffer in
            UnsafeMutableRawBufferPointer(rebasing: buffer[start...])
                .initializeMemory(as: UInt8.self, repeating: 0)
        }
    }
}
