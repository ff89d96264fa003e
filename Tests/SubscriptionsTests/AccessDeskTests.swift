import Simulation
import Subscriptions
import Testing

struct AccessDeskTests {
    @Test func `every change of access has a line in the audit`() throws {
        let office = try Office(plans: .make())
        try office.deliver(.status(.incomplete))
        try office.deliver(.status(.active), occurredAt: day(1))
        try office.deliver(.paid(), occurredAt: day(1))
        try office.hold(.suspended)
        try office.lift(.suspended)
        try office.deliver(.status(.canceled), occurredAt: day(2))
        let lines = office.actions("access.changed")
        #expect(
            lines.map { "\($0.actor): \($0.details["from"] ?? "") \($0.details["to"] ?? "")" } == [
                "provider:stripe: none active", "staff:root: active suspended",
                "staff:root: suspended active", "provider:stripe: active ended",
            ]
        )
        #expect(lines.allSatisfy { $0.details["generation"] == "1" && $0.at == start })
        #expect(lines.allSatisfy { $0.details["reason"]?.isEmpty == false })
    }

    @Test func `no line of the audit holds a key or a token`() throws {
        let office = try Office(plans: .make())
        try office.deliver(.status(.active))
        try office.deliver(.checkout(.paid))
        try office.show()
        guard case .exchanged(let token, _) = try office.claim() else {
            Issue.record("the claim was not exchanged")
            return
        }
        let key = try #require(office.tx.tables.keys.first)
        let text = try office.access.keyRing.text(of: key, mode: .live)
        let audit = office.tx.tables.audit.map { String(reflecting: $0) }.joined()
        #expect(!audit.contains(text))
        #expect(!audit.contains(token))
        #expect(!audit.contains("cs_1"))
    }

    @Test func `an end and a return make the next generation, once each`() throws {
        let office = try Office(plans: .make())
        try office.deliver(.status(.active, cancelAt: day(10)))
        office.now = day(10)
        #expect(try office.access.decideDue(in: office.tx, now: office.now, limit: 10) == 1)
        #expect(try office.grant().desired.access == .suspended)
        office.now = day(13)
        #expect(try office.access.decideDue(in: office.tx, now: office.now, limit: 10) == 1)
        #expect(try office.grant().desired.access == .ended)
        #expect(try office.grant().desired.generation == 1)
        // The word that took the schedule back comes late.
        office.now = day(14)
        try office.deliver(.status(.active), occurredAt: day(9))
        #expect(try office.grant().desired.access == .active)
        #expect(try office.grant().desired.generation == 2)
        try office.deliver(.paid())
        #expect(office.tx.tables.keys.map(\.generation) == [1, 2])
    }

    @Test func `sleeping and waking keep the key`() throws {
        let office = try Office(plans: .make())
        try office.deliver(.status(.active))
        try office.deliver(.status(.unpaid), occurredAt: day(1))
        try office.deliver(.status(.active), occurredAt: day(2))
        #expect(try office.grant().desired.generation == 1)
        #expect(office.tx.tables.keys.count == 1)
    }

    @Test func `no key is made before money came`() throws {
        let office = try Office(plans: .make())
        try office.deliver(.status(.incomplete))
        try office.deliver(.status(.incompleteExpired), occurredAt: day(1))
        #expect(office.tx.tables.keys.isEmpty)
        #expect(try office.grant().desired.generation == 0)
        #expect(try office.grant().nextAttemptAt == nil)
    }

    @Test func `the clock alone moves access along its dates`() throws {
        let office = try Office(plans: .make())
        try office.deliver(.status(.active))
        #expect(try office.subscription().nextDecisionAt == day(33))
        #expect(try office.access.decideDue(in: office.tx, now: day(32.9), limit: 10) == 0)
        #expect(try office.access.decideDue(in: office.tx, now: day(33), limit: 10) == 1)
        #expect(try office.grant().desired.access == .suspended)
        #expect(try office.access.decideDue(in: office.tx, now: day(1_000), limit: 10) == 0)
        #expect(office.actions("access.changed").last?.actor == "clock")
    }

    @Test func `what is due is decided a page at a time`() throws {
        let office = try Office(plans: .make())
        for number in 1...5 {
            try office.deliver(.subscription(.make(.active, id: "sub_\(number)")))
        }
        let counts = try (0..<4).map { _ in
            try office.access.decideDue(in: office.tx, now: day(40), limit: 2)
        }
        #expect(counts == [2, 2, 1, 0])
    }

    @Test func `work is due at once when something changes and not otherwise`() throws {
        let office = try Office(plans: .make())
        try office.deliver(.status(.active))
        #expect(try office.grant().nextAttemptAt == start)
        var grant = try office.grant()
        grant.nextAttemptAt = nil
        grant.failures = 3
        try office.tx.save(grant)
        office.now = day(1)
        try office.deliver(.status(.active, periodEnd: day(31)), occurredAt: day(1))
        #expect(try office.grant().nextAttemptAt == nil)
        office.now = day(2)
        try office.deliver(.status(.unpaid), occurredAt: day(2))
        #expect(try office.grant().nextAttemptAt == day(2))
        #expect(try office.grant().changedAt == day(2))
        #expect(try office.grant().failures == 0)
    }

    @Test func `an upgrade moves the grant and says so`() throws {
        let office = try Office(plans: .make(), .make("big", prices: ["price_big"]))
        try office.deliver(.status(.active))
        try office.deliver(.status(.active, price: "price_big"), occurredAt: day(1))
        #expect(try office.grant().desired.plan?.id == Plan.ID("big"))
        #expect(try office.grant().desired.generation == 1)
        let line = try #require(office.actions("subscription.moved").first)
        #expect(line.details == ["from": "pro@1", "to": "big@1"])
        #expect(line.actor == "provider:stripe")
    }
}
