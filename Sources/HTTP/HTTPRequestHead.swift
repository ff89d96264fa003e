/// The request line and the header fields of a request, and what they say about the rest.
package struct HTTPRequestHead: Sendable, Equatable {
    /// Where the body ends (RFC 9112 §6.3).
    package enum Framing: Sendable, Equatable {
        /// After that many bytes.
        case length(Int)
        /// After the last chunk.
        case chunked
    }

    /// The method as sent.
    package var method = ""
    /// The request target as sent.
    package var target = ""
    var parsedTarget = RequestTarget(path: "", query: [], authority: nil)
    /// The minor version: 0 or 1.
    package var minorVersion = 1
    /// The header fields.
    package var headers = HTTPHeaders()
    /// Where the body ends.
    package var framing = Framing.length(0)
    /// Whether the connection stays open after the answer (RFC 9112 §9.3).
    package var keepsAlive = true
    /// Whether the client waits for 100 before it sends the body (RFC 9110 §10.1.1).
    package var expectsContinue = false

    /// The path, decoded and normalised.
    package var path: String { parsedTarget.path }

    /// Reads `method SP target SP version` (RFC 9112 §3).
    init(requestLine line: ArraySlice<UInt8>) throws(HTTPRequestError) {
        guard let first = line.firstIndex(of: .space), first > line.startIndex,
            let second = line[(first + 1)...].firstIndex(of: .space),
            line[..<first].allSatisfy(\.isToken)
        else { throw HTTPRequestError(400, "no request line (RFC 9112 §3)") }
        minorVersion = try Self.minorVersion(line[(second + 1)...])
        method = String(decoding: line[..<first], as: UTF8.self)
        parsedTarget = try RequestTarget(line[(first + 1)..<second], method: method)
        target = String(decoding: line[(first + 1)..<second], as: UTF8.self)
    }

    private static func minorVersion(_ text: ArraySlice<UInt8>) throws(HTTPRequestError) -> Int {
        let start = text.startIndex
        guard text.count == 8, text.starts(with: "HTTP/".utf8), text[start + 5].isDigit,
            text[start + 6] == UInt8(ascii: "."), text[start + 7].isDigit
        else { throw HTTPRequestError(400, "no HTTP version (RFC 9112 §2.3)") }
        guard text[start + 5] == UInt8(ascii: "1") else {
            throw HTTPRequestError(505, "only HTTP/1 is spoken (RFC 9110 §15.6.6)")
        }
        // A higher minor version is read as the highest one known (RFC 9110 §2.5).
        return text[start + 7] == UInt8(ascii: "0") ? 0 : 1
    }

    /// Draws the conclusions once all fields are read.
    mutating func finish() throws(HTTPRequestError) {
        try checkHost()
        framing = try readFraming()
        let closes = headers.hasToken("close", in: "Connection")
        let keeps = minorVersion == 1 || headers.hasToken("keep-alive", in: "Connection")
        keepsAlive = keeps && !closes
        // An expectation in an HTTP/1.0 request is ignored (RFC 9110 §10.1.1).
        if minorVersion == 1, let expectation = headers["Expect"] {
            guard expectation.isEqualIgnoringCase(to: "100-continue") else {
                throw HTTPRequestError(417, "unknown expectation (RFC 9110 §10.1.1)")
            }
            expectsContinue = framing != .length(0)
        }
    }

    private mutating func checkHost() throws(HTTPRequestError) {
        let count = headers.count(of: "Host")
        guard count == 1 || (count == 0 && minorVersion == 0) else {
            throw HTTPRequestError(400, "not exactly one Host field (RFC 9112 §3.2)")
        }
        guard headers["Host"].map({ RequestTarget.isAuthority($0.utf8) }) ?? true else {
            throw HTTPRequestError(400, "Host field with no valid host (RFC 9112 §3.2)")
        }
        if let authority = parsedTarget.authority { headers["Host"] = authority }
    }

    private func readFraming() throws(HTTPRequestError) -> Framing {
        let lengths = headers.count(of: "Content-Length")
        guard headers.count(of: "Transfer-Encoding") == 0 else {
            guard lengths == 0 else {
                throw HTTPRequestError(400, "length and transfer coding at once (RFC 9112 §6.3)")
            }
            guard minorVersion == 1 else {
                throw HTTPRequestError(400, "transfer coding in HTTP/1.0 (RFC 9112 §6.1)")
            }
            try checkChunked(headers.values("Transfer-Encoding"))
            return .chunked
        }
        guard let text = headers["Content-Length"]?.utf8 else { return .length(0) }
        guard lengths == 1 else {
            throw HTTPRequestError(400, "more than one Content-Length (RFC 9112 §6.3)")
        }
        // 18 digits fit an Int; a longer number is one that other parsers may let overflow
        // (RFC 9110 §8.6).
        guard (1...18).contains(text.count), text.allSatisfy(\.isDigit) else {
            throw HTTPRequestError(400, "Content-Length is no number (RFC 9110 §8.6)")
        }
        return .length(text.reduce(0) { $0 * 10 + Int($1 - 0x30) })
    }

    private func checkChunked(_ codings: [String]) throws(HTTPRequestError) {
        let names = codings.flatMap { value in
            value.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
                .map { $0.trimmingSpace().map(\.lowercased) }
        }
        let chunked = Array("chunked".utf8)
        guard names.last == chunked, names.filter({ $0 == chunked }).count == 1 else {
            throw HTTPRequestError(400, "chunked is not the last coding, once (RFC 9112 §6.3)")
        }
        guard names.count == 1 else {
            throw HTTPRequestError(501, "transfer coding beside chunked (RFC 9112 §6.1)")
        }
    }
}

extension HTTPHeaders {
    /// Reads one field line and adds it (RFC 9112 §5).
    mutating func add(line: ArraySlice<UInt8>) throws(HTTPRequestError) {
        guard line.first?.isSpace != true else {
            throw HTTPRequestError(400, "folded field line (RFC 9112 §5.2)")
        }
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex,
            line[..<colon].allSatisfy(\.isToken)
        else { throw HTTPRequestError(400, "field line without a name and colon (RFC 9112 §5.1)") }
        let value = line[(colon + 1)...].trimmingSpace()
        guard value.allSatisfy(\.isFieldContent) else {
            throw HTTPRequestError(400, "control character in a field value (RFC 9110 §5.5)")
        }
        add(String(decoding: line[..<colon], as: UTF8.self), String(decoding: value, as: UTF8.self))
    }
}
