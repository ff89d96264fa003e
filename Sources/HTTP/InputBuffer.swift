/// Bytes received and not yet consumed; lines and bodies are cut from it in place.
struct InputBuffer: Sendable {
    /// Why no line can be cut.
    enum LineFault: Error {
        case tooLong
        /// A line that ends in LF without CR: some parsers take it for a line and some do not
        /// (RFC 9112 §2.2).
        case bareLineFeed
    }

    private(set) var bytes: [UInt8] = []
    private var start = 0
    /// No LF lies before this index, so that a line that comes byte by byte is scanned once.
    private var scanned = 0

    var count: Int { bytes.count - start }
    var first: UInt8? { start < bytes.count ? bytes[start] : nil }

    mutating func append(_ new: UnsafeRawBufferPointer) {
        discardConsumed()
        bytes.append(contentsOf: new)
    }

    /// The next line without its CRLF, as a range of `bytes` that holds until the next `append`.
    ///
    /// A line may have `max` bytes with its CRLF; nil where its end is not there yet.
    mutating func line(max: Int) throws(LineFault) -> Range<Int>? {
        guard let end = bytes[scanned...].firstIndex(of: .lineFeed) else {
            scanned = bytes.count
            guard count <= max else { throw .tooLong }
            return nil
        }
        guard end + 1 - start <= max else { throw .tooLong }
        guard end > start, bytes[end - 1] == .carriageReturn else { throw .bareLineFeed }
        let line = start..<end - 1
        consume(end + 1 - start)
        return line
    }

    /// Cuts off at most that many bytes.
    mutating func take(_ max: Int) -> ArraySlice<UInt8> {
        let taken = bytes[start..<start + min(max, count)]
        consume(taken.count)
        return taken
    }

    /// Whether the bytes begin with CRLF, which is then consumed; nil where that is open.
    mutating func takeLineEnd() -> Bool? {
        guard let first else { return nil }
        guard first == .carriageReturn else { return false }
        guard count > 1 else { return nil }
        guard bytes[start + 1] == .lineFeed else { return false }
        consume(2)
        return true
    }

    private mutating func consume(_ count: Int) {
        start += count
        scanned = start
    }

    private mutating func discardConsumed() {
        guard start > 0 else { return }
        if start == bytes.count {
            // A connection that once had a large request does not keep its memory for ever.
            bytes.removeAll(keepingCapacity: bytes.capacity <= 16_384)
        } else {
            bytes.removeSubrange(..<start)
        }
        scanned -= start
        start = 0
    }
}
