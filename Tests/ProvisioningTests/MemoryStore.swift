import Foundation
import Subscriptions
import Synchronization

/// The part of the store that the provisioner uses, in memory; any other use throws.
final class MemoryStore: Store {
    struct Crash: Error {}
    struct Unexpected: Error {}

    struct Tables {
        var installation: Installation?
        var plans: [Plan.Reference: PlanVersion] = [:]
        var grants: [Subscription.ID: Grant] = [:]
        var keys: [APIKey] = []
        var attempts: [Attempt] = []
        var audit: [AuditEntry] = []
    }

    let tables = Mutex(Tables())
    /// While it is set, the process counts as dead and every write fails.
    let isDead = Mutex(false)

    func read<T: Sendable>(
        _ body: @escaping @Sendable (any StoreReader) throws -> T
    ) async throws -> T {
        try body(MemoryTransaction(tables.withLock { $0 }))
    }

    func write<T: Sendable>(
        _ body: @escaping @Sendable (any StoreTransaction) throws -> T
    ) async throws -> T {
        guard !isDead.withLock({ $0 }) else { throw Crash() }
        return try tables.withLock { tables in
            let transaction = MemoryTransaction(tables)
            let result = try body(transaction)
            tables = transaction.tables
            return result
        }
    }
}

final class MemoryTransaction: StoreTransaction {
    var tables: MemoryStore.Tables

    init(_ tables: MemoryStore.Tables) { self.tables = tables }

    func installation() throws -> Installation? { tables.installation }
    func update(_ installation: Installation) throws { tables.installation = installation }
    func insert(_ installation: Installation) throws { tables.installation = installation }
    func plan(_ reference: Plan.Reference) throws -> PlanVersion? { tables.plans[reference] }
    func insert(_ version: PlanVersion) throws { tables.plans[version.reference] = version }

    func grant(_ id: Subscription.ID) throws -> Grant? { tables.grants[id] }
    func save(_ grant: Grant) throws { tables.grants[grant.subscriptionID] = grant }
    func dueGrants(_ now: Date, limit: Int) throws -> [Grant] {
        let due = tables.grants.values.filter { $0.nextAttemptAt.map { $0 <= now } ?? false }
        return Array(due.sorted { $0.priority < $1.priority }.prefix(limit))
    }
    func nextGrantDue(after now: Date) throws -> Date? {
        tables.grants.values.compactMap(\.nextAttemptAt).filter { $0 > now }.min()
    }

    func begin(step: String, for id: Subscription.ID, at date: Date) throws -> Int64 {
        let number = Int64(tables.attempts.count + 1)
        tables.attempts.append(
            Attempt(number: number, subscriptionID: id, step: step, startedAt: date)
        )
        return number
    }
    func finish(
        attempt: Int64,
        at date: Date,
        outcome: String,
        problem: GrantProblem.Kind?
    ) throws {
        let index = Int(attempt) - 1
        tables.attempts[index].finishedAt = date
        tables.attempts[index].outcome = outcome
        tables.attempts[index].problem = problem
    }
    func attempts(_ id: Subscription.ID, limit: Int) throws -> [Attempt] {
        tables.attempts.filter { $0.subscriptionID == id }.suffix(limit)
    }

    func key(_ id: Subscription.ID, generation: Int) throws -> APIKey? {
        tables.keys.first { $0.subscriptionID == id && $0.generation == generation }
    }
    func keys(_ id: Subscription.ID) throws -> [APIKey] {
        tables.keys.filter { $0.subscriptionID == id }
    }
    func insert(_ key: APIKey) throws { tables.keys.append(key) }
    func update(_ key: APIKey) throws {
        tables.keys.removeAll {
            $0.subscriptionID == key.subscriptionID && $0.generation == key.generation
        }
        tables.keys.append(key)
    }

    func append(_ entry: AuditEntry) throws { tables.audit.append(entry) }
    func audit(_ id: Subscription.ID?, limit: Int) throws -> [AuditEntry] {
        tables.audit.suffix(limit)
    }
}
