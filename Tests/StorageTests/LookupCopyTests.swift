import Foundation
import Migrations
import SQLite
import Subscriptions
import Testing

@testable import Storage

/// The row of a token repeats what other tables say; here is what it must say.
struct LookupCopyTests {
    /// A look-up read from the tables themselves, as text.
    private static let truth = """
        SELECT quote(token.id) || quote(grant.access) || quote(grant.plan_id)
            || quote(grant.plan_version) || quote(key.generation) || quote(grant.shown_generation)
            || quote(key.salt) || quote(key.master_key_id) || quote(key.digest)
            || quote(coalesce(key.last_four, CASE WHEN grant.generation = 0 OR
                grant.overlap_seconds > 0 AND grant.shown_generation = 0
                THEN grant.adopted_last_four END))
            || quote(key.created_at) || quote(key.shown_at) || quote(key.ended_at)
            || quote(grant.previous_until_at) || quote(coalesce(previous.last_four,
                CASE WHEN grant.previous_until_at > 0 AND grant.generation = 1
                THEN grant.adopted_last_four END))
        FROM lookup_token AS token
        LEFT JOIN grant ON grant.subscription_id = token.subscription_id
        LEFT JOIN api_key AS key
            ON key.subscription_id = token.subscription_id AND key.generation =
                CASE WHEN grant.overlap_seconds > 0
                        AND (grant.shown_generation > 0 OR grant.adopted_last_four IS NOT NULL)
                    THEN min(grant.shown_generation, grant.generation) ELSE grant.generation END
        LEFT JOIN api_key AS previous
            ON previous.subscription_id = token.subscription_id AND previous.generation =
                CASE WHEN grant.previous_until_at > 0 THEN grant.generation - 1 END
        ORDER BY token.digest
        """

    private static let copy = """
        SELECT quote(id) || quote(access) || quote(plan_id) || quote(plan_version)
            || quote(CASE WHEN key_salt IS NOT NULL THEN generation END)
            || quote(shown_generation) || quote(key_salt) || quote(key_master_id)
            || quote(key_digest) || quote(key_last_four) || quote(key_created_at)
            || quote(key_shown_at) || quote(key_ended_at) || quote(previous_until_at)
            || quote(previous_last_four)
        FROM lookup_token ORDER BY digest
        """

    private static func texts(_ sql: String, _ database: Database) throws -> [String] {
        try database.read { try $0.query(sql) { try $0[0] } }
    }

    private static func expectTrue(_ store: SQLiteStore) throws -> Int {
        let (truth, copy) = (
            try texts(truth, store.database), try texts(copy, store.database)
        )
        #expect(copy == truth)
        return copy.count
    }

    /// A grant in some state.
    private static func grant(
        _ id: Subscription.ID,
        _ random: inout some RandomNumberGenerator
    ) -> Grant {
        let access = Access.allCases.randomElement(using: &random) ?? .none
        let generation = Int.random(in: 0...3, using: &random)
        var grant = Grant.make(id, access: access, generation: generation)
        grant.observed.shownGeneration = Int.random(in: 0...generation, using: &random)
        if Bool.random(using: &random) {
            let key = String(repeating: "k", count: 60) + String(1_000 + generation)
            grant.observed.adopted = .init(id: 5, name: "before", roleID: 6, key: key)
            grant.observed.closedGeneration = Bool.random(using: &random) ? -1 : 0
        }
        if Bool.random(using: &random) { grant.desired.overlap = .seconds(60) }
        if Bool.random(using: &random) {
            grant.observed.ending = .init(generation: generation - 1, at: .at(90))
        }
        return grant
    }

    private static func step(
        _ number: Int,
        _ tx: any StoreTransaction,
        _ random: inout some RandomNumberGenerator
    ) throws {
        let id: Subscription.ID = Bool.random(using: &random) ? .one : .two
        switch Int.random(in: 0..<6, using: &random) {
        case 0, 1: try tx.save(grant(id, &random))
        case 2:
            let generation = try tx.keys(id).count + 1
            guard generation < 5 else { return }
            let digest = UInt8(generation + (id == .one ? 0 : 10))
            try tx.insert(APIKey.make(id, generation: generation, digest: digest))
        case 3:
            guard var key = try tx.keys(id).randomElement(using: &random) else { return }
            if Bool.random(using: &random) { key.shownAt = .at(5) } else { key.endedAt = .at(6) }
            try tx.update(key)
        case 4:
            try tx.insert(LookupToken.make("token\(number)", digest: UInt8(number), for: id))
        default: try tx.revokeTokens(id, at: .at(9))
        }
    }

    @Test(arguments: UInt64(1)...20)
    func `after any writes a token's row says what the tables say`(_ seed: UInt64) async throws {
        let temporary = try TemporaryStore()
        try await temporary.seed(.one, .two)
        for number in 0..<40 {
            try await temporary.write { tx in
                var random = Steps(state: seed &* 1_000 &+ UInt64(number))
                try Self.step(number, tx, &random)
            }
            _ = try Self.expectTrue(temporary.store)
        }
    }

    @Test func `a database of before gets its copies when it is migrated`() async throws {
        let path = FileManager.default.temporaryDirectory
            .appendingPathComponent("lookup-\(UUID().uuidString).db").path
        let before = Schema.steps.filter { $0.version < 7 }
        let old = SQLiteStore(
            database: try Database(
                path: path,
                migrator: Migrator(
                    before.map { Migration(version: $0.version, name: $0.name, sql: $0.sql) },
                    now: { 0 }
                ),
                onFatal: { _ in }
            )
        )
        try await old.seed()
        // A row of that time lacks the columns that have come since.
        try await old.database.write { connection in
            for id in [Subscription.ID.one, .two] {
                try connection.run(
                    """
                    INSERT INTO subscription (
                        id, provider, mode, provider_id, customer_id, is_uncertain, created_at
                    ) VALUES (:id, 'stripe', 'test', :name, :customer, 0, 0)
                    """,
                    [
                        "id": .text(id.rawValue), "name": .text("sub_\(id)"),
                        "customer": .text(Customer.make().id.rawValue),
                    ]
                )
            }
        }
        try await old.write { tx in
            try tx.insert(APIKey.make())
            try tx.insert(LookupToken.make())
            try tx.insert(LookupToken.make("bare", digest: 8, for: .two))
        }
        // This program writes columns that a grant of then has not.
        try await old.database.write { connection in
            _ = try connection.run(
                """
                INSERT INTO grant (
                    subscription_id, access, reason, plan_id, plan_version, generation, changed_at,
                    failures, observed, shown_generation, is_unproved
                ) VALUES (:id, 'active', 'paid', 'pro', 1, 1, 0, 0, :observed, 1, 0)
                """,
                [
                    "id": Value(Subscription.ID.one),
                    "observed": try JSONColumn.text(ObservedGrant()),
                ]
            )
        }
        old.close()
        let store = try SQLiteStore(path: path, now: { .at(0) }, onFatal: { _ in })
        #expect(try Self.expectTrue(store) == 2)
        #expect(try store.lookup(tokenDigest: .digest(7))?.key == APIKey.make())
        #expect(try store.lookup(tokenDigest: .digest(8))?.generation == 0)
        store.close()
        for suffix in ["", "-wal", "-shm", ".before-\(Schema.steps.count)"] {
            _ = try? FileManager.default.removeItem(atPath: path + suffix)
        }
    }
}

/// SplitMix64.
private struct Steps: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return value ^ (value >> 31)
    }
}
