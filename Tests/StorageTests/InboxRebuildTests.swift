import Foundation
import Migrations
import SQLite
import Storage
import Subscriptions
import Testing

/// The inbox was built anew once, for cheaper CHECKs; nothing else of it may differ.
struct InboxRebuildTests {
    private static let indexes = """
        SELECT name || ' ' || sql FROM sqlite_schema
        WHERE tbl_name = 'inbox' AND type = 'index' AND sql IS NOT NULL ORDER BY name
        """

    private static func texts(_ sql: String, _ store: SQLiteStore) throws -> [String] {
        try store.database.read { try $0.query(sql) { try $0[0] } }
    }

    private static func events(_ store: SQLiteStore) async throws -> [InboxEvent] {
        try await store.read { try $0.events(state: nil, before: nil, limit: 10) }
    }

    @Test func `events of before are what they were, and are counted on`() async throws {
        let path = FileManager.default.temporaryDirectory
            .appendingPathComponent("inbox-\(UUID().uuidString).db").path
        defer {
            for suffix in ["", "-wal", "-shm", ".before-\(Schema.steps.count)"] {
                _ = try? FileManager.default.removeItem(atPath: path + suffix)
            }
        }
        let old = SQLiteStore(
            database: try Database(
                path: path,
                migrator: Migrator(
                    Schema.steps.filter { $0.version < 11 }.map {
                        Migration(version: $0.version, name: $0.name, sql: $0.sql)
                    },
                    now: { 0 }
                ),
                onFatal: { _ in }
            )
        )
        try await old.seed(.one)
        try await old.write { tx in
            for id in ["evt_1", "evt_2", "evt_3"] {
                _ = try tx.insert(.make(id), receivedAt: .at(1))
            }
            var (applied, parked) = (try tx.event(1), try tx.event(3))
            applied?.state = .applied
            applied?.subscriptionID = .one
            applied?.note = "paid"
            applied?.handledAt = .at(2)
            parked?.state = .parked
            parked?.need = Need(.unknownPrice, subject: "price_1", reason: "No plan has it.")
            for event in [applied, parked].compactMap(\.self) { try tx.update(event) }
        }
        let (events, indexes) = (
            try await Self.events(old), try Self.texts(Self.indexes, old)
        )
        old.close()
        let store = try SQLiteStore(path: path, now: { .at(0) }, onFatal: { _ in })
        #expect(events.count == 3)
        #expect(try await Self.events(store) == events)
        #expect(try Self.texts(Self.indexes, store) == indexes && indexes.count == 3)
        #expect(try Self.texts("PRAGMA integrity_check", store) == ["ok"])
        let (known, new) = try await store.write { tx in
            (
                try tx.insert(.make("evt_2"), receivedAt: .at(3)),
                try tx.insert(.make("evt_4"), receivedAt: .at(3))
            )
        }
        #expect(!known.isNew && known.number == 2)
        #expect(new.isNew && new.number == 4)
        store.close()
    }

    @Test(arguments: [
        "state = 'done'", "need_kind = 'other'", "need_kind = 'malformed'", "mode = 'dry'",
        "subscription_id = 'nobody'",
    ])
    func `what no program knows is refused as before`(_ change: String) async throws {
        let temporary = try TemporaryStore()
        let stored = try await temporary.store(.make(), receivedAt: .at(1))
        await #expect(throws: SQLiteError.self) {
            try await temporary.store.database.write { connection in
                try connection.run(
                    "UPDATE inbox SET \(change) WHERE number = \(stored.number)"
                )
            }
        }
        let changed = try await temporary.store.database.write { connection in
            try connection.run("UPDATE inbox SET state = 'unparsed', need_kind = NULL")
        }
        #expect(changed == 1)
    }
}
