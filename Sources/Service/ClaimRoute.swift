import Digest
import Foundation
import HTTP
import JSON
import Subscriptions

/// `POST /v1/claims`: exchanges a checkout reference, once, for a lookup token and the key.
struct ClaimRoute: Sendable {
    /// A claim is a few short texts.
    static let bodyBytesMax = 8_192
    /// The longest reference or idempotency key that is looked at.
    static let textBytesMax = 512

    let desk: ClaimDesk
    let lookups: any KeyLookups
    let store: any Store
    let plans: PlanCache
    let answer: KeyAnswer
    let waits: Waits
    let now: @Sendable () -> Date
    let log: Log
    var failures = FailureLimit()

    func respond(to request: HTTPRequest) async -> HTTPResponse {
        guard let body = try? JSONValue(parsing: request.body),
            let provider = body["provider"]?.string, let reference = body["reference"]?.string,
            !reference.isEmpty, reference.utf8.count <= Self.textBytesMax
        else {
            return Problem.badRequest.response(
                request.id,
                detail: "A JSON object with the texts provider and reference is expected."
            )
        }
        let key = request.headers["Idempotency-Key"]
        guard key.map({ (16...Self.textBytesMax).contains($0.utf8.count) }) ?? true else {
            return Problem.badRequest.response(
                request.id,
                detail: "An Idempotency-Key has 16 to \(Self.textBytesMax) random characters."
            )
        }
        do {
            // An address that has guessed too often does not make us wait with it.
            let wait = failures.isExhausted(for: request) ? nil : body["wait"]?.int
            let outcome = try await waits.first(within: Waits.seconds(wait)) { isLast in
                let outcome = try await look(Provider(rawValue: provider), reference, key)
                switch outcome {
                // A used reference waits like an unknown one: the time tells nobody which it is.
                case .refused, .refusedAsUsed, .preparing: return isLast ? outcome : nil
                case .ready: return try await claim(Provider(rawValue: provider), reference, key)
                case .exchanged: return outcome
                }
            }
            return try await response(to: outcome ?? .refused, request)
        } catch {
            log.error("claim.failed", ["request": request.id, "error": "\(error)"])
            let problem: Problem = error is KeyRingError ? .keyMismatch : .unavailable
            return problem.response(request.id)
        }
    }

    private func look(
        _ provider: Provider,
        _ reference: String,
        _ key: String?
    ) async throws -> ClaimOutcome {
        let now = now()
        return try await store.read { reader in
            try desk.look(
                provider: provider,
                reference: reference,
                idempotencyKey: key,
                in: reader,
                now: now
            )
        }
    }

    private func claim(
        _ provider: Provider,
        _ reference: String,
        _ key: String?
    ) async throws -> ClaimOutcome {
        let now = now()
        return try await store.write { tx in
            try desk.claim(
                provider: provider,
                reference: reference,
                idempotencyKey: key,
                in: tx,
                now: now
            )
        }
    }

    private func response(
        to outcome: ClaimOutcome,
        _ request: HTTPRequest
    ) async throws -> HTTPResponse {
        switch outcome {
        case .refused, .ready:
            return refusal(request)
        case .refusedAsUsed(let id):
            noteUsedAgain(id)
            return refusal(request)
        case .preparing:
            var response = HTTPResponse.json(
                (["status": "preparing"] as JSONValue).serialized(),
                status: 202
            )
            response.headers["Retry-After"] = "2"
            response.headers["Cache-Control"] = "no-store"
            return response
        case .exchanged(let token, _):
            return try await response(to: token) ?? refusal(request)
        }
    }

    private func refusal(_ request: HTTPRequest) -> HTTPResponse {
        failures.answer(request) { Problem.claimRefused.response(request.id) }
    }

    /// Nil where the token was ended since; an answer that is repeated may show a newer key.
    private func response(to token: String) async throws -> HTTPResponse? {
        let digest = SHA256.hash(token.utf8)
        guard let lookup = try lookups.lookup(tokenDigest: digest) else { return nil }
        let reveal = Reveal(lookups: lookups, store: store, now: now)
        return try await reveal.answer(lookup, tokenDigest: digest) { lookup in
            try answer.response(
                lookup,
                plan: try await plans.plan(lookup.plan),
                lookupToken: token
            )
        }
    }

    /// Not awaited, so that a used reference is answered in the time of an unknown one; the
    /// process that dies in between loses one line of the audit and nothing else.
    private func noteUsedAgain(_ id: Subscription.ID) {
        let now = now()
        Task {
            log.warning("claim.used_again", ["subscription": id.rawValue])
            do {
                try await store.write { try desk.noteUsedAgain(id, in: $0, now: now) }
            } catch {
                log.error("audit.not_written", ["error": "\(error)"])
            }
        }
    }
}
