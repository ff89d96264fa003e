import HTTP
import Synchronization

/// `GET /healthz` and `GET /readyz`.
final class HealthRoute: Sendable {
    private let isReady = Atomic<Bool>(false)

    func become(ready: Bool) { isReady.store(ready, ordering: .relaxed) }

    /// Whether the process lives.
    static func liveness(_ request: HTTPRequest) -> HTTPResponse { word("ok", status: 200) }

    /// Whether it takes deliveries; details are for staff, on their socket.
    func readiness(_ disk: DiskWatch) -> HTTPResponse {
        guard isReady.load(ordering: .relaxed) else { return Self.word("starting", status: 503) }
        guard let trouble = disk.trouble else { return Self.word("ready", status: 200) }
        return Self.word("\(trouble)", status: 503)
    }

    private static func word(_ word: String, status: Int) -> HTTPResponse {
        var response = HTTPResponse.text("\(word)\n", status: status)
        response.headers["Cache-Control"] = "no-store"
        return response
    }
}
