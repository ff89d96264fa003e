import Foundation
import JSON
import Synchronization
import Testing
import Transport

@testable import DreamFactory

/// Answers requests in the order of its script; a request past the end fails the test.
final class ScriptedSender: RequestSender {
    enum Line: Sendable {
        case answer(Int, String)
        case fail(TransportError)
    }

    struct Sent: Sendable {
        var line: String
        var headers: [String: String]
        var body: JSONValue?
    }

    private let script: Mutex<[Line]>
    private let log = Mutex<[Sent]>([])
    private let onSend: @Sendable (Sent) async -> Void

    var sent: [Sent] { log.withLock { $0 } }
    var lines: [String] { sent.map(\.line) }
    var isUsedUp: Bool { script.withLock { $0.isEmpty } }

    init(_ script: [Line], onSend: @escaping @Sendable (Sent) async -> Void = { _ in }) {
        self.script = Mutex(script)
        self.onSend = onSend
    }

    func send(_ request: ClientRequest) async throws(TransportError) -> ClientResponse {
        let query = request.url.query(percentEncoded: true).map { "?\($0)" } ?? ""
        let sent = Sent(
            line: "\(request.method) \(request.url.path(percentEncoded: true))\(query)",
            headers: request.headers,
            body: request.body.flatMap { try? JSONValue(parsing: $0) }
        )
        log.withLock { $0.append(sent) }
        await onSend(sent)
        let next = script.withLock { $0.isEmpty ? nil : $0.removeFirst() }
        guard let next else {
            Issue.record("unexpected call: \(sent.line)")
            throw .connectionRefused
        }
        switch next {
        case .answer(let status, let body):
            return ClientResponse(status: status, body: Array(body.utf8))
        case .fail(let error): throw error
        }
    }
}

extension PlatformClient {
    /// A client on a script, with a clock that stands unless told otherwise.
    static func make(
        _ sender: ScriptedSender,
        now: @escaping @Sendable () -> Date = { Date(timeIntervalSince1970: 1_800_000_000) }
    ) -> PlatformClient {
        guard let address = try? PlatformAddress("http://127.0.0.1:8081", isLive: true) else {
            preconditionFailure("loopback is always accepted")
        }
        let credentials = PlatformCredentials(email: "admin@example.com", password: "right")
        return PlatformClient(address: address, credentials: credentials, sender: sender, now: now)
    }
}

extension ScriptedSender.Line {
    static let loggedIn = answer(200, #"{"session_token":"T1","session_id":"T1","id":1}"#)
    static let loggedInAgain = answer(200, #"{"session_token":"T2","session_id":"T2","id":1}"#)

    static func error(_ status: Int, _ message: String) -> Self {
        answer(
            status,
            #"{"error":{"code":\#(status),"context":null,"message":"\#(message)","#
                + #""status_code":\#(status)}}"#
        )
    }
}
