import Subscriptions

import struct Foundation.Date

/// A working store in memory: a transaction works on a copy, which replaces the tables only when
/// its body returns.
actor MemoryStore: Store {
    private var tables = MemoryTables()

    func read<T: Sendable>(
        _ body: @escaping @Sendable (any StoreReader) throws -> T
    ) async throws -> T {
        try body(MemoryTransaction(tables))
    }

    func write<T: Sendable>(
        _ body: @escaping @Sendable (any StoreTransaction) throws -> T
    ) async throws -> T {
        let transaction = MemoryTransaction(tables)
        let result = try body(transaction)
        tables = transaction.tables
        return result
    }
}

/// What a database would refuse.
enum MemoryStoreError: Error, Equatable {
    case notUnique(String)
    case dangling(String)
}

struct MemoryTables: Sendable {
    var installation: Installation?
    var events: [InboxEvent] = []
    var customers: [Customer.ID: Customer] = [:]
    var subscriptions: [Subscription.ID: Subscription] = [:]
    var holds: [Hold] = []
    var versions: [PlanVersion] = []
    var grants: [Subscription.ID: Grant] = [:]
    var attempts: [Attempt] = []
    var keys: [APIKey] = []
    var claims: [Claim] = []
    var tokens: [LookupToken] = []
    var audit: [AuditEntry] = []
    var reconciliations: [Provider: Reconciliation] = [:]
}

/// One transaction on a copy of the tables; a reader is one that is thrown away.
final class MemoryTransaction {
    private(set) var tables: MemoryTables

    init(_ tables: MemoryTables = MemoryTables()) { self.tables = tables }

    private func requireSubscription(_ id: Subscription.ID) throws {
        guard tables.subscriptions[id] != nil else {
            throw MemoryStoreError.dangling("subscription \(id)")
        }
    }
}

extension MemoryTransaction: StoreTransaction {
    func insert(_ installation: Installation) throws {
        guard tables.installation == nil else { throw MemoryStoreError.notUnique("installation") }
        tables.installation = installation
    }

    func update(_ installation: Installation) throws { tables.installation = installation }

    func insert(_ delivery: Delivery, receivedAt: Date) throws -> StoredDelivery {
        let known = tables.events.first { event in
            event.provider == delivery.provider && event.mode == delivery.mode
                && event.eventID == delivery.eventID
        }
        if let known { return StoredDelivery(number: known.number, isNew: false) }
        let number = Int64(tables.events.count) + 1
        tables.events.append(
            InboxEvent(
                number: number,
                provider: delivery.provider,
                mode: delivery.mode,
                eventID: delivery.eventID,
                type: delivery.type,
                body: delivery.body,
                occurredAt: delivery.occurredAt,
                receivedAt: receivedAt,
                state: delivery.isReadable ? .pending : .unparsed
            )
        )
        return StoredDelivery(number: number, isNew: true)
    }

    func update(_ event: InboxEvent) throws {
        if let id = event.subscriptionID { try requireSubscription(id) }
        guard let index = tables.events.firstIndex(where: { $0.number == event.number }) else {
            throw MemoryStoreError.dangling("event \(event.number)")
        }
        tables.events[index] = event
    }

    func save(_ customer: Customer) throws { tables.customers[customer.id] = customer }

    func save(_ subscription: Subscription) throws {
        guard tables.customers[subscription.customerID] != nil else {
            throw MemoryStoreError.dangling("customer \(subscription.customerID)")
        }
        let twin = tables.subscriptions.values.contains { other in
            other.id != subscription.id && other.provider == subscription.provider
                && other.mode == subscription.mode && other.providerID == subscription.providerID
        }
        guard !twin else { throw MemoryStoreError.notUnique(subscription.providerID) }
        tables.subscriptions[subscription.id] = subscription
    }

    func save(_ hold: Hold) throws {
        try requireSubscription(hold.subscriptionID)
        if let index = tables.holds.firstIndex(where: { $0.id == hold.id }) {
            tables.holds[index] = hold
        } else {
            tables.holds.append(hold)
        }
    }

    func insert(_ version: PlanVersion) throws {
        guard !tables.versions.contains(where: { $0.reference == version.reference }) else {
            throw MemoryStoreError.notUnique("\(version.reference)")
        }
        tables.versions.append(version)
    }

    func retire(_ id: Plan.ID, at: Date?) throws {
        for index in tables.versions.indices where tables.versions[index].plan.id == id {
            tables.versions[index].retiredAt = at
        }
    }

    func save(_ grant: Grant) throws {
        try requireSubscription(grant.subscriptionID)
        tables.grants[grant.subscriptionID] = grant
    }

    func begin(step: String, for id: Subscription.ID, at: Date) throws -> Int64 {
        try requireSubscription(id)
        let number = Int64(tables.attempts.count) + 1
        tables.attempts.append(
            Attempt(number: number, subscriptionID: id, step: step, startedAt: at)
        )
        return number
    }

    func finish(
        attempt: Int64,
        at: Date,
        outcome: String,
        problem: GrantProblem.Kind?
    ) throws {
        guard let index = tables.attempts.firstIndex(where: { $0.number == attempt }) else {
            throw MemoryStoreError.dangling("attempt \(attempt)")
        }
        tables.attempts[index].finishedAt = at
        tables.attempts[index].outcome = outcome
        tables.attempts[index].problem = problem
    }

    func insert(_ key: APIKey) throws {
        try requireSubscription(key.subscriptionID)
        let twin = tables.keys.contains { other in
            other.digest == key.digest
                || (other.subscriptionID == key.subscriptionID
                    && other.generation == key.generation)
        }
        guard !twin else { throw MemoryStoreError.notUnique("key \(key.generation)") }
        tables.keys.append(key)
    }

    func update(_ key: APIKey) throws {
        let found = tables.keys.firstIndex { other in
            other.subscriptionID == key.subscriptionID && other.generation == key.generation
        }
        guard let found else { throw MemoryStoreError.dangling("key \(key.generation)") }
        tables.keys[found].shownAt = key.shownAt
        tables.keys[found].endedAt = key.endedAt
    }

    func insert(_ claim: Claim) throws -> Bool {
        try requireSubscription(claim.subscriptionID)
        guard
            try self.claim(provider: claim.provider, referenceDigest: claim.referenceDigest) == nil
        else { return false }
        tables.claims.append(claim)
        return true
    }

    func use(
        _ id: Claim.ID,
        at: Date,
        deadline: Date,
        idempotencyDigest: [UInt8]?
    ) throws -> Bool {
        let found = tables.claims.firstIndex { claim in
            claim.id == id && claim.usedAt == nil && claim.endedAt == nil && at < deadline
        }
        guard let found else { return false }
        tables.claims[found].usedAt = at
        tables.claims[found].idempotencyDigest = idempotencyDigest
        return true
    }

    func insert(_ token: LookupToken) throws {
        try requireSubscription(token.subscriptionID)
        guard !tables.tokens.contains(where: { $0.digest == token.digest }) else {
            throw MemoryStoreError.notUnique("token")
        }
        tables.tokens.append(token)
    }

    func revokeTokens(_ id: Subscription.ID, at: Date) throws {
        for index in tables.tokens.indices
        where tables.tokens[index].subscriptionID == id && tables.tokens[index].revokedAt == nil {
            tables.tokens[index].revokedAt = at
        }
    }

    func reveal(_ generation: Int, to id: LookupToken.ID) throws {
        guard let index = tables.tokens.firstIndex(where: { $0.id == id }) else {
            throw MemoryStoreError.dangling("token")
        }
        tables.tokens[index].revealedGeneration = generation
    }

    func expireClaims(_ id: Subscription.ID, at: Date) throws {
        for index in tables.claims.indices
        where tables.claims[index].subscriptionID == id && tables.claims[index].usedAt == nil
            && tables.claims[index].endedAt == nil
        {
            tables.claims[index].endedAt = at
        }
    }

    func save(_ reconciliation: Reconciliation) throws {
        tables.reconciliations[reconciliation.provider] = reconciliation
    }

    func append(_ entry: AuditEntry) throws {
        if let id = entry.subscriptionID { try requireSubscription(id) }
        tables.audit.append(entry)
    }
}
