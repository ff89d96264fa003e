import Foundation
import Transport

/// Lets pass what reads, and the login that reading needs; nothing else leaves the process.
struct ReadOnlySender: RequestSender {
    let sender: any RequestSender

    /// Where an administrator and a user log in.
    private static let logins = ["/api/v2/system/admin/session", "/api/v2/user/session"]

    func send(_ request: ClientRequest) async throws(TransportError) -> ClientResponse {
        let isLogin = request.method == "POST" && Self.logins.contains(request.url.path)
        // Whoever observes plans no write; this is what makes sure of it.
        guard request.method == "GET" || isLogin else { throw .invalidAddress }
        return try await sender.send(request)
    }
}
