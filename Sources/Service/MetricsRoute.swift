import Foundation
import HTTP
import Subscriptions

/// `GET /metrics`, on the staff socket and on the operator listener.
struct MetricsRoute: Sendable {
    let metrics: Metrics
    let store: any Store
    let isBreakerOpen: @Sendable () -> Bool
    let now: @Sendable () -> Date
    let log: Log

    func respond(to request: HTTPRequest) async -> HTTPResponse {
        do {
            let (isBreakerOpen, now) = (isBreakerOpen(), now())
            let snapshot = try await store.read { [metrics] reader in
                try metrics.snapshot(reader, isBreakerOpen: isBreakerOpen, now: now)
            }
            var response = HTTPResponse.text(snapshot.text)
            response.headers["Content-Type"] = MetricsText.mediaType
            response.headers["Cache-Control"] = "no-store"
            return response
        } catch {
            log.error("metrics.unreadable", ["request": request.id, "error": "\(error)"])
            return Problem.unavailable.response(
                request.id,
                detail: "The figures cannot be read from the database."
            )
        }
    }
}
