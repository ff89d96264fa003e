import Digest
import Foundation
import SQLite
import Storage
import Subscriptions

/// Paid subscriptions with shown keys and known lookup tokens, the same ones every time.
///
/// The ids are spread over their whole range as random ones are, so that rows and indexes lie as
/// they do after years.
struct Seed {
    let keyRing: KeyRing
    let now: Date

    /// How many subscriptions one transaction adds.
    private static let batch = 2_000

    private static let plan = PlanVersion(
        plan: Plan(
            id: Plan.ID("pro"),
            name: "Pro",
            prices: [.stripe: ["price_pro"]],
            access: [AccessRule(service: "shop", component: "_table/customers/*", verbs: [.get])],
            limits: [RateLimit(rate: 1_000, period: .minute)],
            pastDueGrace: .seconds(259_200),
            rotationGrace: .seconds(86_400),
            refund: .end,
            dispute: .suspend
        ),
        version: 1,
        appliedAt: Date(timeIntervalSince1970: 0)
    )

    /// The token that looks up the subscription of that number.
    static func token(_ number: Int) -> String {
        "tlk_" + Base64URL.encode(SHA256.hash("benchmark token \(number)".utf8))
    }

    /// The provider's id of the subscription of that number; its customer has the same number.
    static func providerID(_ number: Int) -> String { "sub_\(number)" }

    /// Adds what is missing to `count` subscriptions; how many were added.
    @discardableResult
    func fill(_ store: SQLiteStore, upTo count: Int) async throws -> Int {
        let present = try await store.write { tx in
            if try tx.plan(Self.plan.reference) == nil { try tx.insert(Self.plan) }
            // The platform has nothing of what is seeded, which a comparison would find.
            try tx.save(DriftReport(startedAt: now, finishedAt: now, compared: 0, differences: 0))
            return try tx.subscriptionCounts().values.reduce(0, +)
        }
        try await store.database.write { connection in
            // Rows at random places of a dozen indexes: a file of this size must fit.
            try connection.execute("PRAGMA cache_size = -524288")
        }
        for start in stride(from: present, to: count, by: Self.batch) {
            try await store.write { tx in
                for number in start..<min(start + Self.batch, count) {
                    try insert(number, into: tx)
                }
            }
        }
        return max(0, count - present)
    }

    private func insert(_ number: Int, into tx: any StoreTransaction) throws {
        let customer = Customer(
            id: .random(Self.bytes("customer", number)),
            provider: .stripe,
            mode: .test,
            providerID: "cus_\(number)",
            email: "subscriber\(number)@example.com",
            createdAt: now
        )
        let subscription = subscription(number, of: customer)
        let key = keyRing.makeKey(
            mode: .test,
            subscription: subscription.id,
            generation: 1,
            now: now,
            random: Self.bytes("salt", number)
        )
        try tx.save(customer)
        try tx.save(subscription)
        try tx.save(grant(number, of: subscription))
        try tx.insert(key)
        var shown = key
        shown.shownAt = now
        try tx.update(shown)
        try tx.insert(
            LookupToken(
                id: .random(Self.bytes("token id", number)),
                digest: SHA256.hash(Self.token(number).utf8),
                subscriptionID: subscription.id,
                createdAt: now,
                revealedGeneration: 1
            )
        )
    }

    private func subscription(_ number: Int, of customer: Customer) -> Subscription {
        var subscription = Subscription(
            id: .random(Self.bytes("subscription", number)),
            provider: .stripe,
            mode: .test,
            providerID: Self.providerID(number),
            customerID: customer.id,
            createdAt: now
        )
        subscription.status = .active
        subscription.statusAt = now
        subscription.plan = Self.plan.reference
        subscription.price = "price_pro"
        subscription.periodStart = now
        subscription.periodEnd = now.addingTimeInterval(30 * 86_400)
        return subscription
    }

    /// A grant for which nothing is left to do.
    private func grant(_ number: Int, of subscription: Subscription) -> Grant {
        var grant = Grant(
            subscriptionID: subscription.id,
            desired: DesiredGrant(
                access: .active,
                reason: "the subscription is active",
                plan: Self.plan.reference,
                generation: 1
            ),
            changedAt: now
        )
        grant.observed.roleID = number + 10
        grant.observed.rules = "pro@1"
        grant.observed.apps = [.init(id: number + 10, generation: 1, isActive: true)]
        grant.observed.limits = [.init(id: number + 10, rate: 1_000, period: "minute", verb: nil)]
        grant.observed.shownGeneration = 1
        grant.observed.proof = .init(answer: .alive, generation: 1, at: now)
        grant.observed.verifiedAt = now
        return grant
    }

    /// Bytes that belong to one purpose and number.
    private static func bytes(_ purpose: String, _ number: Int) -> RandomBytes {
        { count in Array(SHA256.hash("\(purpose) \(number)".utf8).prefix(count)) }
    }
}
