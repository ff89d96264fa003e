/// Why no usable answer came, and whether the request may have taken effect.
package enum TransportError: Error, Hashable, Sendable {
    /// The caller's task was cancelled.
    case cancelled
    /// The host's name is unknown or cannot be resolved now.
    case hostNotFound
    /// Nobody accepts connections at that address.
    case connectionRefused
    /// The certificate or the TLS handshake was refused.
    case notTrusted
    /// The address is not one that can be called.
    case invalidAddress
    /// No complete answer came in time.
    case timedOut
    /// The connection broke before the answer was complete.
    case connectionLost
    /// The server answered with a redirect, which is never followed: it would carry credentials
    /// to another host.
    case redirected(status: Int)
    /// The answer is larger than the client accepts.
    case answerTooLarge(limit: Int)
    /// What came back is not HTTP.
    case malformedAnswer
    /// Another failure of the system's client, by its number.
    case failed(code: Int)

    /// Whether the server may have received the request: its outcome is unknown.
    ///
    /// False only where the connection surely never carried it.
    package var mayHaveArrived: Bool {
        switch self {
        case .hostNotFound, .connectionRefused, .notTrusted, .invalidAddress: false
        case .cancelled, .timedOut, .connectionLost, .redirected, .answerTooLarge,
            .malformedAnswer, .failed:
            true
        }
    }
}

extension TransportError: CustomStringConvertible {
    /// One sentence for a log; it holds no address and no content.
    package var description: String {
        switch self {
        case .cancelled: "The request was cancelled."
        case .hostNotFound: "The host name cannot be resolved; check the address and the DNS."
        case .connectionRefused: "The connection was refused; check that the server runs."
        case .notTrusted: "The server's certificate was refused; check its name and issuer."
        case .invalidAddress: "The address cannot be called; check its scheme and host."
        case .timedOut: "No complete answer came in time."
        case .connectionLost: "The connection broke before the answer was complete."
        case .redirected(let status):
            "The server answered with a redirect (\(status)), which is not followed; "
                + "configure the final address."
        case .answerTooLarge(let limit): "The answer is larger than \(limit) bytes."
        case .malformedAnswer: "The answer is not HTTP."
        case .failed(let code): "The request failed (URL error \(code))."
        }
    }
}
