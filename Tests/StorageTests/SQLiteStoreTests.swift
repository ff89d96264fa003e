import Foundation
import SQLite
import Storage
import Subscriptions
import Testing

struct SQLiteStoreTests {
    @Test(arguments: [
        ("subscription", "status"), ("subscription", "checkout_payment"), ("inbox", "state"),
        ("grant", "access"), ("customer", "mode"),
    ])
    func `a word of a newer program is an error, not a crash`(
        _ table: String,
        _ column: String
    ) async throws {
        let store = try TemporaryStore()
        try await store.seed(.one)
        try await store.save(.make())
        _ = try await store.store(.make())
        try store.store.database.writeBlocking { connection in
            _ = try connection.first("PRAGMA ignore_check_constraints = ON") { _ in }
            try connection.run("UPDATE \(table) SET \(column) = 'novel'")
        }
        let error = await #expect(throws: SQLiteError.self) {
            try await store.read { reader in
                _ = try reader.subscription(.one)
                _ = try reader.pendingEvents(limit: 1)
                _ = try reader.events(state: nil, before: nil, limit: 1)
                _ = try reader.grant(.one)
                _ = try reader.customer(Customer.make().id)
            }
        }
        #expect(error?.message.contains("\"\(column)\" holds text, expected one of") == true)
    }

    @Test(arguments: ["{}", "[]", "{\"apps\":7}"])
    func `a state of the platform in another form is an error without its content`(
        _ json: String
    ) async throws {
        let store = try TemporaryStore()
        try await store.seed(.one)
        try await store.save(.make())
        try store.store.database.writeBlocking { connection in
            _ = try connection.run("UPDATE grant SET observed = ?", [.text(json)])
        }
        let error = await #expect(throws: SQLiteError.self) {
            try await store.read { _ = try $0.grant(.one) }
        }
        #expect(error?.message.contains("observed") == true)
    }

    @Test(arguments: ["{}", "", "{\"id\":\"pro\",\"secret\":1}"])
    func `a plan in another form is an error without its content`(_ json: String) async throws {
        let store = try TemporaryStore()
        try await store.seed()
        try store.store.database.writeBlocking { connection in
            _ = try connection.run("UPDATE plan_version SET definition = ?", [.text(json)])
        }
        let error = await #expect(throws: SQLiteError.self) {
            try await store.read { _ = try $0.latestPlans() }
        }
        #expect(
            error?.message
                == "column \"definition\" holds text, expected a plan; use the newer program"
        )
    }

    @Test(arguments: ["UPDATE inbox SET state = 'novel'", "UPDATE grant SET access = 'novel'"])
    func `the schema refuses unknown words`(_ sql: String) async throws {
        let store = try TemporaryStore()
        try await store.seed(.one)
        try await store.save(.make())
        _ = try await store.store(.make())
        let error = #expect(throws: SQLiteError.self) {
            try store.store.database.writeBlocking { _ = try $0.run(sql) }
        }
        #expect(error?.isConstraint == true)
    }

    @Test func `everything is there after closing and opening`() async throws {
        let store = try TemporaryStore()
        try await store.seed(.one)
        _ = try await store.store(.make())
        store.store.close()
        let again = try SQLiteStore(path: store.path, now: { .at(1) }, onFatal: { _ in })
        #expect(try await again.read { try $0.subscription(.one) } == .make())
        #expect(try await again.read { try $0.pendingEvents(limit: 9) }.count == 1)
        again.close()
    }

    @Test func `a closed store refuses a delivery`() async throws {
        let store = try TemporaryStore()
        store.store.close()
        await #expect(throws: DatabaseUnavailable.closed) {
            _ = try await store.store(.make())
        }
    }

    @Test func `a full disk refuses a delivery and goes on with what fits`() async throws {
        let store = try TemporaryStore()
        try store.store.database.writeBlocking { connection in
            let pages = try connection.first("PRAGMA page_count") { try $0[0] as Int } ?? 0
            _ = try connection.first("PRAGMA max_page_count = \(pages + 4)") { _ in }
        }
        let error = await #expect(throws: SQLiteError.self) {
            _ = try await store.store(.make(body: Array(repeating: 1, count: 100_000)))
        }
        #expect(error?.isDiskFull == true)
        #expect(try await store.store(.make()).isNew)
    }

    /// Every statement that runs for each event, grant or look-up, and the index it must use.
    @Test(arguments: [
        ("SELECT * FROM inbox WHERE state = 'pending' ORDER BY number LIMIT 9", "inbox_state"),
        (
            "SELECT * FROM inbox WHERE need_kind = 'refetch' AND state = 'parked' ORDER BY number",
            "inbox_need"
        ),
        (
            "SELECT * FROM subscription WHERE next_decision_at <= 1 ORDER BY next_decision_at",
            "subscription_decision"
        ),
        (
            "SELECT * FROM grant WHERE priority = 1 AND next_attempt_at <= 1 "
                + "ORDER BY next_attempt_at, rowid",
            "grant_due"
        ),
        (
            "SELECT min(next_attempt_at) FROM grant WHERE priority = 1 AND next_attempt_at > 1",
            "grant_due"
        ),
        ("SELECT * FROM grant WHERE is_unproved = 1 ORDER BY changed_at, rowid", "grant_unproved"),
        ("SELECT * FROM customer WHERE email = 'a'", "customer_email"),
        ("SELECT * FROM api_key WHERE last_four = 'a'", "api_key_last_four"),
        (
            "SELECT * FROM audit WHERE subscription_id = 'a' ORDER BY number DESC LIMIT 9",
            "audit_subscription"
        ),
    ])
    func `a frequent question is answered by its index, without sorting`(
        _ sql: String,
        _ index: String
    ) throws {
        let store = try TemporaryStore()
        let plan = try store.store.database.read { connection in
            try connection.query("EXPLAIN QUERY PLAN \(sql)") { try $0["detail"] as String }
        }
        #expect(plan.joined().contains(index))
        #expect(!plan.joined().contains("TEMP B-TREE"))
    }

    @Test func `times keep their milliseconds`() async throws {
        let store = try TemporaryStore()
        try await store.seed()
        let time = Date(timeIntervalSince1970: 1_799_999_999.987)
        try await store.write { try $0.save(Subscription.make { $0.nextDecisionAt = time }) }
        let read = try await store.read { try $0.subscription(.one) }?.nextDecisionAt
        #expect(abs(try #require(read).timeIntervalSince(time)) < 0.000_5)
        let due = try await store.read { try $0.subscriptions(decisionDueBy: time, limit: 1) }
        #expect(due.count == 1)
    }
}
