import HTTP
import Synchronization

/// `GET /healthz` and `GET /readyz`.
final class HealthRoute: Sendable {
    private let isReady = Atomic<Bool>(false)

    func become(ready: Bool) { isReady.store(ready, ordering: .relaxed) }

    /// Whether the process lives.
    static func liveness(_ request: HTTPRequest) -> HTTPResponse { word("ok", status: 200) }

    /// Whether it takes deliveries; details are for staff, on their socket.
    func readiness(_ request: HTTPRequest) -> HTTPResponse {
        let ready = isReady.load(ordering: .relaxed)
        return Self.word(ready ? "ready" : "starting", status: ready ? 200 : 503)
    }

    private static func word(_ word: String, status: Int) -> HTTPResponse {
        var response = HTTPResponse.text("\(word)\n", status: status)
        response.headers["Cache-Control"] = "no-store"
        return response
    }
}
