import Foundation
import JSON

/// A stored limit, as far as counting needs it.
struct Limit {
    let id: Int
    let row: [String: JSONValue]
    let type: String
    let keyText: String
    let rate: Int
    let period: LimitPeriod

    init?(_ row: [String: JSONValue]) {
        guard let id = row["id"]?.int, let type = row["type"]?.string,
            let keyText = row["key_text"]?.string, let rate = row["rate"]?.int,
            let period = row["period"]?.int.flatMap(LimitPeriod.init)
        else { return nil }
        self.id = id
        self.row = row
        self.type = type
        self.keyText = keyText
        self.rate = rate
        self.period = period
    }

    var isForEachUser: Bool { type.hasPrefix("instance.each_user") }

    /// The key of the counter; one per user where the limit is for each.
    func counterKey(userID: Int?) -> String {
        guard isForEachUser, let userID else { return keyText }
        return keyText.replacingOccurrences(of: "each_user:", with: "each_user:\(userID)")
    }
}

extension Exchange {
    var counters: LimitCounters { LimitCounters(store: store, now: now, node: node) }

    /// Counts the call on every limit that applies to it, also where one of them refuses it.
    ///
    /// Calls that rules refuse never come here, and admins are exempt.
    func evaluateLimits() throws {
        guard hasLimits, !caller.isAdmin else { return }
        let sql = "SELECT * FROM limits WHERE is_active = 1 ORDER BY id"
        let limits = try store.rows(sql).compactMap(Limit.init)
        var exceeded: [JSONValue] = []
        for limit in limits where applies(limit) {
            let key = limit.counterKey(userID: caller.user?.id)
            if try counters.hit(key, rate: limit.rate, period: limit.period) { continue }
            exceeded.append([
                "id": .integer(Int64(limit.id)), "name": limit.row["name"] ?? .null,
                "object": LimitResource.shown(RecordKind.limit.record(limit.row)),
            ])
        }
        guard !exceeded.isEmpty, let last = limits.last else { return }
        var refusal = Refusal(429, "API limit(s) exceeded. ", context: .array(exceeded))
        refusal.headers = try misleadingHeaders(last)
        throw refusal
    }

    private func applies(_ limit: Limit) -> Bool {
        func matches(_ column: String, _ value: Int?) -> Bool {
            guard let wanted = limit.row[column]?.int else { return true }
            return wanted == value
        }
        if limit.isForEachUser, caller.user == nil { return false }
        guard matches("user_id", caller.user?.id), matches("role_id", caller.role?.id),
            matches("service_id", service?.id)
        else { return false }
        if let verb = limit.row["verb"]?.string, verb != call.verb.rawValue { return false }
        guard limit.type.hasSuffix(".endpoint") else { return true }
        let endpoint = limit.row["endpoint"]?.string ?? ""
        guard endpoint.hasSuffix("*") else { return endpoint == call.component }
        return call.component.hasPrefix(endpoint.dropLast())
    }

    /// The platform describes the last limit of its table, whoever's it is, and sixty times too
    /// long a wait.
    private func misleadingHeaders(_ limit: Limit) throws -> [(name: String, value: String)] {
        let key = limit.counterKey(userID: caller.user?.id)
        let present = now.timeIntervalSince1970
        let wait = max(0, Int((try counters.counter(key).timerUntil - present).rounded()))
        let remaining = try counters.remaining(key, rate: limit.rate)
        return [
            ("X-RateLimit-Limit", "\(limit.rate)"), ("X-RateLimit-Remaining", "\(remaining)"),
            ("Retry-After", "\(wait)"), ("X-RateLimit-Reset", "\(Int(present) + wait)"),
        ]
    }
}
