import Foundation
import HTTP
import JSON
import Subscriptions

/// `POST /v1/key/rotate`: makes the next key, and answers it once it is shown; the old one lives
/// on for the grace that was asked for, at most the plan's.
struct RotateRoute: Sendable {
    /// Two short members.
    static let bodyBytesMax = 1_024

    let desk: RotationDesk
    let lookups: any KeyLookups
    let store: any Store
    let plans: PlanCache
    let answer: KeyAnswer
    let waits: Waits
    let now: @Sendable () -> Date
    let log: Log
    /// Says that access may have changed.
    let notify: @Sendable () -> Void

    /// What a body asks for.
    private struct Wish {
        /// How long the old key lives on; nil leaves it to the plan.
        var grace: Duration?
        var wait: Duration
    }

    func respond(to request: HTTPRequest) async -> HTTPResponse {
        do {
            guard let digest = KeyRoute.tokenDigest(request),
                let lookup = try lookups.lookup(tokenDigest: digest)
            else { return Problem.unauthorized.response(request.id) }
            guard let wish = Self.wish(request.body) else {
                return Problem.badRequest.response(
                    request.id,
                    detail: "A JSON object with a grace such as 0s, 30m or 24h is expected, or "
                        + "nothing."
                )
            }
            guard lookup.access == .active, let plan = try await plans.plan(lookup.plan)?.plan
            else { return refusal(.notActive, request) }
            let grace = wish.grace ?? plan.rotationGrace
            guard grace <= plan.rotationGrace else {
                return Problem.badRequest.response(
                    request.id,
                    detail: "The plan lets an old key live on for \(plan.rotationGrace.short) at "
                        + "most."
                )
            }
            switch try await rotate(lookup.subscriptionID, grace) {
            case .refused(let reason): return refusal(reason, request)
            case .begun(let grant), .pending(let grant):
                notify()
                return try await key(grant.desired.generation, digest, wish.wait)
                    ?? Problem.unauthorized.response(request.id)
            }
        } catch {
            log.error("key.not_rotated", ["request": request.id, "error": "\(error)"])
            let problem: Problem = error is KeyRingError ? .keyMismatch : .unavailable
            return problem.response(request.id)
        }
    }

    private func rotate(
        _ id: Subscription.ID,
        _ grace: Duration
    ) async throws -> RotationDesk.Outcome {
        let now = now()
        return try await store.write { tx in
            try desk.rotate(
                id,
                overlap: grace,
                reason: "asked for with a lookup token",
                actor: "subscriber",
                in: tx,
                now: now
            )
        }
    }

    /// The answer once a generation is shown, or access was lost; nil where the token was ended.
    private func key(
        _ generation: Int,
        _ digest: [UInt8],
        _ wait: Duration
    ) async throws -> HTTPResponse? {
        let lookup = try await waits.first(within: wait) { isLast -> KeyLookup? in
            guard let lookup = try lookups.lookup(tokenDigest: digest) else { return nil }
            return isLast || Self.isSettled(lookup, generation) ? lookup : nil
        }
        guard let lookup else { return nil }
        guard Self.isSettled(lookup, generation) else {
            var response = HTTPResponse.json(
                (["status": "preparing", "generation": .integer(Int64(generation))] as JSONValue)
                    .serialized(),
                status: 202
            )
            response.headers["Retry-After"] = "2"
            response.headers["Cache-Control"] = "no-store"
            return response
        }
        let reveal = Reveal(lookups: lookups, store: store, now: now)
        return try await reveal.answer(lookup, tokenDigest: digest) { lookup in
            try answer.response(lookup, plan: try await plans.plan(lookup.plan))
        }
    }

    private static func isSettled(_ lookup: KeyLookup, _ generation: Int) -> Bool {
        lookup.access != .active || lookup.shownGeneration >= generation
    }

    private static func wish(_ body: [UInt8]) -> Wish? {
        var wish = Wish(wait: Waits.seconds(Waits.longest))
        guard !body.isEmpty else { return wish }
        guard let json = try? JSONValue(parsing: body), let members = json.object else {
            return nil
        }
        if let grace = members["grace"] {
            let isNothing = grace.int == 0 || grace.string == "0"
            guard let grace = isNothing ? .zero : grace.string.flatMap(Duration.init(short:))
            else { return nil }
            wish.grace = grace
        }
        if let wait = members["wait"] {
            guard let seconds = wait.int else { return nil }
            wish.wait = Waits.seconds(seconds)
        }
        return wish
    }

    private func refusal(
        _ reason: RotationDesk.Refusal,
        _ request: HTTPRequest
    ) -> HTTPResponse {
        let detail =
            switch reason {
            case .noKey, .notActive: "Access is not active, so there is no key to rotate."
            case .previousLives(let until):
                "The key before lives until \(until.formatted(.iso8601)); until then only a grace "
                    + "of 0s is taken, which ends both old keys at once."
            }
        return Problem.rotationRefused.response(request.id, detail: detail)
    }
}
