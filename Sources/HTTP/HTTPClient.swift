/// A small client for loopback and Unix sockets: one connection, kept alive, one request at a time.
///
/// Several threads may share it; their requests wait for each other.
package final class HTTPClient: Sendable {
    /// Where requests go.
    package let address: HTTPAddress
    /// How long one request may take, from connecting to the last byte of its answer.
    package let timeout: Duration

    /// Makes a client that connects with its first request.
    package init(_ address: HTTPAddress, timeout: Duration = .seconds(30)) {
        self.address = address
        self.timeout = timeout
    }

    /// Sends a request and waits for its answer, blocking the calling thread.
    package func send(
        _ method: String,
        _ target: String,
        headers: HTTPHeaders = [:],
        body: [UInt8] = []
    ) throws(HTTPClientError) -> HTTPResponse {
        throw .notConnected("the client cannot connect yet")
    }

    /// Sends a request on a thread of its own, so that no thread of the cooperative pool blocks.
    package func request(
        _ method: String,
        _ target: String,
        headers: HTTPHeaders = [:],
        body: [UInt8] = []
    ) async throws(HTTPClientError) -> HTTPResponse {
        throw .notConnected("the client cannot connect yet")
    }
}

/// Why a request has no answer.
package enum HTTPClientError: Error, Hashable, CustomStringConvertible {
    /// Nobody answers there; the request was not sent.
    case notConnected(String)
    /// No whole answer came in time; the server may have acted on the request.
    case timedOut
    /// The connection ended before the answer did; the server may have acted on the request.
    case closed
    /// What came back is not an HTTP answer.
    case malformed(String)

    /// One line fit for a log.
    package var description: String {
        switch self {
        case .notConnected(let reason): "Cannot connect: \(reason)."
        case .timedOut: "No answer came in time."
        case .closed: "The connection closed before the answer was whole."
        case .malformed(let reason): "The answer is not HTTP: \(reason)."
        }
    }
}
