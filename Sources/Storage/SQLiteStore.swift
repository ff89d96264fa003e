package import Foundation
import Migrations
package import SQLite
package import Subscriptions

/// The database of the product: the ports of the domain on one SQLite file.
///
/// Reads run on threads of their own and writes on the database's writer, so that no task waits
/// for the disk; only ``lookup(tokenDigest:)`` reads on the calling thread.
package struct SQLiteStore: Sendable {
    /// The database, for copies and checks by staff.
    package let database: Database
    private let plans = PlanCache()

    /// A store on a database that was opened with ``migrator(now:)``.
    package init(database: Database) { self.database = database }

    /// Opens, and where needed makes or migrates, the file; hold its ``DatabaseLock`` meanwhile.
    ///
    /// `onFatal` is called when the disk fails; the process should end there.
    package init(
        path: String,
        now: @escaping @Sendable () -> Date,
        limits: Database.Limits = Database.Limits(),
        onFatal: @escaping @Sendable (SQLiteError) -> Void
    ) throws {
        database = try Database(
            path: path,
            migrator: Self.migrator(now: now),
            limits: limits,
            onFatal: onFatal
        )
    }

    /// The schema of this version of the product.
    package static func migrator(now: @escaping @Sendable () -> Date) -> Migrator {
        Migrator(
            Schema.steps.map { Migration(version: $0.version, name: $0.name, sql: $0.sql) },
            now: { now().milliseconds }
        )
    }

    /// Writes what is queued and closes the file; never call it from inside a read or a write.
    package func close() { database.close() }
}

extension SQLiteStore: Store {
    package func read<T: Sendable>(
        _ body: @escaping @Sendable (any StoreReader) throws -> T
    ) async throws -> T {
        try await database.read { [plans] connection in
            try connection.snapshot {
                try body(SQLiteTransaction(connection: connection, plans: plans))
            }
        }
    }

    package func write<T: Sendable>(
        _ body: @escaping @Sendable (any StoreTransaction) throws -> T
    ) async throws -> T {
        try await database.write { [plans] connection in
            try body(SQLiteTransaction(connection: connection, plans: plans))
        }
    }
}

extension SQLiteStore: DeliveryInbox {
    package func store(
        _ delivery: Delivery,
        receivedAt: Date,
        completion: @escaping @Sendable (Result<StoredDelivery, any Error>) -> Void
    ) {
        database.enqueue(
            isUrgent: true,
            { [plans] connection in
                try SQLiteTransaction(connection: connection, plans: plans)
                    .insert(delivery, receivedAt: receivedAt)
            },
            completion: completion
        )
    }
}

extension SQLiteStore: KeyLookups {
    package func lookup(tokenDigest: [UInt8]) throws -> KeyLookup? {
        try database.readNewest { connection in
            try connection.withStatement(Self.lookup) { statement in
                try statement.bind(tokenDigest, at: 1)
                return try statement.step() ? KeyLookup(row: statement.row) : nil
            }
        }
    }

    /// The token's row holds a copy of all that an answer needs, which triggers keep.
    private static let lookup = HotSQL(
        """
        SELECT
            id, revealed_generation, subscription_id, access, plan_id, plan_version, generation,
            shown_generation, key_salt, key_master_id, key_digest, key_last_four, key_created_at,
            key_shown_at, key_ended_at, previous_until_at, previous_last_four
        FROM lookup_token WHERE digest = ?1 AND revoked_at IS NULL
        """
    )
}

extension KeyLookup {
    /// A token whose subscription has no grant yet reads as one with nothing due.
    fileprivate init(row: Row) throws {
        let id: Subscription.ID = try row[2]
        let access: Access? = try row[3]
        let salt: [UInt8]? = try row[8]
        let until: Date? = try row[15]
        let lastFour: String? = try row[16]
        let generation: Int = try row[6] ?? 0
        self.init(
            tokenID: try row[0],
            revealedGeneration: try row[1],
            subscriptionID: id,
            access: access ?? .none,
            plan: try Plan.Reference(id: row[4], version: row[5]),
            generation: generation,
            shownGeneration: try row[7] ?? 0,
            key: try salt.map { salt in
                APIKey(
                    subscriptionID: id,
                    generation: generation,
                    salt: salt,
                    masterKeyID: try row[9],
                    digest: try row[10],
                    lastFour: try row[11],
                    createdAt: try row[12],
                    shownAt: try row[13],
                    endedAt: try row[14]
                )
            },
            adoptedLastFour: generation == 0 ? try row[11] : nil,
            previous: until.flatMap { until in
                lastFour.map { PreviousKey(lastFour: $0, until: until) }
            }
        )
    }
}
