import Foundation

/// A small client for loopback and Unix sockets: one connection, kept alive, one request at a time.
///
/// Several threads may share it; their requests wait for each other.
package final class HTTPClient: Sendable {
    /// Where requests go.
    package let address: HTTPAddress
    /// How long one request may take, from connecting to the last byte of its answer.
    package let timeout: Duration
    /// The largest body of an answer that is read.
    package let bodyBytesMax: Int

    private let connection = Locked<ClientConnection?>(nil)

    /// Makes a client that connects with its first request.
    package init(
        _ address: HTTPAddress,
        timeout: Duration = .seconds(30),
        bodyBytesMax: Int = 64 << 20
    ) {
        self.address = address
        self.timeout = timeout
        self.bodyBytesMax = bodyBytesMax
    }

    /// Sends a request and waits for its answer, blocking the calling thread.
    ///
    /// A request is sent again, once, only where the server closed a kept connection without a byte
    /// of an answer and the method is idempotent (RFC 9110 §9.2.2).
    package func send(
        _ method: String,
        _ target: String,
        headers: HTTPHeaders = [:],
        body: [UInt8] = []
    ) throws(HTTPClientError) -> HTTPResponse {
        let bytes = serialize(method, target, headers: headers, body: body)
        let deadline = MonotonicTime.after(timeout)
        let result: Result<HTTPResponse, HTTPClientError> = connection.withLock { kept in
            do throws(HTTPClientError) {
                return .success(try exchange(bytes, method: method, on: &kept, deadline: deadline))
            } catch {
                kept = nil
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// Sends a request on a thread of its own, so that no thread of the cooperative pool blocks.
    package func request(
        _ method: String,
        _ target: String,
        headers: HTTPHeaders = [:],
        body: [UInt8] = []
    ) async throws(HTTPClientError) -> HTTPResponse {
        let result = await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                let result = Result { () throws(HTTPClientError) in
                    try self.send(method, target, headers: headers, body: body)
                }
                continuation.resume(returning: result)
            }
        }
        return try result.get()
    }

    private func exchange(
        _ bytes: [UInt8],
        method: String,
        on kept: inout ClientConnection?,
        deadline: UInt64
    ) throws(HTTPClientError) -> HTTPResponse {
        if var connection = kept.take(), connection.isReusable {
            connection.deadline = deadline
            if let answer = try connection.exchange(
                bytes,
                method: method,
                bodyBytesMax: bodyBytesMax
            ) {
                if answer.keepsAlive { kept = consume connection }
                return answer.response
            }
            guard method != "POST", method != "PATCH" else { throw .closed }
        }
        var connection = try ClientConnection(to: address, deadline: deadline)
        guard
            let answer = try connection.exchange(
                bytes,
                method: method,
                bodyBytesMax: bodyBytesMax
            )
        else { throw .closed }
        if answer.keepsAlive { kept = consume connection }
        return answer.response
    }

    /// The bytes of a request (RFC 9112 §3 and §5).
    func serialize(
        _ method: String,
        _ target: String,
        headers: HTTPHeaders,
        body: [UInt8]
    ) -> [UInt8] {
        var headers = headers
        if headers["Host"] == nil {
            switch address {
            case .tcp: headers["Host"] = address.description
            case .unix: headers["Host"] = "localhost"
            }
        }
        if !body.isEmpty || ["POST", "PUT", "PATCH"].contains(method) {
            headers["Content-Length"] = String(body.count)
        }
        var text = "\(method) \(target) HTTP/1.1\r\n"
        for field in headers.fields { text += "\(field.name): \(field.value)\r\n" }
        precondition(
            text.utf8.count(where: { $0 == .lineFeed }) == headers.fields.count + 1,
            "A line end in a request's target or header fields would begin another line."
        )
        return Array((text + "\r\n").utf8) + body
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
