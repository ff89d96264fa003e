import Digest
import Foundation
import HTTP
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
        _ later: () -> @Sendable (HTTPResponse) -> Void
    ) -> HTTPResponse? {
        guard let digest = Self.tokenDigest(request) else { return unauthorized(request) }
        let wait = Waits.seconds(request.queryValue("wait").flatMap(Int.init))
        do {
            guard let lookup = try lookups.lookup(tokenDigest: digest) else {
                return unauthorized(request)
            }
            let isSettled = KeyAnswer.status(lookup) != "preparing" || wait == .zero
            if isSettled, Reveal.isDone(lookup), let plan = lookup.plan.flatMap(plans.known) {
                return try answer.response(lookup, plan: plan)
            }
        } catch {
            return failure(error, request)
        }
        let done = later()
        // The answer waits for something, and the loop's thread may not: the task ends with it.
        Task { done(await respond(to: request, digest, wait)) }
        return nil
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
                try self.answer.response(lookup, plan: try await plans.plan(lookup.plan))
            }
            return answer ?? unauthorized(request)
        } catch {
            return failure(error, request)
        }
    }

    private func unauthorized(_ request: HTTPRequest) -> HTTPResponse {
        failures.answer(request) { Problem.unauthorized.response(request.id) }
    }

    private func failure(_ error: any Error, _ request: HTTPRequest) -> HTTPResponse {
        log.error("key.not_shown", ["request": request.id, "error": "\(error)"])
        let problem: Problem = error is KeyRingError ? .keyMismatch : .unavailable
        return problem.response(request.id)
    }

    /// SHA-256 of the bearer token; nil where there is none of our form.
    static func tokenDigest(_ request: HTTPRequest) -> [UInt8]? {
        guard var field = request.headers["Authorization"], field.utf8.count <= 200 else {
            return nil
        }
        return field.withUTF8 { bytes in
            guard let gap = bytes.firstIndex(of: space), isBearer(bytes[..<gap]) else { return nil }
            let token = bytes[gap...].drop { $0 == space }
            guard token.starts(with: "tlk_".utf8), !token.contains(space) else { return nil }
            return SHA256.hash(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: token)).bytes)
        }
    }

    private static let space = UInt8(ascii: " ")

    /// Schemes compare without regard to case (RFC 9110 §11.1); no other byte turns into one of
    /// these letters by the bit that makes them small.
    private static func isBearer(_ word: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        word.count == 6 && word.elementsEqual("bearer".utf8) { $0 | 0x20 == $1 }
    }
}
