import Foundation
import JSON
import Subscriptions
import Synchronization

/// What a subscriber is told about their key.
struct KeyAnswer: Sendable {
    /// The header in which the platform takes the key.
    static let header = "X-DreamFactory-API-Key"

    let keyRing: KeyRing
    let mode: Mode
    /// What subscribers call.
    let baseURL: String
    let now: @Sendable () -> Date

    /// The word for where a key stands.
    static func status(_ lookup: KeyLookup) -> String {
        switch lookup.access {
        case .active: isShown(lookup) ? "active" : "preparing"
        case .none, .suspended, .ended: lookup.access.rawValue
        }
    }

    /// Whether the key itself may be shown.
    static func isShown(_ lookup: KeyLookup) -> Bool {
        lookup.access == .active && lookup.generation > 0
            && lookup.shownGeneration == lookup.generation && lookup.key != nil
    }

    /// The members of the answer.
    ///
    /// Throws where the key that is derived is not the one that was stored: then nothing is shown.
    func members(
        _ lookup: KeyLookup,
        plan: PlanVersion?
    ) throws(KeyRingError) -> [String: JSONValue] {
        var members: [String: JSONValue] = [
            "status": .string(Self.status(lookup)),
            "subscription": .string(lookup.subscriptionID.rawValue),
            "generation": .integer(Int64(lookup.generation)),
            "base_url": .string(baseURL),
            "header": .string(Self.header),
        ]
        if let plan {
            members["plan"] = .string(plan.plan.id.rawValue)
            members["plan_name"] = .string(plan.plan.name)
            members["limits"] = .array(plan.plan.limits.map(Self.limit))
            if !plan.plan.limits.isEmpty {
                members["overrun"] = "A call over a limit locks the key for one further period."
            }
        }
        if let previous = lookup.previous, previous.until > now(), lookup.access != .ended {
            members["previous_last_four"] = .string(previous.lastFour)
            members["previous_until"] = .string(previous.until.formatted(.iso8601))
        }
        if let key = lookup.key, lookup.shownGeneration == lookup.generation {
            members["last_four"] = .string(key.lastFour)
            if Self.isShown(lookup) {
                members["key"] = .string(try keyRing.text(of: key, mode: mode))
            }
        }
        return members
    }

    private static func limit(_ limit: RateLimit) -> JSONValue {
        [
            "rate": .integer(Int64(limit.rate)), "period": .string(limit.period.rawValue),
            "verb": limit.verb.map { .string($0.rawValue) } ?? nil,
        ]
    }
}

/// The versions of plans that answers need; a version never changes, so it is read once.
final class PlanCache: Sendable {
    private let store: any Store
    private let versions = Mutex<[Plan.Reference: PlanVersion]>([:])

    init(store: any Store) { self.store = store }

    /// A version that was read before.
    func known(_ reference: Plan.Reference) -> PlanVersion? {
        versions.withLock { $0[reference] }
    }

    func plan(_ reference: Plan.Reference?) async throws -> PlanVersion? {
        guard let reference else { return nil }
        if let known = known(reference) { return known }
        guard let version = try await store.read({ try $0.plan(reference) }) else { return nil }
        versions.withLock { $0[reference] = version }
        return version
    }
}
