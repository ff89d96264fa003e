import Foundation
import Subscriptions

/// What the provisioner has no business with.
extension MemoryTransaction {
    private func refuse<T>(_ type: T.Type = T.self) throws -> T { throw MemoryStore.Unexpected() }

    func event(_ number: Int64) throws -> InboxEvent? { try refuse() }
    func events(eventID: String) throws -> [InboxEvent] { try refuse() }
    func pendingEvents(limit: Int) throws -> [InboxEvent] { try refuse() }
    func events(state: InboxEvent.State?, before: Int64?, limit: Int) throws -> [InboxEvent] {
        try refuse()
    }
    func events(about id: Subscription.ID, limit: Int) throws -> [InboxEvent] { try refuse() }
    func parkedEvents(_ kind: Need.Kind, limit: Int) throws -> [InboxEvent] { try refuse() }
    func lastDelivery(of provider: Provider) throws -> Date? { try refuse() }
    func subscriptions(of id: Customer.ID) throws -> [Subscription] { try refuse() }
    func reconciliation(_ provider: Provider) throws -> Reconciliation? { try refuse() }
    func save(_ reconciliation: Reconciliation) throws { try refuse(Void.self) }
    func eventCounts() throws -> [InboxEvent.State: Int] { try refuse() }
    func customer(_ id: Customer.ID) throws -> Customer? { try refuse() }
    func customer(provider: Provider, mode: Mode, providerID: String) throws -> Customer? {
        try refuse()
    }
    func subscription(_ id: Subscription.ID) throws -> Subscription? { try refuse() }
    func subscription(
        provider: Provider,
        mode: Mode,
        providerID: String
    ) throws -> Subscription? { try refuse() }
    func subscriptions(decisionDueBy now: Date, limit: Int) throws -> [Subscription] {
        try refuse()
    }
    func subscriptions(after id: Subscription.ID?, limit: Int) throws -> [Subscription] {
        try refuse()
    }
    func subscriptions(matching text: String, limit: Int) throws -> [Subscription] {
        try refuse()
    }
    func subscription(keyDigest: [UInt8]) throws -> Subscription? { try refuse() }
    func subscriptionCounts() throws -> [Plan.Reference: Int] { try refuse() }
    func holds(_ id: Subscription.ID) throws -> [Hold] { try refuse() }
    func latestPlans() throws -> [PlanVersion] { try refuse() }
    func troubledGrants(limit: Int) throws -> [Grant] { try refuse() }
    func unprovedRevocations(limit: Int) throws -> [Grant] { try refuse() }
    func masterKeyIDsInUse() throws -> Set<String> { try refuse() }
    func claim(provider: Provider, referenceDigest: [UInt8]) throws -> Claim? { try refuse() }
    func insert(_ delivery: Delivery, receivedAt: Date) throws -> StoredDelivery { try refuse() }
    func update(_ event: InboxEvent) throws { try refuse(Void.self) }
    func save(_ customer: Customer) throws { try refuse(Void.self) }
    func save(_ subscription: Subscription) throws { try refuse(Void.self) }
    func save(_ hold: Hold) throws { try refuse(Void.self) }
    func retire(_ id: Plan.ID, at: Date?) throws { try refuse(Void.self) }
    func insert(_ claim: Claim) throws -> Bool { try refuse() }
    func use(
        _ id: Claim.ID,
        at: Date,
        deadline: Date,
        idempotencyDigest: [UInt8]?
    ) throws -> Bool { try refuse() }
    func insert(_ token: LookupToken) throws { try refuse(Void.self) }
    func revokeTokens(_ id: Subscription.ID, at: Date) throws { try refuse(Void.self) }
    func reveal(_ generation: Int, to id: LookupToken.ID) throws { try refuse(Void.self) }
    func expireClaims(_ id: Subscription.ID, at: Date) throws { try refuse(Void.self) }
}
