import Simulation
import Subscriptions
import Testing

import struct Foundation.Date

/// What becomes of a subscription in the parts of its life that a sign-up does not know.
struct LifeTests {
    @Test func `a deleted customer's subscriptions end, and older words change nothing`() throws {
        let office = try Office(plans: .make())
        try office.deliver(.status(.active))
        let deleted = CustomerSnapshot(id: "cus_1", email: nil, isDeleted: true)
        let event = try office.deliver(.customer(deleted), occurredAt: day(1))
        #expect(event.note == "the customer was deleted, which ended 1 subscriptions")
        #expect(try office.grant().desired.access == .ended)
        try office.deliver(.subscription(.make(.active, id: "sub_2")), occurredAt: day(0))
        let late = try #require(
            try office.tx.subscription(provider: .stripe, mode: .live, providerID: "sub_2")
        )
        #expect(late.status == .canceled)
        #expect(try office.tx.grant(late.id)?.desired.access == .ended)
    }

    @Test func `a refund ends access and a later payment brings a new key, said so`() throws {
        let office = try Office(plans: .make())
        try office.deliver(.status(.active))
        try office.deliver(.paid(through: day(30)))
        try office.deliver(.reversal(.make(.refund, .full, through: 30), of: "sub_1"))
        #expect(try office.grant().desired.access == .ended)
        let paid = Payment(
            subscriptionID: "sub_1",
            customerID: "cus_1",
            email: nil,
            succeeded: true,
            periods: ["price_pro": day(60)],
            periodEnd: day(60)
        )
        let event = try office.deliver(.payment(paid))
        #expect(try office.grant().desired.access == .active)
        #expect(try office.grant().desired.generation == 2)
        #expect(event.note?.contains("back after the end with a new key") == true)
        #expect(office.actions("access.changed").last?.details["return"] != nil)
    }

    @Test func `a dispute suspends the key and its end in our favour wakes the same one`() throws {
        let office = try Office(plans: .make())
        try office.deliver(.status(.active))
        try office.deliver(.reversal(.make(.dispute, .open, through: 30), of: "sub_1"))
        #expect(try office.grant().desired.access == .suspended)
        try office.deliver(.reversal(.make(.dispute, .won, through: 30), of: "sub_1"))
        #expect(try office.grant().desired.access == .active)
        #expect(office.tx.tables.keys.map(\.generation) == [1])
    }

    @Test func `a refund of an unknown subscription waits for it`() throws {
        let office = try Office(plans: .make())
        let event = try office.deliver(.reversal(.make(.refund, .full), of: "sub_9"))
        #expect(event.state == .parked)
        #expect(event.need?.kind == .refetch)
        #expect(event.need?.subject == "sub_9")
    }

    @Test(arguments: [PaymentEvent.Change.status(.active), .checkout(.paid), .paid()])
    func `money that went back before its subscription came is applied with it`(
        first: PaymentEvent.Change
    ) throws {
        let office = try Office(plans: .make())
        let refund = try office.deliver(
            .reversal(.make(.refund, .full, through: 30), of: "sub_1")
        )
        let other = try office.deliver(.reversal(.make(.refund, .full), of: "sub_9"))
        try office.deliver(first)
        #expect(try office.tx.event(refund.number)?.state == .pending)
        #expect(try office.tx.event(other.number)?.state == .parked)
        try office.work()
        try office.deliver(.status(.active))
        #expect(try office.tx.event(refund.number)?.state == .applied)
        #expect(try office.grant().desired.access == .ended)
    }

    @Test func `a warning of fraud is audited and changes nothing`() throws {
        let office = try Office(plans: .make())
        try office.deliver(.status(.active))
        let event = try office.deliver(.warning("The issuer fears fraud.", of: "sub_1"))
        #expect(event.state == .applied)
        #expect(office.actions("payment.warned").count == 1)
        #expect(try office.grant().desired.access == .active)
    }

    @Test func `a customer who comes back gets a grant of their own, said so`() throws {
        let office = try Office(plans: .make())
        try office.deliver(.status(.active))
        try office.deliver(.status(.canceled), occurredAt: day(1))
        let event = try office.deliver(
            .subscription(.make(.active, id: "sub_2")),
            occurredAt: day(2)
        )
        #expect(event.note?.contains("the customer is back after the end of sub_1") == true)
        #expect(try office.grant().desired.access == .ended)
        #expect(office.tx.tables.grants.count == 2)
    }

    @Test func `what can change nothing needs no known price`() throws {
        let office = try Office(plans: .make())
        try office.deliver(.status(.active), occurredAt: day(1))
        let stale = try office.deliver(.status(.active, price: "price_new"), occurredAt: day(0))
        #expect(stale.state == .ignored)
        try office.deliver(.status(.canceled), occurredAt: day(2))
        let dead = try office.deliver(.status(.active, price: "price_new"), occurredAt: day(3))
        #expect(dead.state == .ignored)
    }

    @Test func `a payment without a customer counts for a subscription that is known`() throws {
        let office = try Office(plans: .make())
        try office.deliver(.status(.active))
        let payment = Payment(
            subscriptionID: "sub_1",
            customerID: nil,
            email: nil,
            succeeded: true,
            periodEnd: day(30)
        )
        #expect(try office.deliver(.payment(payment)).state == .applied)
        #expect(try office.subscription().paidThrough == day(30))
    }

    @Test func `upgrade, downgrade, quantity and add-ons move the plan and keep the key`() throws {
        let max = Plan.make("max", prices: ["price_max"])
        let office = try Office(plans: .make(), max)
        try office.deliver(.status(.active), occurredAt: day(0))
        try office.deliver(.status(.active, price: "price_max"), occurredAt: day(1))
        #expect(try office.grant().desired.plan?.id == Plan.ID("max"))
        let items = [
            SubscriptionItem(price: "price_extra", quantity: 9, periodEnd: day(30)),
            SubscriptionItem(price: "price_pro", quantity: 5, periodEnd: day(60)),
        ]
        let snapshot = SubscriptionSnapshot(
            id: "sub_1",
            customerID: "cus_1",
            status: .active,
            items: items
        )
        try office.deliver(.subscription(snapshot), occurredAt: day(30))
        #expect(try office.grant().desired.plan?.id == Plan.ID("pro"))
        #expect(try office.subscription().quantity == 5)
        #expect(try office.subscription().periodEnd == day(60))
        #expect(office.tx.tables.keys.map(\.generation) == [1])
    }

    @Test func `every date ends or wakes access without a further event`() throws {
        let rows: [(PaymentEvent.Change, Double, Access)] = [
            (.status(.trialing, periodEnd: day(5)), 8, .suspended),
            (.status(.active, periodEnd: day(30)), 33, .suspended),
            (.status(.pastDue, periodEnd: day(30)), 3, .suspended),
            (.status(.active, cancelAt: day(7)), 7, .suspended),
            (.status(.active, cancelAt: day(7)), 10, .ended),
            (.subscription(.paused(.void, until: day(9))), 9, .active),
        ]
        for (change, moment, access) in rows {
            let office = try Office(plans: .make())
            try office.deliver(change)
            let before = try office.grant().desired.access
            var last = start
            while let next = try office.subscription().nextDecisionAt, next <= day(moment) {
                #expect(next > last)
                last = next
                office.now = next
                _ = try office.access.decideDue(in: office.tx, now: next, limit: 10)
            }
            #expect(last == day(moment))
            #expect(try office.grant().desired.access == access)
            #expect(before != access)
        }
    }
}

extension SubscriptionSnapshot {
    fileprivate static func paused(
        _ behavior: CollectionPause.Behavior,
        until resumesAt: Date
    ) -> SubscriptionSnapshot {
        SubscriptionSnapshot(
            id: "sub_1",
            customerID: "cus_1",
            status: .active,
            items: [SubscriptionItem(price: "price_pro", periodEnd: day(30))],
            pause: CollectionPause(behavior, resumesAt: resumesAt)
        )
    }
}
