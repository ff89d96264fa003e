extension ClientConnection {
    struct Answer {
        var response: HTTPResponse
        /// Whether the connection can carry another request (RFC 9112 §9.3).
        var keepsAlive: Bool
    }

    /// Sends a request and reads its answer; nil where the peer closed before any byte of one.
    mutating func exchange(
        _ bytes: [UInt8],
        method: String,
        bodyBytesMax: Int
    ) throws(HTTPClientError) -> Answer? {
        // A server may answer and close before it has read everything, so a failed send is no end.
        let isSent = try send(bytes)
        guard try hasAnswer() else { return nil }
        var (response, minorVersion) = try head()
        // Interim answers come before the final one (RFC 9110 §15.2).
        while response.status < 200 { (response, minorVersion) = try head() }
        let isDelimited = try readBody(of: &response, method: method, max: bodyBytesMax)
        let closes = response.headers.hasToken("close", in: "Connection")
        return Answer(
            response: response,
            keepsAlive: isSent && isDelimited && minorVersion == 1 && !closes
        )
    }

    private mutating func head() throws(HTTPClientError) -> (HTTPResponse, minorVersion: Int) {
        let statusLine = Array(try line())
        guard statusLine.count >= 12, statusLine.starts(with: "HTTP/1.".utf8),
            statusLine[7].isDigit, statusLine[8] == .space,
            let status = Int(String(decoding: statusLine[9..<12], as: UTF8.self)), status >= 100
        else { throw .malformed("no status line") }
        var headers = HTTPHeaders()
        while true {
            let line = try line()
            if line.isEmpty { break }
            guard headers.fields.count < 1_000 else { throw .malformed("too many fields") }
            do { try headers.add(line: line) } catch { throw .malformed(error.reason) }
        }
        let minorVersion = statusLine[7] == UInt8(ascii: "0") ? 0 : 1
        return (HTTPResponse(status: status, headers: headers), minorVersion)
    }

    /// Reads the body (RFC 9112 §6.3); false where only the end of the connection ends it.
    private mutating func readBody(
        of response: inout HTTPResponse,
        method: String,
        max: Int
    ) throws(HTTPClientError) -> Bool {
        if method == "HEAD" || response.status == 204 || response.status == 304 { return true }
        if let coding = response.headers["Transfer-Encoding"] {
            guard coding.isEqualIgnoringCase(to: "chunked") else {
                throw .malformed("a transfer coding that was not asked for")
            }
            response.body = try chunkedBody(max: max)
            return true
        }
        guard let length = response.headers["Content-Length"] else {
            response.body = try bytesToEnd(max: max)
            return false
        }
        guard let count = Int(length), count >= 0 else { throw .malformed("no body length") }
        guard count <= max else { throw .malformed("the body is over \(max) bytes") }
        response.body = try bytes(count)
        return true
    }

    private mutating func chunkedBody(max: Int) throws(HTTPClientError) -> [UInt8] {
        var body: [UInt8] = []
        while true {
            guard let chunk = ChunkHeader(try line()) else { throw .malformed("no chunk size") }
            guard chunk.size <= max - body.count else {
                throw .malformed("the body is over \(max) bytes")
            }
            if chunk.size == 0 { break }
            body += try bytes(chunk.size)
            guard try line().isEmpty else { throw .malformed("a chunk longer than its size") }
        }
        while try !line().isEmpty {}
        return body
    }
}
