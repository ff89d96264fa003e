package import Subscriptions
package import Synchronization

package import struct Foundation.Date

/// A working store in memory, which the suite of the SQLite store holds to the same behaviour.
package final class MemoryStore: Store {
    /// A process that died: it writes nothing more.
    package struct Crash: Error {
        /// Makes one.
        package init() {}
    }

    /// What is stored.
    package let tables: Mutex<MemoryTables>
    /// While it is set, the process counts as dead and every write fails.
    package let isDead = Mutex(false)

    /// Makes a store.
    package init(_ tables: MemoryTables = MemoryTables()) { self.tables = Mutex(tables) }

    /// Reads.
    package func read<T: Sendable>(
        _ body: @escaping @Sendable (any StoreReader) throws -> T
    ) async throws -> T {
        try transact(body)
    }

    /// Writes all of `body` or, when it throws, nothing.
    package func write<T: Sendable>(
        _ body: @escaping @Sendable (any StoreTransaction) throws -> T
    ) async throws -> T {
        guard !isDead.withLock({ $0 }) else { throw Crash() }
        return try transact(body)
    }

    /// The tables are lent to the transaction, so that nothing of them is copied.
    private func transact<T>(_ body: (any StoreTransaction) throws -> T) rethrows -> T {
        try tables.withLock { tables in
            let transaction = MemoryTransaction(tables)
            tables = MemoryTables()
            defer { tables = transaction.tables }
            do {
                return try body(transaction)
            } catch {
                transaction.rollBack()
                throw error
            }
        }
    }
}

extension MemoryStore: DeliveryInbox {
    /// Stores a delivery and calls back at once.
    package func store(
        _ delivery: Delivery,
        receivedAt: Date,
        completion: @escaping @Sendable (Result<StoredDelivery, any Error>) -> Void
    ) {
        guard !isDead.withLock({ $0 }) else { return completion(.failure(Crash())) }
        completion(Result { try transact { try $0.insert(delivery, receivedAt: receivedAt) } })
    }
}

extension MemoryStore: KeyLookups {
    /// The key row behind a token that was not ended.
    package func lookup(tokenDigest: [UInt8]) throws -> KeyLookup? {
        tables.withLock { tables in
            tables.tokens.first { $0.digest == tokenDigest && $0.revokedAt == nil }
                .map { tables.lookup($0) }
        }
    }
}

extension MemoryTables {
    fileprivate func lookup(_ token: LookupToken) -> KeyLookup {
        let id = token.subscriptionID
        let grant = grants[id]
        func key(_ generation: Int) -> APIKey? {
            keys.first { $0.subscriptionID == id && $0.generation == generation }
        }
        let ending = grant?.ending
        let adoptedLastFour = grant?.observed.adopted?.lastFour
        func lastFour(_ generation: Int) -> String? {
            generation == 0 ? adoptedLastFour : key(generation)?.lastFour
        }
        return KeyLookup(
            tokenID: token.id,
            revealedGeneration: token.revealedGeneration,
            subscriptionID: id,
            access: grant?.desired.access ?? .none,
            plan: grant?.desired.plan,
            generation: grant?.visibleGeneration ?? 0,
            shownGeneration: grant?.observed.shownGeneration ?? 0,
            key: key(grant?.visibleGeneration ?? 0),
            adoptedLastFour: grant?.visibleGeneration == 0 ? adoptedLastFour : nil,
            previous: ending.flatMap { ending in
                lastFour(ending.generation).map {
                    KeyLookup.PreviousKey(lastFour: $0, until: ending.at)
                }
            }
        )
    }
}

/// What a database would refuse.
package enum MemoryStoreError: Error, Equatable {
    /// Something like it is there already.
    case notUnique(String)
    /// It points to nothing.
    case dangling(String)
}

/// All rows.
package struct MemoryTables: Sendable {
    /// The one installation.
    package var installation: Installation?
    /// The inbox, by number.
    package var events: [InboxEvent] = []
    /// Customers.
    package var customers: [Customer.ID: Customer] = [:]
    /// Subscriptions.
    package var subscriptions: [Subscription.ID: Subscription] = [:]
    /// Holds, in the order of writing.
    package var holds: [Hold] = []
    /// Versions of plans, in the order of writing.
    package var versions: [PlanVersion] = []
    /// Grants.
    package var grants: [Subscription.ID: Grant] = [:]
    /// Attempts, by number.
    package var attempts: [Attempt] = []
    /// Key rows.
    package var keys: [APIKey] = []
    /// Claims.
    package var claims: [Claim] = []
    /// Lookup tokens.
    package var tokens: [LookupToken] = []
    /// The audit.
    package var audit: [AuditEntry] = []
    /// Promises that were kept, by number.
    package var keptPromises: [KeptPromise] = []
    /// Comparisons with providers.
    package var reconciliations: [Provider: Reconciliation] = [:]
    /// What the last comparison of the platform with the grants found.
    package var driftReport: DriftReport?

    /// Makes empty tables.
    package init() {}
}
