import Foundation

extension HTTPClient {
    /// Sends the beginning of a request, half of its body, and closes the connection, as a network
    /// that fails would; it is for rehearsals.
    ///
    /// - Parameters:
    ///   - method: The method.
    ///   - target: The path and the query.
    ///   - headers: The header fields.
    ///   - body: The whole body.
    /// - Throws: Why the server cannot be reached.
    package func sendCut(
        _ method: String,
        _ target: String,
        headers: HTTPHeaders,
        body: [UInt8]
    ) async throws(HTTPClientError) {
        let bytes = serialize(method, target, headers: headers, body: body)
        let result = await withCheckedContinuation { continuation in
            Thread.detachNewThread { [address, timeout] in
                let result = Result { () throws(HTTPClientError) in
                    let deadline = MonotonicTime.after(timeout)
                    let connection = try ClientConnection(to: address, deadline: deadline)
                    _ = try connection.send(Array(bytes.dropLast(body.count - body.count / 2)))
                }
                continuation.resume(returning: result)
            }
        }
        try result.get()
    }
}
