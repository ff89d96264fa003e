import Foundation
import Simulation
import Subscriptions
import Testing

/// Customers of before with an app of theirs.
struct ImportDeskTests {
    private static let key = String(repeating: "0a1B", count: 16)

    private func take(
        _ office: Office,
        app: Int? = 12,
        subscription: String = "sub_1",
        paidUntil: Date? = nil,
        _ named: NamedApp? = .fits(.init(id: 12, name: "Ada's", roleID: 3, key: key))
    ) throws -> ImportDesk.Outcome {
        try ImportDesk(access: office.access).take(
            ImportLine(
                number: 2,
                email: "ada@example.com",
                plan: Plan.ID("pro"),
                provider: .stripe,
                customer: "cus_1",
                subscription: subscription,
                paidUntil: paidUntil,
                app: app
            ),
            app: named,
            actor: "staff:root",
            in: office.tx,
            now: office.now
        )
    }

    private func rotate(_ office: Office, _ seconds: Int) throws -> RotationDesk.Outcome {
        try RotationDesk(access: office.access).rotate(
            try office.subscription().id,
            overlap: .seconds(seconds),
            reason: "asked for",
            actor: "subscriber",
            in: office.tx,
            now: office.now
        )
    }

    @Test func `with an app no key is made, whatever happens to access short of its end`() throws {
        let office = try Office(plans: .make())
        _ = try take(office)
        #expect(try office.grant().isAdopted && office.grant().desired.access == .active)
        #expect(try office.grant().nextAttemptAt == office.now)
        try office.hold(.suspended)
        #expect(try office.grant().priority == .revocation)
        try office.lift(.suspended)
        try office.deliver(.status(.active), occurredAt: day(1))
        try office.deliver(.paid(), occurredAt: day(1))
        #expect(try office.grant().desired.generation == 0)
        #expect(office.tx.tables.keys.isEmpty)
        let line = try #require(office.actions("subscription.imported").first)
        #expect(line.details == ["line": "2", "plan": "pro", "app": "12"])
        #expect(!office.tx.tables.audit.contains { String(reflecting: $0).contains(Self.key) })
    }

    @Test func `what has ended comes back with a key of ours`() throws {
        let office = try Office(plans: .make())
        _ = try take(office)
        try office.hold(.revoked)
        #expect(try office.grant().isUnproved && office.grant().priority == .revocation)
        #expect(try rotate(office, 0) == .refused(.noKey))
        try office.lift(.revoked)
        #expect(try office.grant().desired.generation == 1)
        // The app was not yet taken down, and is to be.
        #expect(try office.grant().isUnproved)
        #expect(office.tx.tables.keys.map(\.generation) == [1])
    }

    @Test func `its owner's word makes the first key, with a grace or without`() throws {
        for seconds in [3_600, 0] {
            let office = try Office(plans: .make())
            _ = try take(office)
            guard case .begun(let grant) = try rotate(office, seconds) else {
                Issue.record("not begun")
                return
            }
            #expect(grant.desired.generation == 1)
            #expect(grant.isUnproved == (seconds == 0))
            #expect(grant.visibleGeneration == (seconds == 0 ? 1 : 0))
            #expect(grant.tellsOfAdopted == (seconds > 0) && !grant.isShown)
        }
    }

    @Test func `the same line again is known; another app, or one for a known key, is refused`()
        throws
    {
        let office = try Office(plans: .make())
        _ = try take(office)
        let id = try office.subscription().id
        #expect(try take(office, nil) == .known(id))
        #expect(try take(office, app: nil, nil) == .known(id))
        #expect(throws: ImportRefusal.self) { try take(office, app: 13) }
        #expect(throws: ImportRefusal.self) { try take(office, subscription: "sub_2") }
        let other = NamedApp.fits(.init(id: 13, name: "copy", roleID: 3, key: Self.key))
        #expect(throws: ImportRefusal.self) {
            try take(office, app: 13, subscription: "sub_2", other)
        }
        #expect(office.tx.tables.subscriptions.count == 1)
        let signedUp = try Office(plans: .make())
        try signedUp.deliver(.status(.active))
        #expect(throws: ImportRefusal.self) { try take(signedUp) }
        #expect(try signedUp.grant().observed.adopted == nil)
    }

    @Test func `a refused app, or a paid time that is over, writes nothing`() throws {
        let office = try Office(plans: .make())
        #expect(throws: ImportRefusal(line: 2, "It sleeps.")) {
            try take(office, .refused("It sleeps."))
        }
        #expect(throws: ImportRefusal.self) { try take(office, nil) }
        #expect(throws: ImportRefusal.self) { try take(office, paidUntil: office.now) }
        #expect(office.tx.tables.subscriptions.isEmpty && office.tx.tables.customers.isEmpty)
        #expect(office.tx.tables.audit.allSatisfy { $0.action.hasPrefix("plan.") })
    }
}
