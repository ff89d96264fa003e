import Foundation
import HTTP
import JSON
import Subscriptions
import Synchronization

/// What a subscriber is told about their key.
struct KeyAnswer: Sendable {
    let keyRing: KeyRing
    let mode: Mode
    let now: @Sendable () -> Date
    /// What subscribers call, as a member.
    private let baseURL: [UInt8]
    private static let header: [UInt8] = {
        var json = JSONWriter()
        json.append("header", "X-DreamFactory-API-Key")
        return json.bytes
    }()

    /// `baseURL` is what subscribers call.
    init(keyRing: KeyRing, mode: Mode, baseURL: String, now: @escaping @Sendable () -> Date) {
        self.keyRing = keyRing
        self.mode = mode
        self.now = now
        var json = JSONWriter()
        json.append("base_url", baseURL)
        self.baseURL = json.bytes
    }

    /// The word for where a key stands.
    static func status(_ lookup: KeyLookup) -> String {
        switch lookup.access {
        case .active: isShown(lookup) || isAdopted(lookup) ? "active" : "preparing"
        case .none, .suspended, .ended: lookup.access.rawValue
        }
    }

    /// Whether the key itself may be shown.
    static func isShown(_ lookup: KeyLookup) -> Bool {
        lookup.access == .active && lookup.generation > 0
            && lookup.shownGeneration == lookup.generation && lookup.key != nil
    }

    /// Whether the key is one of an app that was taken over: the subscriber has it, and it is
    /// stored nowhere here.
    static func isAdopted(_ lookup: KeyLookup) -> Bool {
        lookup.generation == 0 && lookup.adoptedLastFour != nil
    }

    private static let adopted =
        "This key was there before, with limits of its own, and cannot be shown here: go on using it, "
        + "or make one of this plan with POST /v1/key/rotate."

    /// The answer; `lookupToken` where the subscriber has just been given one.
    ///
    /// Throws where the key that is derived is not the one that was stored: then nothing is shown.
    func response(
        _ lookup: KeyLookup,
        plan: PlanAnswer?,
        lookupToken: String? = nil
    ) throws(KeyRingError) -> HTTPResponse {
        HTTPResponse(
            status: 200,
            headers: Self.fields,
            body: try body(lookup, plan: plan, lookupToken: lookupToken)
        )
    }

    private static let fields: HTTPHeaders = [
        "Content-Type": "application/json", "Cache-Control": "no-store",
    ]

    /// The members of the answer in the order of their names.
    private func body(
        _ lookup: KeyLookup,
        plan: PlanAnswer?,
        lookupToken: String?
    ) throws(KeyRingError) -> [UInt8] {
        var json = JSONWriter(capacity: 768)
        json.beginObject()
        if Self.isAdopted(lookup), lookup.access == .active { json.append("adopted", Self.adopted) }
        json.append(members: baseURL)
        json.append("generation", Int64(lookup.generation))
        json.append(members: Self.header)
        if let key = lookup.key, lookup.shownGeneration == lookup.generation {
            if Self.isShown(lookup) { json.append("key", try keyRing.text(of: key, mode: mode)) }
            json.append("last_four", key.lastFour)
        } else if let lastFour = lookup.adoptedLastFour {
            json.append("last_four", lastFour)
        }
        if let plan { json.append(members: plan.limits) }
        if let lookupToken { json.append("lookup_token", lookupToken) }
        if let plan { json.append(members: plan.terms) }
        if let previous = lookup.previous, previous.until > now(), lookup.access != .ended {
            json.append("previous_last_four", previous.lastFour)
            json.append("previous_until", previous.until.formatted(.iso8601))
        }
        json.append("status", Self.status(lookup))
        json.append("subscription", lookup.subscriptionID.rawValue)
        json.endObject()
        return json.bytes
    }
}

/// What an answer says about a version of a plan, as members that stand where their names belong.
struct PlanAnswer: Sendable {
    let plan: Plan
    /// The member `limits`.
    let limits: [UInt8]
    /// The members `overrun`, `plan` and `plan_name`.
    let terms: [UInt8]

    init(_ plan: Plan) {
        self.plan = plan
        var json = JSONWriter()
        json.append("limits", JSONValue.array(plan.limits.map(Self.limit)))
        limits = json.bytes
        json = JSONWriter()
        if !plan.limits.isEmpty {
            json.append("overrun", "A call over a limit locks the key for one further period.")
        }
        json.append("plan", plan.id.rawValue)
        json.append("plan_name", plan.name)
        terms = json.bytes
    }

    static func limit(_ limit: RateLimit) -> JSONValue {
        [
            "rate": .integer(Int64(limit.rate)), "period": .string(limit.period.rawValue),
            "verb": limit.verb.map { .string($0.rawValue) } ?? nil,
        ]
    }
}

/// The versions of plans that answers need; a version never changes, so it is read once.
final class PlanCache: Sendable {
    private let store: any Store
    private let answers = Mutex<[Plan.Reference: PlanAnswer]>([:])

    init(store: any Store) { self.store = store }

    /// A version that was read before.
    func known(_ reference: Plan.Reference) -> PlanAnswer? {
        answers.withLock { $0[reference] }
    }

    func plan(_ reference: Plan.Reference?) async throws -> PlanAnswer? {
        guard let reference else { return nil }
        if let known = known(reference) { return known }
        guard let version = try await store.read({ try $0.plan(reference) }) else { return nil }
        let answer = PlanAnswer(version.plan)
        answers.withLock { $0[reference] = answer }
        return answer
    }
}
