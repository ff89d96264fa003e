import Simulation
import Subscriptions
import Testing

struct HoldDeskTests {
    private func makeActive() throws -> Office {
        let office = try Office(plans: .make())
        try office.deliver(.status(.active))
        return office
    }

    @Test func `no payment event lifts a revocation`() throws {
        let office = try makeActive()
        let grant = try office.hold(.revoked)
        #expect(grant.desired.access == .ended)
        #expect(grant.nextAttemptAt == start)
        let events: [PaymentEvent.Change] = [
            .paid(), .checkout(.paid), .status(.active), .status(.trialing), .status(.pastDue),
            .status(.active, periodEnd: day(90)), .paid(through: day(90)),
        ]
        for (number, change) in events.enumerated() {
            try office.deliver(change, occurredAt: day(Double(number + 1)))
            #expect(try office.grant().desired.access == .ended)
        }
        _ = try office.access.decideDue(in: office.tx, now: day(365), limit: 10)
        #expect(try office.grant().desired.access == .ended)
        #expect(office.tx.tables.keys.count == 1)
    }

    @Test func `restoring makes the next generation`() throws {
        let office = try makeActive()
        try office.hold(.revoked)
        let grant = try office.lift(.revoked)
        #expect(grant.desired.access == .active)
        #expect(grant.desired.generation == 2)
        #expect(office.tx.tables.keys.map(\.generation) == [1, 2])
        #expect(Set(office.tx.tables.keys.map(\.digest)).count == 2)
        try office.hold(.revoked)
        #expect(try office.lift(.revoked).desired.generation == 3)
    }

    @Test func `restoring while no money comes makes one key that sleeps`() throws {
        let office = try makeActive()
        try office.hold(.revoked)
        try office.deliver(.status(.unpaid), occurredAt: day(1))
        #expect(try office.lift(.revoked).desired.access == .suspended)
        try office.deliver(.status(.active), occurredAt: day(2))
        #expect(try office.grant().desired.generation == 2)
        #expect(office.tx.tables.keys.count == 2)
    }

    @Test func `restoring what has ended by money makes nothing`() throws {
        let office = try makeActive()
        try office.hold(.revoked)
        try office.deliver(.status(.canceled), occurredAt: day(1))
        #expect(try office.lift(.revoked).desired.access == .ended)
        #expect(office.tx.tables.keys.count == 1)
    }

    @Test func `a hold is placed once and audited with its reason`() throws {
        let office = try makeActive()
        try office.hold(.revoked)
        let first = try office.grant()
        #expect(try office.hold(.revoked) == first)
        #expect(office.tx.tables.holds.count == 1)
        try office.lift(.revoked)
        try office.lift(.revoked)
        let placed = try #require(office.actions("hold.placed").first)
        #expect(placed.details == ["kind": "revoked", "reason": "abuse"])
        #expect(placed.actor == "staff:root")
        #expect(office.actions("hold.placed").count == 1)
        #expect(office.actions("hold.lifted").count == 1)
    }

    @Test func `a suspension sleeps and wakes with the same key`() throws {
        let office = try makeActive()
        #expect(try office.hold(.suspended).desired.access == .suspended)
        try office.deliver(.paid())
        #expect(try office.grant().desired.access == .suspended)
        #expect(try office.lift(.suspended).desired.access == .active)
        #expect(try office.grant().desired.generation == 1)
    }

    @Test func `lifting one kind leaves the other`() throws {
        let office = try makeActive()
        try office.hold(.revoked)
        try office.hold(.suspended)
        #expect(try office.lift(.suspended).desired.access == .ended)
        try office.hold(.suspended)
        #expect(try office.lift(.revoked).desired.access == .suspended)
    }

    @Test func `a copy that was found earlier undoes no event`() throws {
        let office = try makeActive()
        let found = try office.subscription()
        try office.deliver(.status(.canceled), occurredAt: day(1))
        _ = try office.holds.place(
            .suspended,
            on: found,
            reason: "abuse",
            actor: "staff:root",
            in: office.tx,
            now: start
        )
        let lifted = try office.holds.lift(
            .suspended,
            on: found,
            reason: "settled",
            actor: "staff:root",
            in: office.tx,
            now: start
        )
        #expect(lifted.lifted == 1)
        #expect(lifted.grant.desired.access == .ended)
        #expect(try office.subscription().status == .canceled)
    }
}
