import Digest
import Foundation
import HTTP
import JSON
import Subscriptions

/// `GET /v1/key`: shows the key behind a lookup token.
///
/// A repeated look-up is answered on the loop's thread; the first showing of a generation is
/// written to the audit before the key leaves the process.
struct KeyRoute: Sendable {
    let lookups: any KeyLookups
    let store: any Store
    let plans: PlanCache
    let answer: KeyAnswer
    let waits: Waits
    let now: @Sendable () -> Date
    let log: Log
    var failures = FailureLimit()

    func respond(
        to request: HTTPRequest,
        _ done: @escaping @Sendable (HTTPResponse) -> Void
    ) {
        guard let digest = Self.tokenDigest(request) else {
            return done(unauthorized(request))
        }
        let wait = Waits.seconds(request.queryValue("wait").flatMap(Int.init))
        do {
            guard let lookup = try lookups.lookup(tokenDigest: digest) else {
                return done(unauthorized(request))
            }
            let isSettled = KeyAnswer.status(lookup) != "preparing" || wait == .zero
            if isSettled, Reveal.isDone(lookup), let plan = lookup.plan.flatMap(plans.known) {
                return done(try response(lookup, plan))
            }
        } catch {
            return done(failure(error, request))
        }
        // The answer waits for something, and the loop's thread may not: the task ends with it.
        Task { done(await respond(to: request, digest, wait)) }
    }

    private func respond(
        to request: HTTPRequest,
        _ digest: [UInt8],
        _ wait: Duration
    ) async -> HTTPResponse {
        do {
            let lookup = try await waits.first(within: wait) { isLast -> KeyLookup? in
                guard let lookup = try lookups.lookup(tokenDigest: digest) else { return nil }
                return isLast || KeyAnswer.status(lookup) != "preparing" ? lookup : nil
            }
            guard let lookup else { return unauthorized(request) }
            let reveal = Reveal(lookups: lookups, store: store, now: now)
            let answer = try await reveal.answer(lookup, tokenDigest: digest) { lookup in
                try response(lookup, try await plans.plan(lookup.plan))
            }
            return answer ?? unauthorized(request)
        } catch {
            return failure(error, request)
        }
    }

    private func unauthorized(_ request: HTTPRequest) -> HTTPResponse {
        failures.answer(request) { Problem.unauthorized.response(request.id) }
    }

    private func response(_ lookup: KeyLookup, _ plan: PlanVersion?) throws -> HTTPResponse {
        var response = HTTPResponse.json(
            JSONValue.object(try answer.members(lookup, plan: plan)).serialized()
        )
        response.headers["Cache-Control"] = "no-store"
        return response
    }

    private func failure(_ error: any Error, _ request: HTTPRequest) -> HTTPResponse {
        log.error("key.not_shown", ["request": request.id, "error": "\(error)"])
        let problem: Problem = error is KeyRingError ? .keyMismatch : .unavailable
        return problem.response(request.id)
    }

    /// SHA-256 of the bearer token; nil where there is none of our form.
    static func tokenDigest(_ request: HTTPRequest) -> [UInt8]? {
        guard let field = request.headers["Authorization"], field.utf8.count <= 200 else {
            return nil
        }
        let parts = field.split(separator: " ")
        guard parts.count == 2, parts[0].lowercased() == "bearer", parts[1].hasPrefix("tlk_") else {
            return nil
        }
        return SHA256.hash(parts[1].utf8)
    }
}
