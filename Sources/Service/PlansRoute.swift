import Foundation
import HTTP
import JSON
import Subscriptions
import Synchronization

/// `GET /v1/plans`: what is sold now, for pages that sell it; nothing in it is secret.
final class PlansRoute: Sendable {
    /// How long an answer may be repeated: anybody may ask, and plans change rarely.
    private static let freshFor: TimeInterval = 10

    private let store: any Store
    private let now: @Sendable () -> Date
    private let log: Log
    private let last = Mutex<(body: [UInt8], at: Date)?>(nil)

    init(store: any Store, now: @escaping @Sendable () -> Date, log: Log) {
        self.store = store
        self.now = now
        self.log = log
    }

    func respond(to request: HTTPRequest) async -> HTTPResponse {
        do {
            var response = HTTPResponse.json(try await body())
            response.headers["Cache-Control"] = "public, max-age=60"
            return response
        } catch {
            log.error("plans.not_shown", ["request": request.id, "error": "\(error)"])
            return Problem.unavailable.response(request.id)
        }
    }

    private func body() async throws -> [UInt8] {
        let now = now()
        let known = last.withLock { $0 }
        if let known, (0..<Self.freshFor).contains(now.timeIntervalSince(known.at)) {
            return known.body
        }
        let plans = try await store.read { try $0.latestPlans() }.filter { $0.retiredAt == nil }
        let value: JSONValue = ["plans": .array(plans.map { Self.view($0.plan) })]
        let body = value.serialized()
        last.withLock { $0 = (body, now) }
        return body
    }

    /// In the words in which a key's answer speaks of its plan.
    private static func view(_ plan: Plan) -> JSONValue {
        [
            "plan": .string(plan.id.rawValue), "plan_name": .string(plan.name),
            "limits": .array(plan.limits.map(PlanAnswer.limit)),
            "prices": .object(
                Dictionary(
                    uniqueKeysWithValues: plan.prices.map { provider, prices in
                        (provider.rawValue, .array(prices.map(JSONValue.string)))
                    }
                )
            ),
        ]
    }
}
