import Foundation
import HTTP
import JSON
import Subscriptions
import Webhooks

/// `POST /webhooks/{provider}`: a delivery is verified, stored and only then acknowledged.
struct WebhookRoute: Sendable {
    /// No provider's event is larger; Stripe publishes no limit, and its largest known are far
    /// below.
    static let bodyBytesMax = 1 << 20

    let endpoints: [Provider: WebhookEndpoint]
    let inbox: any DeliveryInbox
    let mode: Mode
    let now: @Sendable () -> Date
    let log: Log
    var failures = FailureLimit()
    let arrived: Bell

    func respond(
        to request: HTTPRequest,
        _ answer: @escaping @Sendable (HTTPResponse) -> Void
    ) {
        let provider = Provider(rawValue: request.parameters["provider"] ?? "")
        guard let endpoint = endpoints[provider] else {
            return answer(Problem.notFound.response(request.id))
        }
        let now = now()
        do {
            try endpoint.verify(
                headers: { request.headers.values($0) },
                body: request.body,
                now: now
            )
        } catch {
            return answer(
                failures.answer(request) {
                    log.warning(
                        "webhook.refused",
                        [
                            "provider": provider.rawValue, "request": request.id,
                            "reason": "\(error)",
                        ]
                    )
                    return Problem.invalidSignature.response(
                        request.id,
                        detail: error.description
                    )
                }
            )
        }
        let delivery = endpoint.delivery(
            headers: { request.headers.values($0) },
            body: request.body,
            mode: mode
        )
        inbox.store(delivery, receivedAt: now) { [log, arrived] result in
            switch result {
            case .success(let stored):
                if stored.isNew { arrived.ring() }
                answer(Self.acknowledgement(stored))
            case .failure(let error):
                log.error("webhook.not_stored", ["request": request.id, "error": "\(error)"])
                answer(
                    Problem.unavailable.response(
                        request.id,
                        detail: "The event could not be stored and is not acknowledged."
                    )
                )
            }
        }
    }

    private static func acknowledgement(_ stored: StoredDelivery) -> HTTPResponse {
        let body: JSONValue = [
            "event": .integer(stored.number), "status": stored.isNew ? "stored" : "known",
        ]
        return .json(body.serialized())
    }
}
