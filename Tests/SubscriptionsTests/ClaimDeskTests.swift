import Digest
import Simulation
import Subscriptions
import Testing

import struct Foundation.Date

struct ClaimDeskTests {
    /// A paid checkout at the start whose key was shown after so many minutes.
    private func makeShown(after minutes: Double = 1) throws -> Office {
        let office = try makePaid()
        office.now = minute(minutes)
        try office.show()
        return office
    }

    private func makePaid() throws -> Office {
        let office = try Office(plans: .make())
        try office.deliver(.status(.active, periodEnd: day(365)))
        try office.deliver(.checkout(.paid))
        return office
    }

    private func token(_ outcome: ClaimOutcome) throws -> String {
        guard case .exchanged(let token, _) = outcome else {
            return try #require(nil, "\(outcome)")
        }
        return token
    }

    @Test func `a reference is exchanged once`() throws {
        let office = try makeShown()
        let token = try token(office.claim())
        #expect(token.wholeMatch(of: /tlk_[A-Za-z0-9_-]{43}/) != nil)
        let row = try #require(office.tx.tables.tokens.first)
        #expect(row.digest == SHA256.hash(token.utf8))
        #expect(row.revealedGeneration == 1)
        #expect(row.revokedAt == nil)
        let id = try office.subscription().id
        #expect(try office.claim() == .refusedAsUsed(id))
        #expect(try office.claim(idempotencyKey: "mine") == .refusedAsUsed(id))
        #expect(office.tx.tables.tokens.count == 1)
    }

    @Test func `the exchange and the reveal stand in the audit`() throws {
        let office = try makeShown()
        _ = try office.claim()
        let used = try #require(office.actions("claim.used").first)
        #expect(used.details == ["provider": "stripe"])
        #expect(used.actor == "subscriber")
        #expect(office.actions("key.revealed").first?.details == ["generation": "1"])
        try office.claims.noteUsedAgain(try office.subscription().id, in: office.tx, now: start)
        #expect(office.actions("claim.refused").count == 1)
    }

    @Test func `tries on a used reference are written down once a minute`() throws {
        let office = try makeShown()
        let id = try office.subscription().id
        _ = try office.claim()
        for seconds in [0.0, 1, 59, 61, 62, 122] {
            let now = start.addingTimeInterval(seconds)
            try office.claims.noteUsedAgain(id, in: office.tx, now: now)
        }
        let times = office.actions("claim.refused").map { $0.at.timeIntervalSince(start) }
        #expect(times == [0, 61, 122])
    }

    @Test func `the same idempotency key repeats the answer for ten minutes`() throws {
        let office = try makeShown()
        let first = try office.claim(idempotencyKey: "mine")
        office.now = minute(1 + 9.99)
        #expect(try office.claim(idempotencyKey: "mine") == first)
        let id = try office.subscription().id
        #expect(try office.claim(idempotencyKey: "theirs") == .refusedAsUsed(id))
        #expect(try office.claim() == .refusedAsUsed(id))
        office.now = minute(1 + 10)
        #expect(try office.claim(idempotencyKey: "mine") == .refusedAsUsed(id))
        #expect(office.tx.tables.tokens.count == 1)
        #expect(office.actions("claim.used").count == 1)
    }

    @Test func `an unknown or foreign reference is refused`() throws {
        let office = try makeShown()
        #expect(try office.claim("cs_2") == .refused)
        #expect(try office.claim("") == .refused)
        #expect(try office.claim(provider: .tollgate) == .refused)
        #expect(office.tx.tables.audit.allSatisfy { $0.actor != "subscriber" })
    }

    @Test func `a reference is over when its window is`() throws {
        let office = try makeShown(after: 0)
        office.now = minute(59.99)
        let look = try office.claims.look(
            provider: .stripe,
            reference: "cs_1",
            idempotencyKey: nil,
            in: office.tx,
            now: office.now
        )
        guard case .ready(_, let deadline, let generation) = look else {
            Issue.record("\(look)")
            return
        }
        #expect(deadline == minute(60))
        #expect(generation == 1)
        #expect(office.tx.tables.tokens.isEmpty)
        office.now = minute(60)
        #expect(try office.claim() == .refused)
    }

    @Test func `the window starts again when the key is first shown`() throws {
        let office = try makePaid()
        office.now = minute(300)
        #expect(try office.claim() == .preparing(try office.subscription().id))
        try office.show()
        office.now = minute(359.99)
        _ = try token(office.claim())
    }

    @Test func `the window that started again ends`() throws {
        let office = try makeShown(after: 300)
        office.now = minute(360)
        #expect(try office.claim() == .refused)
    }

    @Test func `an old reference stays over when a later key is shown`() throws {
        let office = try makeShown()
        office.now = day(90)
        try office.hold(.revoked)
        try office.lift(.revoked)
        #expect(try office.claim() == .refused)
        try office.show()
        #expect(try office.grant().isShown)
        #expect(try office.claim() == .refused)
    }

    @Test func `an old reference stays over while the key sleeps`() throws {
        let office = try makeShown()
        office.now = day(9)
        try office.deliver(.status(.unpaid), occurredAt: day(9))
        #expect(try office.claim() == .refused)
    }

    @Test func `a fresh reference waits while the key sleeps`() throws {
        let office = try makeShown()
        try office.hold(.suspended)
        let id = try office.subscription().id
        #expect(try office.claim() == .preparing(id))
        try office.lift(.suspended)
        _ = try token(office.claim())
    }

    @Test func `nothing is exchanged after the end`() throws {
        let office = try makeShown()
        try office.deliver(.status(.canceled), occurredAt: day(1))
        #expect(try office.claim() == .refused)
        #expect(office.tx.tables.tokens.isEmpty)
        let revoked = try makeShown()
        try revoked.hold(.revoked)
        #expect(try revoked.claim() == .refused)
    }

    @Test func `a repeated checkout event does not open a used reference again`() throws {
        let office = try makeShown()
        _ = try office.claim()
        try office.deliver(.checkout(.paid))
        #expect(try office.claim() == .refusedAsUsed(try office.subscription().id))
        #expect(office.tx.tables.claims.count == 1)
    }

    private func create(_ office: Office) throws -> (reference: String, expiresAt: Date) {
        try office.claims.create(
            for: try office.subscription().id,
            actor: "staff:root",
            in: office.tx,
            now: office.now
        )
    }

    @Test func `a reference that staff make ends the older tokens and references`() throws {
        let office = try makeShown()
        _ = try office.claim()
        try office.deliver(.checkout(.paid, reference: "cs_2"))
        office.now = minute(2)
        let made = try create(office)
        #expect(made.expiresAt == minute(62))
        #expect(office.tx.tables.tokens.map(\.revokedAt) == [minute(2)])
        // Its key is young, so the window of the older reference would still be open.
        #expect(try office.claim("cs_2") == .refused)
        _ = try token(office.claim(made.reference, provider: .tollgate))
        #expect(office.tx.tables.tokens.map(\.revokedAt) == [minute(2), nil])
        #expect(office.actions("claim.created").first?.actor == "staff:root")
        let stored = String(reflecting: office.tx.tables.claims)
        #expect(!stored.contains(made.reference))
    }

    @Test func `a second reference of staff ends the first`() throws {
        let office = try makeShown()
        let first = try create(office)
        let second = try create(office)
        #expect(first.reference != second.reference)
        try office.hold(.suspended)
        #expect(try office.claim(first.reference, provider: .tollgate) == .refused)
        let id = try office.subscription().id
        #expect(try office.claim(second.reference, provider: .tollgate) == .preparing(id))
        try office.lift(.suspended)
        #expect(try office.claim(first.reference, provider: .tollgate) == .refused)
        _ = try token(office.claim(second.reference, provider: .tollgate))
    }

    @Test func `a reference that staff make for the next key waits for it`() throws {
        let office = try makeShown()
        office.now = day(90)
        try office.hold(.revoked)
        try office.lift(.revoked)
        var old = try #require(office.tx.tables.keys.first)
        old.endedAt = day(90)
        try office.tx.update(old)
        let made = try create(office)
        office.now = day(91)
        let id = try office.subscription().id
        #expect(try office.claim(made.reference, provider: .tollgate) == .preparing(id))
        try office.show()
        _ = try token(office.claim(made.reference, provider: .tollgate))
        #expect(office.tx.tables.tokens.map(\.revealedGeneration) == [2])
    }

    @Test func `of two tries at once one gets the token`() async throws {
        let store = MemoryStore()
        let office = try makeShown()
        let tables = office.tx.tables
        try await store.write { tx in
            for version in tables.versions { try tx.insert(version) }
            for customer in tables.customers.values { try tx.save(customer) }
            for subscription in tables.subscriptions.values { try tx.save(subscription) }
            for grant in tables.grants.values { try tx.save(grant) }
            for key in tables.keys { try tx.insert(key) }
            for claim in tables.claims { try tx.insert(claim) }
        }
        let desk = office.claims
        let outcomes = try await withThrowingTaskGroup(of: ClaimOutcome.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    try await store.write { tx in
                        try desk.claim(
                            provider: .stripe,
                            reference: "cs_1",
                            idempotencyKey: nil,
                            in: tx,
                            now: minute(2)
                        )
                    }
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        let exchanged = outcomes.filter {
            if case .exchanged = $0 { true } else { false }
        }
        #expect(exchanged.count == 1)
    }
}
