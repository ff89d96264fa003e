import Simulation
import Subscriptions
import Testing

struct RotationDeskTests {
    private func makeShown() throws -> Office {
        let office = try Office(plans: .make())
        try office.deliver(.status(.active))
        try office.show()
        return office
    }

    private func rotate(_ office: Office, _ seconds: Int) throws -> RotationDesk.Outcome {
        try RotationDesk(access: office.access).rotate(
            try office.subscription().id,
            overlap: .seconds(seconds),
            reason: "leaked",
            actor: "staff:root",
            in: office.tx,
            now: office.now
        )
    }

    @Test func `a rotation makes the next generation and is audited`() throws {
        let office = try makeShown()
        guard case .begun(let grant) = try rotate(office, 3_600) else {
            Issue.record("not begun")
            return
        }
        #expect(grant.desired.generation == 2)
        #expect(grant.desired.overlap == .seconds(3_600))
        #expect(grant.visibleGeneration == 1 && grant.isShown)
        #expect(!grant.isUnproved)
        #expect(office.tx.tables.keys.map(\.generation) == [1, 2])
        let line = try #require(office.actions("key.rotated").first)
        #expect(line.details == ["generation": "2", "grace": "1h", "reason": "leaked"])
    }

    @Test func `a second rotation never ends a key that was promised to live`() throws {
        let office = try makeShown()
        _ = try rotate(office, 3_600)
        guard case .pending(let grant) = try rotate(office, 3_600) else {
            Issue.record("not pending")
            return
        }
        #expect(grant.desired.generation == 2)
        try office.show()
        var shown = try office.grant()
        shown.observed.ending = .init(generation: 1, at: day(1))
        try office.tx.save(shown)
        #expect(try rotate(office, 60) == .refused(.previousLives(until: day(1))))
        office.now = day(1)
        guard case .begun = try rotate(office, 60) else {
            Issue.record("not begun")
            return
        }
    }

    @Test func `at once ends what an earlier rotation has left`() throws {
        let office = try makeShown()
        _ = try rotate(office, 3_600)
        guard case .begun(let grant) = try rotate(office, 0) else {
            Issue.record("not begun")
            return
        }
        // The new key was not shown to anybody, so it need not be replaced.
        #expect(grant.desired.generation == 2)
        #expect(grant.desired.overlap == nil)
        #expect(grant.isUnproved && !grant.isShown)
        #expect(grant.priority == .revocation)
        guard case .pending = try rotate(office, 0) else {
            Issue.record("not pending")
            return
        }
    }

    @Test func `a key that sleeps can only be replaced at once`() throws {
        let office = try makeShown()
        try office.hold(.suspended)
        #expect(try rotate(office, 60) == .refused(.notActive))
        guard case .begun = try rotate(office, 0) else {
            Issue.record("not begun")
            return
        }
        #expect(try office.lift(.suspended).desired.generation == 2)
    }

    @Test func `without a key there is nothing to rotate`() throws {
        let office = try Office(plans: .make())
        try office.deliver(.status(.incomplete))
        #expect(try rotate(office, 0) == .refused(.noKey))
        try office.deliver(.status(.active), occurredAt: day(1))
        try office.hold(.revoked)
        #expect(try rotate(office, 0) == .refused(.noKey))
    }

    @Test func `an event keeps the grace of a rotation, an end and a return do not`() throws {
        let office = try makeShown()
        _ = try rotate(office, 3_600)
        try office.deliver(.status(.pastDue), occurredAt: day(1))
        #expect(try office.grant().desired.overlap == .seconds(3_600))
        try office.hold(.revoked)
        #expect(try office.lift(.revoked).desired.overlap == nil)
        #expect(try office.grant().desired.generation == 3)
    }
}
