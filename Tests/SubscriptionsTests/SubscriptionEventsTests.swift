import Subscriptions
import Testing

import struct Foundation.Date

struct SubscriptionEventsTests {
    private func apply(
        _ snapshot: SubscriptionSnapshot,
        at occurredAt: Date,
        to subscription: Subscription
    ) -> EventEffect {
        let match = PlanMatch.find(
            snapshot.items,
            provider: .stripe,
            current: nil,
            price: nil,
            latest: [.make(.make())]
        )
        return subscription.applying(snapshot, occurredAt: occurredAt, plan: try? match.get())
    }

    private func make(_ statuses: (SubscriptionStatus, Date)...) -> Subscription {
        statuses.reduce(Subscription.make()) { subscription, step in
            apply(.make(step.0), at: step.1, to: subscription).subscription
        }
    }

    @Test(arguments: [.canceled, .incompleteExpired] as [SubscriptionStatus])
    func `a final status never revives`(_ final: SubscriptionStatus) {
        let ended = make((.active, day(0)), (final, day(1)))
        #expect(ended.endedAt == day(1))
        for status in SubscriptionStatus.allCases {
            let effect = apply(.make(status), at: day(2), to: ended)
            #expect(effect.subscription == ended)
            #expect(!effect.isNews)
        }
    }

    @Test(arguments: SubscriptionStatus.allCases.filter { !$0.isFinal && $0 != .pastDue })
    func `a strictly older event changes nothing`(_ status: SubscriptionStatus) {
        let known = make((.pastDue, day(1)))
        let effect = apply(.make(status, cancelAt: day(9)), at: day(0.999), to: known)
        #expect(effect.subscription == known)
        #expect(!effect.isNews)
    }

    @Test(arguments: [.canceled, .incompleteExpired] as [SubscriptionStatus])
    func `an end is the last word whenever it is heard`(_ final: SubscriptionStatus) {
        let known = make((.active, day(1)))
        let ended = apply(.make(final), at: day(0), to: known).subscription
        #expect(ended.status == final)
        #expect(ended.statusAt == day(1))
    }

    @Test func `a failure begins with its earliest word, in whatever order they come`() {
        #expect(make((.pastDue, day(2)), (.pastDue, day(1))).pastDueSince == day(1))
        #expect(make((.pastDue, day(1)), (.pastDue, day(2))).pastDueSince == day(1))
        let recovered = make((.pastDue, day(1)), (.active, day(2)), (.pastDue, day(4)))
        let late = apply(.make(.pastDue), at: day(1.5), to: recovered).subscription
        #expect(late.pastDueSince == day(4))
    }

    @Test func `a fetched snapshot needs no order and never goes back behind a newer one`() throws {
        let match = try PlanMatch.find(
            [SubscriptionItem(price: "price_pro", periodEnd: day(30))],
            provider: .stripe,
            current: nil,
            price: nil,
            latest: [.make(.make())]
        ).get()
        let told = make((.unpaid, day(5)))
        let fetched = told.applying(.make(.active), fetchedAt: day(4), plan: match).subscription
        #expect(fetched.status == .active)
        let older = fetched.applying(.make(.pastDue), fetchedAt: day(3), plan: match)
        #expect(older.subscription == fetched)
        #expect(!older.isNews)
        let same = fetched.applying(.make(.active), fetchedAt: day(6), plan: match)
        #expect(!same.isNews)
        let ended = fetched.applying(.make(.canceled), fetchedAt: day(7), plan: nil).subscription
        let revived = ended.applying(.make(.active), fetchedAt: day(8), plan: match)
        #expect(revived.subscription.status == .canceled)
    }

    @Test func `a payment counts for the price it names`() {
        let payment = Payment(
            subscriptionID: "sub_1",
            customerID: "cus_1",
            email: nil,
            succeeded: true,
            periods: ["price_pro": day(365), "price_extra": day(30)],
            periodEnd: day(30)
        )
        let known = make((.active, day(0))).applying(payment).subscription
        #expect(known.paidThrough == day(365))
        let early = Subscription.make().applying(payment).subscription
        #expect(early.paidThrough == day(30))
        #expect(apply(.make(.active), at: day(0), to: early).subscription.paidThrough == day(365))
    }

    @Test func `within one second the later arrival decides`() {
        #expect(make((.unpaid, day(0)), (.active, day(0))).status == .active)
        #expect(make((.active, day(0)), (.unpaid, day(0))).status == .unpaid)
        #expect(make((.canceled, day(0)), (.active, day(0))).status == .canceled)
    }

    @Test(arguments: SubscriptionStatus.allCases.filter { $0 != .incomplete })
    func `incomplete never follows another status`(_ status: SubscriptionStatus) {
        #expect(make((status, day(0)), (.incomplete, day(0))).status == status)
        #expect(make((status, day(0)), (.incomplete, day(1))).status == status)
    }

    @Test(arguments: SubscriptionStatus.allCases.filter { $0 != .active && $0 != .incomplete })
    func `a loss that a tie decided is uncertain until a later second`(
        _ status: SubscriptionStatus
    ) {
        let tied = make((.active, day(0)), (status, day(0)))
        #expect(tied.isUncertain == (status.losesAccess && !status.isFinal))
        #expect(!make((.active, day(0)), (status, day(1))).isUncertain)
        #expect(!make((status, day(0))).isUncertain)
        let again = apply(.make(status, cancelAt: day(9)), at: day(0), to: tied).subscription
        #expect(again.isUncertain == (status.losesAccess && !status.isFinal))
        guard !status.isFinal else { return }
        #expect(!apply(.make(status), at: day(1), to: tied).subscription.isUncertain)
        #expect(!apply(.make(.active), at: day(0), to: tied).subscription.isUncertain)
    }

    @Test func `past due keeps its first date until it is over`() {
        let late = make((.active, day(0)), (.pastDue, day(1)), (.pastDue, day(2)))
        #expect(late.pastDueSince == day(1))
        let paid = apply(.make(.active), at: day(3), to: late).subscription
        #expect(paid.pastDueSince == nil)
        let lateAgain = apply(.make(.pastDue), at: day(4), to: paid).subscription
        #expect(lateAgain.pastDueSince == day(4))
    }

    @Test func `a snapshot without a plan keeps the plan and the period`() {
        let known = make((.active, day(0)))
        let next = known.applying(.make(.unpaid), occurredAt: day(1), plan: nil).subscription
        #expect(next.status == .unpaid)
        #expect(next.plan == known.plan)
        #expect(next.price == "price_pro")
        #expect(next.periodEnd == day(30))
    }

    @Test func `a repeated snapshot is no news`() {
        let known = make((.active, day(0)))
        #expect(!apply(.make(.active), at: day(0), to: known).isNews)
    }

    @Test(arguments: [.paid, .pending, .failed] as [CheckoutPayment])
    func `money that has come stays`(_ later: CheckoutPayment) {
        let paid = Subscription.make { $0.checkoutPayment = .paid }
        let effect = paid.applying(checkout(later))
        #expect(effect.subscription == paid)
        #expect(!effect.isNews)
    }

    @Test func `slow money comes or fails`() {
        let pending = Subscription.make().applying(checkout(.pending)).subscription
        #expect(pending.checkoutPayment == .pending)
        #expect(pending.applying(checkout(.failed)).subscription.checkoutPayment == .failed)
        #expect(pending.applying(checkout(.paid)).subscription.checkoutPayment == .paid)
        #expect(pending.applying(payment(true)).subscription.checkoutPayment == .paid)
    }

    @Test func `a checkout that says what its money pays is that payment too`() {
        let money = payment(true, through: day(30))
        let effect = Subscription.make().applying(checkout(.paid, settled: money))
        #expect(effect.subscription == Subscription.make().applying(money).subscription)
        #expect(effect.subscription.checkoutPayment == .paid)
        #expect(effect.subscription.paidThrough == day(30))
        #expect(!effect.subscription.applying(checkout(.paid, settled: money)).isNews)
    }

    private func active(from start: Date, to end: Date) -> SubscriptionSnapshot {
        SubscriptionSnapshot(
            id: "sub_1",
            customerID: "cus_1",
            status: .active,
            items: [SubscriptionItem(price: "price_pro", periodStart: start, periodEnd: end)]
        )
    }

    private func access(_ subscription: Subscription, on date: Date) -> Access {
        Access.decide(subscription, plan: .make(), holds: [], now: date).access
    }

    @Test func `a paid period that only ends later is given away, a renewed one is not`() {
        let paid = apply(active(from: day(0), to: day(30)), at: day(0), to: .make()).subscription
            .applying(payment(true, through: day(30))).subscription
        let longer = apply(active(from: day(0), to: day(60)), at: day(10), to: paid).subscription
        #expect(access(longer, on: day(59)) == .active)
        let renewed = apply(active(from: day(30), to: day(60)), at: day(30), to: paid).subscription
        #expect(access(renewed, on: day(59)) == .suspended)
        let unpaid = apply(active(from: day(30), to: day(70)), at: day(31), to: renewed)
            .subscription
        #expect(access(unpaid, on: day(59)) == .suspended)
    }

    @Test func `the paid period never goes back and a failed payment leaves no trace`() {
        let paid = Subscription.make()
            .applying(payment(true, through: day(30))).subscription
            .applying(payment(true, through: day(20))).subscription
            .applying(payment(true)).subscription
        #expect(paid.paidThrough == day(30))
        let failed = paid.applying(payment(false, through: day(60)))
        #expect(failed.subscription == paid)
        #expect(!failed.isNews)
    }

    @Test func `a sign-up ends active in whatever order it comes`() {
        let steps: [@Sendable (Subscription) -> Subscription] = [
            { apply(.make(.incomplete), at: day(0), to: $0).subscription },
            { apply(.make(.active), at: day(0), to: $0).subscription },
            { $0.applying(payment(true, through: day(30))).subscription },
            { $0.applying(checkout(.pending)).subscription },
            { $0.applying(checkout(.paid)).subscription },
        ]
        var ends: Set<Subscription> = []
        for order in permutations(steps + steps.prefix(1)) {
            let end = order.reduce(Subscription.make()) { $1($0) }
            ends.insert(end)
            let decision = Access.decide(end, plan: .make(), holds: [], now: minute(1))
            #expect(decision.access == .active)
        }
        #expect(ends.count == 1)
    }

    private func checkout(_ payment: CheckoutPayment, settled: Payment? = nil) -> Checkout {
        Checkout(
            reference: "cs_1",
            subscriptionID: "sub_1",
            customerID: "cus_1",
            email: nil,
            payment: payment,
            settled: settled
        )
    }

    private func payment(_ succeeded: Bool, through periodEnd: Date? = nil) -> Payment {
        Payment(
            subscriptionID: "sub_1",
            customerID: "cus_1",
            email: nil,
            succeeded: succeeded,
            periodEnd: periodEnd
        )
    }
}
