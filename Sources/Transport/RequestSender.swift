package import Foundation

/// One request to another server.
package struct ClientRequest: Sendable {
    /// The request method, in capitals.
    package var method: String
    /// The absolute address, with its query.
    package var url: URL
    /// The header fields to send; Foundation adds the length.
    package var headers: [String: String]
    /// The content, or nil where there is none.
    package var body: [UInt8]?
    /// How long the whole exchange may last.
    package var deadline: Duration

    /// Makes a request that gives up after `deadline`.
    package init(
        method: String,
        url: URL,
        headers: [String: String] = [:],
        body: [UInt8]? = nil,
        deadline: Duration = .seconds(20)
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.deadline = deadline
    }
}

/// The complete answer to a request.
package struct ClientResponse: Sendable {
    /// The status code.
    package var status: Int
    /// The header fields, with names in lower case.
    package var headers: [String: String]
    /// The content.
    package var body: [UInt8]

    /// Makes an answer.
    package init(status: Int, headers: [String: String] = [:], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

/// What carries a request to its server and brings the answer back.
///
/// The seam for tests: whoever scripts answers needs nothing of URLSession.
package protocol RequestSender: Sendable {
    /// Sends the request once and gives the answer, whatever its status is.
    func send(_ request: ClientRequest) async throws(TransportError) -> ClientResponse
}
