import Simulation
import Subscriptions
import Testing

import struct Foundation.Date

struct EventDeskTests {
    @Test func `a sign-up in any order gives the same grant and one key`() throws {
        let history: [PaymentEvent.Change] = [
            .status(.incomplete), .status(.active), .paid(), .checkout(.pending), .checkout(.paid),
        ]
        var desired: Set<DesiredGrant> = []
        for order in permutations(history) {
            let office = try Office(plans: .make())
            for change in order { try office.deliver(change) }
            desired.insert(try office.grant().desired)
            #expect(office.tx.tables.keys.map(\.generation) == [1])
            #expect(office.tx.tables.claims.count == 1)
            #expect(try office.tx.pendingEvents(limit: 1).isEmpty)
        }
        let grant = try #require(desired.first)
        #expect(desired.count == 1)
        #expect(grant.access == .active)
        #expect(grant.generation == 1)
        #expect(grant.plan == Plan.Reference(id: Plan.ID("pro"), version: 1))
    }

    @Test func `a life in any order with repetitions ends the same`() throws {
        let history: [(PaymentEvent.Change, Date)] = [
            (.status(.active), day(0)), (.paid(), day(0)),
            (.status(.pastDue, periodEnd: day(60)), day(30)), (.paymentFailed, day(30)),
            (.status(.canceled), day(40)),
        ]
        var access: Set<Access> = []
        for order in permutations(history) {
            let office = try Office(plans: .make())
            for (change, occurredAt) in order + order {
                try office.deliver(change, occurredAt: occurredAt)
            }
            access.insert(try office.grant().desired.access)
            #expect(office.tx.tables.keys.count <= 1)
        }
        #expect(access == [.ended])
    }

    @Test func `an applied event is marked and never applied again`() throws {
        let office = try Office(plans: .make())
        let event = try office.deliver(.status(.active))
        #expect(event.state == .applied)
        #expect(event.handledAt == start)
        #expect(event.subscriptionID == (try office.subscription().id))
        #expect(event.note == "status active; access active: the subscription is active")
        #expect(try office.tx.event(event.number) == event)
        let again = try office.events.handle(
            event,
            .ignored("late"),
            in: office.tx,
            now: day(1)
        )
        #expect(again == nil)
        #expect(try office.tx.event(event.number) == event)
    }

    @Test func `an event that says nothing new is ignored with a reason`() throws {
        let office = try Office(plans: .make())
        try office.deliver(.status(.active), occurredAt: day(1))
        let older = try office.deliver(.status(.unpaid), occurredAt: day(0))
        #expect(older.state == .ignored)
        #expect(older.note?.contains("older") == true)
        #expect(try office.deliver(.paymentFailed).state == .ignored)
        #expect(try office.grant().desired.access == .active)
    }

    @Test func `only what may change an answer or a grant is heard of`() throws {
        let office = try Office(plans: .make())
        try office.deliver(.status(.active), occurredAt: day(0))
        #expect(office.isHeard)
        try office.deliver(.status(.active), occurredAt: day(1))
        #expect(!office.isHeard)
        try office.deliver(.status(.active), occurredAt: day(0))
        #expect(!office.isHeard)
        try office.deliver(.ignored("of no interest"), id: "evt_ignored")
        #expect(!office.isHeard)
        try office.deliver(.status(.unpaid), occurredAt: day(2))
        #expect(office.isHeard)
        let snapshot = SubscriptionSnapshot.make(.unpaid, order: "7")
        try office.deliver(.subscription(snapshot), occurredAt: day(3))
        // It may be claimed by its order from now on.
        #expect(office.isHeard)
        try office.deliver(.subscription(snapshot), occurredAt: day(4))
        #expect(!office.isHeard)
    }

    @Test func `what the adapter ignores or parks is marked so and touches nothing`() throws {
        let office = try Office(plans: .make())
        let ignored = try office.deliver(.ignored("not ours"), id: "evt_a")
        #expect(ignored.state == .ignored && ignored.note == "not ours")
        let need = Need(.unknownStatus, reason: "The status is new.")
        let parked = try office.deliver(.parked(need), id: "evt_b")
        #expect(parked.state == .parked && parked.need == need)
        #expect(office.tx.tables.subscriptions.isEmpty)
    }

    @Test(arguments: [Mode.live, .test])
    func `the other mode's event is parked and touches nothing`(_ mode: Mode) throws {
        let office = try Office(mode: mode, plans: .make())
        let other: Mode = mode == .live ? .test : .live
        let event = try office.deliver(.status(.active), mode: other)
        #expect(event.state == .parked)
        #expect(event.need?.kind == .otherMode)
        #expect(office.tx.tables.customers.isEmpty)
        #expect(office.tx.tables.grants.isEmpty)
        try office.apply(.make())
        #expect(try office.tx.event(event.number)?.state == .parked)
    }

    @Test func `an unknown price parks until a catalogue has it`() throws {
        let office = try Office(plans: .make())
        let event = try office.deliver(.status(.active, price: "price_new"))
        #expect(event.state == .parked)
        #expect(event.need?.kind == .unknownPrice)
        #expect(office.tx.tables.subscriptions.isEmpty)
        #expect(try office.apply(.make(), .make("x", prices: ["price_x"])).returning.isEmpty)
        let change = try office.apply(.make(), .make("new", prices: ["price_new"]))
        #expect(change.returning == [event.number])
        #expect(try office.tx.event(event.number)?.state == .pending)
        try office.work()
        #expect(try office.tx.event(event.number)?.state == .applied)
        #expect(try office.tx.event(event.number)?.need == nil)
        #expect(try office.grant().desired.access == .active)
        #expect(try office.subscription().plan?.id == Plan.ID("new"))
    }

    @Test func `an ambiguous event parks until one plan is left`() throws {
        let basic = Plan.make("basic", prices: ["price_basic"])
        let office = try Office(plans: .make(), basic)
        let snapshot = SubscriptionSnapshot(
            id: "sub_1",
            customerID: "cus_1",
            status: .active,
            items: ["price_pro", "price_basic"].map { SubscriptionItem(price: $0) }
        )
        let event = try office.deliver(.subscription(snapshot))
        #expect(event.need?.kind == .ambiguous)
        #expect(try office.apply(.make(), basic).returning.isEmpty)
        #expect(try office.apply(.make()).returning == [event.number])
        try office.work()
        #expect(try office.subscription().plan?.id == Plan.ID("pro"))
    }

    @Test(arguments: [.unpaid, .paused, .canceled] as [SubscriptionStatus])
    func `a loss needs no known price`(_ status: SubscriptionStatus) throws {
        let office = try Office(plans: .make())
        try office.deliver(.status(.active))
        let loss = try office.deliver(.status(status, price: "price_new"), occurredAt: day(1))
        #expect(loss.state == .applied)
        #expect(try office.grant().desired.access != .active)
    }

    @Test func `a returning old event does not undo what came since`() throws {
        let office = try Office(plans: .make())
        let parked = try office.deliver(.status(.active, price: "price_new"))
        try office.deliver(.status(.canceled), occurredAt: day(1))
        try office.apply(.make(), .make("new", prices: ["price_new"]))
        try office.work()
        #expect(try office.tx.event(parked.number)?.state == .ignored)
        #expect(try office.grant().desired.access == .ended)
    }

    @Test func `another subscription's end touches no other`() throws {
        let office = try Office(plans: .make())
        try office.deliver(.status(.active))
        try office.deliver(.subscription(.make(.canceled, id: "sub_2")), occurredAt: day(1))
        #expect(try office.grant().desired.access == .active)
        #expect(office.tx.tables.customers.count == 1)
        #expect(office.tx.tables.subscriptions.count == 2)
    }

    @Test func `slow money gives a reference at once and a key when it comes`() throws {
        let office = try Office(plans: .make())
        try office.deliver(.status(.active))
        try office.deliver(.checkout(.pending))
        #expect(try office.grant().desired.access == .none)
        #expect(try office.claim() == .preparing(try office.subscription().id))
        try office.deliver(.checkout(.paid), occurredAt: day(3))
        #expect(try office.grant().desired.access == .active)
        #expect(office.tx.tables.keys.count == 1)
    }

    @Test func `a customer is known by the newest address they gave`() throws {
        let office = try Office(plans: .make())
        try office.deliver(.checkout(.paid))
        #expect(office.tx.tables.customers.values.map(\.email) == ["ada@example.com"])
        let snapshot = CustomerSnapshot(id: "cus_1", email: "ada@lovelace.example")
        try office.deliver(.customer(snapshot))
        try office.deliver(.customer(CustomerSnapshot(id: "cus_1", email: nil)))
        try office.deliver(.checkout(.paid, reference: "cs_2"))
        #expect(office.tx.tables.customers.values.map(\.email) == ["ada@lovelace.example"])
    }

    @Test func `a payment without a customer waits for its subscription and comes with it`() throws
    {
        let office = try Office(plans: .make())
        let payment = Payment(
            subscriptionID: "sub_1",
            customerID: nil,
            email: nil,
            succeeded: true,
            periodEnd: day(30)
        )
        let event = try office.deliver(.payment(payment))
        #expect(event.need?.kind == .refetch && event.need?.subject == "sub_1")
        #expect(office.tx.tables.subscriptions.isEmpty)
        try office.deliver(.status(.active))
        try office.work()
        #expect(try office.tx.event(event.number)?.state == .applied)
        #expect(try office.subscription().paidThrough == day(30))
    }
}
