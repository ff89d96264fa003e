/// Reads requests from bytes, however these are cut into pieces; knows no socket.
///
/// Feed it, then call ``next()`` until it gives nil. What one feed gives, any number of smaller ones
/// give. After an error it only repeats the error.
package struct HTTPRequestParser: Sendable {
    /// What has been read.
    package enum Event: Sendable, Equatable {
        /// A head; set ``HTTPRequestParser/bodyBytesMax`` now if its body has a limit of its own.
        case head(HTTPRequestHead)
        /// The body of the last head, which ends the request.
        case body([UInt8])
    }

    private enum Stage: Sendable {
        case requestLine
        case fields
        case framing
        case data(Int)
        case chunkHeader
        case chunkData(Int)
        case chunkEnd
        case trailers
        case failed(HTTPRequestError)
    }

    /// The limit of the body that comes next.
    package var bodyBytesMax: Int

    private let limits: HTTPServer.Limits
    private var input = InputBuffer()
    private var stage = Stage.requestLine
    private var head: HTTPRequestHead?
    private var body: [UInt8] = []
    /// Bytes and lines of the header or trailer section, or bytes of chunk headers.
    private var sectionBytes = 0
    private var sectionLines = 0
    private var emptyLines = 0
    private var framingBytes = 0

    /// Makes a parser at the start of a connection.
    package init(limits: HTTPServer.Limits = HTTPServer.Limits()) {
        self.limits = limits
        bodyBytesMax = limits.bodyBytes
    }

    /// Whether a request has begun and is not whole.
    package var isInRequest: Bool {
        if case .requestLine = stage { return input.count > 0 }
        return true
    }

    /// The bytes that wait to be read as a request.
    package var bufferedBytes: Int { input.count }

    /// Adds bytes from the connection.
    package mutating func feed(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { feed($0) }
    }

    /// Adds bytes from the connection, which are copied.
    package mutating func feed(_ bytes: UnsafeRawBufferPointer) {
        input.append(bytes)
    }

    /// The next event; nil where more bytes are needed.
    package mutating func next() throws(HTTPRequestError) -> Event? {
        do {
            while true {
                switch try advance() {
                case .again: continue
                case .wait: return nil
                case .event(let event): return event
                }
            }
        } catch {
            stage = .failed(error)
            throw error
        }
    }
}

extension HTTPRequestParser {
    private enum Progress {
        case again
        case wait
        case event(Event)
    }

    private mutating func advance() throws(HTTPRequestError) -> Progress {
        switch stage {
        case .requestLine: try readRequestLine()
        case .fields: try readField()
        case .framing: try beginBody()
        case .data(let left): readData(left)
        case .chunkHeader: try readChunkHeader()
        case .chunkData(let left): readChunkData(left)
        case .chunkEnd: try readChunkEnd()
        case .trailers: try readTrailer()
        case .failed(let error): throw error
        }
    }

    private mutating func readRequestLine() throws(HTTPRequestError) -> Progress {
        guard let first = input.first else { return .wait }
        // Bytes that can begin no request, such as a TLS greeting, are refused before a line end.
        guard first.isToken || first == .carriageReturn else {
            throw HTTPRequestError(400, "no request line (RFC 9112 §3)")
        }
        guard let line = try line(max: limits.requestLineBytes, tooLong: 414) else { return .wait }
        if line.isEmpty {
            // Empty lines before a request are skipped (RFC 9112 §2.2), but not for ever.
            emptyLines += 1
            guard emptyLines <= 4 else {
                throw HTTPRequestError(400, "empty lines in place of a request (RFC 9112 §2.2)")
            }
            return .again
        }
        emptyLines = 0
        head = try HTTPRequestHead(requestLine: line)
        // As many as most requests have, so that the list is not grown field by field.
        head?.headers.reserveCapacity(12)
        beginSection(.fields)
        return .again
    }

    private mutating func readField() throws(HTTPRequestError) -> Progress {
        guard let line = try sectionLine() else { return .wait }
        guard line.isEmpty else {
            try head?.headers.add(line: line)
            return .again
        }
        try head?.finish()
        bodyBytesMax = limits.bodyBytes
        stage = .framing
        guard let head else { return .again }
        return .event(.head(head))
    }

    private mutating func beginBody() throws(HTTPRequestError) -> Progress {
        framingBytes = 0
        switch head?.framing {
        case .chunked:
            stage = .chunkHeader
        case .length(let count):
            guard count <= bodyBytesMax else { throw Self.bodyTooLarge }
            // What a client merely announces is not reserved in full.
            body.reserveCapacity(min(count, 65_536))
            stage = .data(count)
        case nil:
            stage = .requestLine
        }
        return .again
    }

    private mutating func readData(_ left: Int) -> Progress {
        let piece = input.take(left)
        body.append(contentsOf: piece)
        stage = .data(left - piece.count)
        return left == piece.count ? endRequest() : .wait
    }

    private mutating func readChunkHeader() throws(HTTPRequestError) -> Progress {
        let max = limits.chunkFramingBytes - framingBytes
        guard let line = try line(max: max, tooLong: 413) else { return .wait }
        framingBytes += line.count + 2
        guard let chunk = ChunkHeader(line) else {
            throw HTTPRequestError(400, "no chunk size (RFC 9112 §7.1)")
        }
        guard chunk.size <= bodyBytesMax - body.count else { throw Self.bodyTooLarge }
        if chunk.size == 0 { beginSection(.trailers) } else { stage = .chunkData(chunk.size) }
        return .again
    }

    private mutating func readChunkData(_ left: Int) -> Progress {
        let piece = input.take(left)
        body.append(contentsOf: piece)
        stage = left == piece.count ? .chunkEnd : .chunkData(left - piece.count)
        return left == piece.count ? .again : .wait
    }

    private mutating func readChunkEnd() throws(HTTPRequestError) -> Progress {
        guard let ended = input.takeLineEnd() else { return .wait }
        guard ended else {
            throw HTTPRequestError(400, "chunk longer than its size (RFC 9112 §7.1)")
        }
        stage = .chunkHeader
        return .again
    }

    /// Trailers are checked as fields and dropped, as RFC 9110 §6.5.1 allows: nothing here may
    /// change what the header said.
    private mutating func readTrailer() throws(HTTPRequestError) -> Progress {
        guard let line = try sectionLine() else { return .wait }
        guard !line.isEmpty else { return endRequest() }
        var dropped = HTTPHeaders()
        try dropped.add(line: line)
        return .again
    }

    private mutating func endRequest() -> Progress {
        defer {
            body = []
            head = nil
            stage = .requestLine
        }
        return .event(.body(body))
    }

    private static var bodyTooLarge: HTTPRequestError {
        HTTPRequestError(413, "body over the limit (RFC 9110 §15.5.14)")
    }

    private mutating func beginSection(_ next: Stage) {
        sectionBytes = 0
        sectionLines = 0
        stage = next
    }

    /// A line of the header or trailer section, within its limits.
    private mutating func sectionLine() throws(HTTPRequestError) -> ArraySlice<UInt8>? {
        guard let line = try line(max: limits.headerBytes - sectionBytes, tooLong: 431) else {
            return nil
        }
        sectionBytes += line.count + 2
        if !line.isEmpty { sectionLines += 1 }
        guard sectionLines <= limits.headerCount else {
            throw HTTPRequestError(431, "too many field lines (RFC 6585 §5)")
        }
        return line
    }

    private mutating func line(
        max: Int,
        tooLong status: Int
    ) throws(HTTPRequestError) -> ArraySlice<UInt8>? {
        do {
            guard let range = try input.line(max: max) else { return nil }
            return input.bytes[range]
        } catch {
            switch error {
            case .tooLong: throw HTTPRequestError(status, "line over the limit (RFC 9110 §15.5)")
            case .bareLineFeed: throw HTTPRequestError(400, "line feed alone (RFC 9112 §2.2)")
            }
        }
    }
}
