import Foundation
import HTTP

/// A token bucket for each address, from which failed authentications draw.
///
/// Only what has failed is refused by it: who has the right token, signature or reference is served
/// whatever others behind the same address do, and no secret here is short enough to be guessed.
final class FailureLimit: Sendable {
    /// Failures that an address may have at once.
    static let burst = 30.0
    /// Failures that it may have a second from then on.
    static let rate = 0.5
    /// Addresses that are remembered; with more, those with the fullest buckets are forgotten.
    static let addressesMax = 20_000

    private struct Bucket {
        var tokens: Double
        var filledAt: Date
    }

    private let buckets = Locked<[IPAddress: Bucket]>([:])
    private let now: @Sendable () -> Date

    init(now: @escaping @Sendable () -> Date = { Date() }) { self.now = now }

    /// The answer to a failed authentication: the given one, or 429 for an address that has had too
    /// many (RFC 6585 §4).
    func answer(_ request: HTTPRequest, _ failure: () -> HTTPResponse) -> HTTPResponse {
        guard let wait = draw(for: request) else { return failure() }
        var response = Problem.tooManyFailures.response(request.id)
        response.headers["Retry-After"] = String(wait)
        return response
    }

    /// Whether the bucket of a request's address is empty.
    func isExhausted(for request: HTTPRequest) -> Bool {
        guard let account = request.client?.account else { return false }
        let now = now()
        return buckets.withLock { buckets in
            guard let bucket = buckets[account] else { return false }
            return Self.filled(bucket, now).tokens < 1
        }
    }

    /// Takes a token; the seconds until the next one where there is none.
    private func draw(for request: HTTPRequest) -> Int? {
        guard let account = request.client?.account else { return nil }
        let now = now()
        return buckets.withLock { buckets in
            if buckets[account] == nil, buckets.count >= Self.addressesMax {
                Self.forget(&buckets, now)
            }
            let known = buckets[account] ?? Bucket(tokens: Self.burst, filledAt: now)
            var bucket = Self.filled(known, now)
            defer { buckets[account] = bucket }
            guard bucket.tokens >= 1 else {
                return max(1, Int(((1 - bucket.tokens) / Self.rate).rounded(.up)))
            }
            bucket.tokens -= 1
            return nil
        }
    }

    private static func filled(_ bucket: Bucket, _ now: Date) -> Bucket {
        // A clock that was set back fills nothing.
        let seconds = max(0, now.timeIntervalSince(bucket.filledAt))
        return Bucket(tokens: min(burst, bucket.tokens + seconds * rate), filledAt: now)
    }

    /// Forgets the full buckets and, where that is not a quarter, the fullest.
    private static func forget(_ buckets: inout [IPAddress: Bucket], _ now: Date) {
        let byTokens = buckets.mapValues { filled($0, now).tokens }
            .sorted { $0.value > $1.value }
        for (place, entry) in byTokens.enumerated() {
            guard place < buckets.count / 4 || entry.value >= burst else { break }
            buckets[entry.key] = nil
        }
    }
}
