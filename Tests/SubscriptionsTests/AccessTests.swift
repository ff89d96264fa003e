import Subscriptions
import Testing

import struct Foundation.Date

struct AccessCase: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let access: Access
    let until: Date?
    var subscription: Subscription
    var hasPlan = true
    var holds: [Hold] = []

    init(
        _ name: String,
        _ access: Access,
        until: Date? = nil,
        hasPlan: Bool = true,
        holds: [Hold] = [],
        _ status: SubscriptionStatus?,
        _ change: (inout Subscription) -> Void = { _ in }
    ) {
        testDescription = name
        self.access = access
        self.until = until
        self.hasPlan = hasPlan
        self.holds = holds
        subscription = .make(change)
        subscription.status = status
    }
}

extension Hold {
    static func make(_ kind: Kind, liftedAt: Date? = nil) -> Hold {
        Hold(
            id: ID("\(kind)"),
            subscriptionID: Subscription.make().id,
            kind: kind,
            reason: "abuse",
            actor: "staff:root",
            createdAt: day(-1),
            liftedAt: liftedAt
        )
    }
}

extension Reversal {
    static func make(_ kind: Kind, _ state: State, through: Double? = nil) -> Reversal {
        Reversal(
            id: "\(kind)",
            kind: kind,
            state: state,
            at: day(-2),
            periods: through.map { ["price_pro": day($0)] } ?? [:],
            payment: "\(kind)",
            fetchedAt: day(-2)
        )
    }
}

extension Subscription {
    /// The period moved and only the one before it is paid.
    fileprivate mutating func renew(from begin: Double) {
        periodStart = day(begin)
        periodEnd = day(begin + 30)
        paidThrough = day(begin)
    }

    /// A payment failed long ago, and the money for the period has come since.
    fileprivate mutating func recover() {
        statusAt = day(-5)
        pastDueSince = day(-5)
        periodEnd = day(29)
        paidThrough = day(29)
        paidAt = day(-4)
    }
}

struct AccessTests {
    /// What each status of FACTS 1.3 means, with the plan's grace of three days.
    static let statuses: [AccessCase] = [
        // FACTS 2.6: incomplete is the first payment still open, incomplete_expired its end.
        .init("nothing is known yet", .none, nil),
        .init("created but unpaid", .none, .incomplete),
        .init("the first payment never came", .ended, .incompleteExpired),
        .init("ended", .ended, .canceled),
        .init("dunning exhausted", .suspended, .unpaid),
        .init("paused by the provider", .suspended, .paused),
        .init("active without dates", .active, .active),
        .init("active in its period", .active, until: day(13), .active) { $0.periodEnd = day(10) },
        // FACTS 2.6: the renewal's event comes late, so the period's end has the grace, too.
        .init("active, renewal late", .active, until: day(1), .active) { $0.periodEnd = day(-2) },
        .init("active, renewal lost", .suspended, .active) { $0.periodEnd = day(-3) },
        .init("active, renewal told by the invoice alone", .active, until: day(23), .active) {
            $0.periodEnd = day(-10)
            $0.paidThrough = day(20)
        },
        .init("active, an older invoice takes nothing away", .active, until: day(13), .active) {
            $0.periodEnd = day(10)
            $0.paidThrough = day(-20)
        },
        // FACTS 0.6: Stripe moves the period an hour before it charges; moved is not paid.
        .init("renewed, its money awaited", .active, until: day(2), .active) {
            $0.renew(from: -1)
        },
        .init("renewed, its money never came", .suspended, .active) { $0.renew(from: -3) },
        .init("renewed, nothing is asked for", .active, until: day(30), .active) {
            $0.renew(from: -3)
            $0.isPeriodCovered = true
        },
        .init("renewed, 30 days to pay", .active, until: day(30), .active) {
            $0.renew(from: -3)
            $0.daysUntilDue = 30
        },
        .init("renewed, another price was paid", .active, until: day(30), .active) {
            $0.renew(from: -3)
            $0.paidThrough = nil
        },
        .init("in trial", .active, until: day(8), .trialing) { $0.trialEnd = day(5) },
        .init("in trial, told by the period", .active, until: day(8), .trialing) {
            $0.periodEnd = day(5)
        },
        .init("trial over, within grace", .active, until: day(2), .trialing) {
            $0.trialEnd = day(-1)
        },
        .init("trial over", .suspended, .trialing) { $0.trialEnd = day(-4) },
        .init("trial over and paid for", .active, until: day(33), .trialing) {
            $0.trialEnd = day(-4)
            $0.paidThrough = day(30)
        },
        .init("a payment failed, within grace", .active, until: day(2), .pastDue) {
            $0.pastDueSince = day(-1)
            $0.periodEnd = day(29)
        },
        .init("a payment failed, grace over", .suspended, .pastDue) {
            $0.pastDueSince = day(-3)
            $0.periodEnd = day(27)
        },
        .init("an earlier period's money does not pay a past due one", .suspended, .pastDue) {
            $0.pastDueSince = day(-3)
            $0.paidThrough = day(27)
        },
        // FACTS 1.3: pause_collection leaves the status, so money is not what stops.
        .init("collection paused, charged for later", .active, .active) {
            $0.pause = CollectionPause(.keepAsDraft)
        },
    ]

    /// FACTS 1.3 and Stripe's own words of `pause_collection.behavior`.
    static let pauses: [AccessCase] = [
        .init("paused, given for nothing", .active, until: day(13), .active) {
            $0.pause = CollectionPause(.markUncollectible)
            $0.periodEnd = day(10)
        },
        .init("paused without service", .suspended, .active) { $0.pause = CollectionPause(.void) },
        .init("paused without service to a date", .suspended, until: day(4), .active) {
            $0.pause = CollectionPause(.void, resumesAt: day(4))
        },
        .init("pause over though nobody said so", .active, .active) {
            $0.pause = CollectionPause(.void, resumesAt: day(0))
        },
        .init("paused, ends before it resumes", .suspended, until: day(2), .active) {
            $0.pause = CollectionPause(.void, resumesAt: day(4))
            $0.cancelAt = day(2)
        },
    ]

    /// FACTS 2.6, 8: a refund can be partial, a dispute is decided later; what each does is the
    /// plan's word, here `end` for refunds and `suspend` for disputes.
    static let reversals: [AccessCase] = [
        .init("refunded", .ended, .active) { $0.reversals = [.make(.refund, .full, through: 30)] },
        .init("refunded, of nobody knows which period", .active, .active) {
            $0.reversals = [.make(.refund, .full)]
        },
        .init("refunded in part", .active, .active) { $0.reversals = [.make(.refund, .partial)] },
        .init("refund taken back", .active, .active) { $0.reversals = [.make(.refund, .won)] },
        .init("refunded, a later period paid", .active, until: day(43), .active) {
            $0.reversals = [.make(.refund, .full, through: 10)]
            $0.price = "price_pro"
            $0.paidThrough = day(40)
        },
        .init("refunded, the same period paid", .ended, .active) {
            $0.reversals = [.make(.refund, .full, through: 40)]
            $0.paidThrough = day(40)
        },
        .init("refunded, money since", .active, .active) {
            $0.reversals = [.make(.refund, .full)]
            $0.paidAt = day(-1)
        },
        .init("refunded, money before", .active, .active) {
            $0.reversals = [.make(.refund, .full)]
            $0.paidAt = day(-3)
        },
        .init("refunded, the newest payment", .ended, .active) {
            $0.reversals = [.make(.refund, .full)]
            $0.receipts = [Receipt(id: "refund", askedAt: day(-3))]
        },
        .init("disputed", .suspended, .active) {
            $0.reversals = [.make(.dispute, .open, through: 30)]
        },
        .init("dispute asked about", .active, .active) {
            $0.reversals = [.make(.dispute, .inquiry)]
        },
        .init("dispute won", .active, .active) { $0.reversals = [.make(.dispute, .won)] },
        .init("dispute lost", .suspended, .active) {
            $0.reversals = [.make(.dispute, .lost, through: 30)]
        },
        .init("disputed and refunded", .ended, .active) {
            $0.reversals = [
                .make(.dispute, .open, through: 30), .make(.refund, .full, through: 30),
            ]
        },
        .init("disputed and unpaid", .suspended, .unpaid) {
            $0.reversals = [.make(.dispute, .open)]
        },
        .init("refunded and ended", .ended, .canceled) { $0.reversals = [.make(.refund, .full)] },
        .init("refunded before the first payment", .none, .incomplete) {
            $0.reversals = [.make(.refund, .full)]
        },
        .init("disputed, ends later", .suspended, until: day(5), .active) {
            $0.reversals = [.make(.dispute, .open, through: 30)]
            $0.cancelAt = day(5)
        },
    ]

    /// FACTS 2.3: the word of a recovery can be late or lost; its money counts.
    static let recoveries: [AccessCase] = [
        .init("past due, paid since", .active, until: day(32), .pastDue) { $0.recover() },
        .init("unpaid, paid since", .active, until: day(32), .unpaid) { $0.recover() },
        .init("past due, paid in the same second", .suspended, .pastDue) {
            $0.recover()
            $0.statusAt = $0.paidAt
        },
        .init("past due, an older period paid since", .suspended, .pastDue) {
            $0.recover()
            $0.paidThrough = day(20)
        },
    ]

    /// FACTS 1.3: cancel later; access stays to that date and ends on it without a further word.
    static let scheduledEnds: [AccessCase] = [
        .init("active, ends later", .active, until: day(5), .active) {
            $0.cancelAt = day(5)
            $0.periodEnd = day(5)
        },
        .init("active, grace ends before", .active, until: day(4), .active) {
            $0.cancelAt = day(5)
            $0.periodEnd = day(1)
        },
        .init("its end is now", .suspended, until: day(3), .active) { $0.cancelAt = day(0) },
        .init("its end was not confirmed for long", .ended, .active) { $0.cancelAt = day(-3) },
        .init("a trial that ends", .suspended, until: day(2), .trialing) {
            $0.cancelAt = day(-1)
            $0.trialEnd = day(-1)
        },
        .init("past due, grace over, ends later", .suspended, until: day(5), .pastDue) {
            $0.pastDueSince = day(-4)
            $0.cancelAt = day(5)
        },
        .init("unpaid, ends later", .suspended, until: day(5), .unpaid) { $0.cancelAt = day(5) },
        .init("unpaid, end passed", .ended, .unpaid) { $0.cancelAt = day(-3) },
        .init("paused, end passed", .suspended, until: day(1), .paused) { $0.cancelAt = day(-2) },
        .init("ended is ended", .ended, .canceled) { $0.cancelAt = day(5) },
    ]

    /// FACTS 1.3: `checkout.session.completed` only counts where money came with it.
    static let checkouts: [AccessCase] = [
        .init("its checkout was paid", .active, .active) { $0.checkoutPayment = .paid },
        .init("its checkout's money is on its way", .none, .active) {
            $0.checkoutPayment = .pending
        },
        .init("its checkout's money never came", .none, .active) { $0.checkoutPayment = .failed },
        .init("a trial whose checkout is pending", .none, .trialing) {
            $0.checkoutPayment = .pending
        },
        .init("a paid checkout of an unpaid subscription", .suspended, .unpaid) {
            $0.checkoutPayment = .paid
        },
        .init("a paid checkout does not revive", .ended, .canceled) { $0.checkoutPayment = .paid },
        .init("a paid checkout does not complete", .none, .incomplete) {
            $0.checkoutPayment = .paid
        },
    ]

    /// A hold overrides money, and nothing is active without a plan.
    static let holdsAndPlans: [AccessCase] = [
        .init("active without plan", .none, hasPlan: false, .active),
        .init("in trial without plan", .none, hasPlan: false, .trialing),
        .init("past due without plan", .none, hasPlan: false, .pastDue),
        .init("ended without plan", .ended, hasPlan: false, .canceled),
        .init("unpaid without plan", .suspended, hasPlan: false, .unpaid),
        .init("revoked", .ended, holds: [.make(.revoked)], .active),
        .init("revoked before any money", .ended, holds: [.make(.revoked)], nil),
        .init(
            "revoked and suspended",
            .ended,
            holds: [.make(.suspended), .make(.revoked)],
            .active
        ),
        .init("revoked once", .active, holds: [.make(.revoked, liftedAt: day(-1))], .active),
        .init("suspended", .suspended, holds: [.make(.suspended)], .active),
        .init(
            "suspended in a period",
            .suspended,
            until: day(8),
            holds: [.make(.suspended)],
            .active
        ) { $0.periodEnd = day(5) },
        .init("suspended, no money", .none, holds: [.make(.suspended)], .incomplete),
        .init("suspended and ended", .ended, holds: [.make(.suspended)], .canceled),
        .init("suspended once", .active, holds: [.make(.suspended, liftedAt: day(-1))], .active),
    ]

    @Test(
        arguments: statuses + pauses + reversals + recoveries + scheduledEnds + checkouts
            + holdsAndPlans
    )
    func `access follows status, dates, holds and checkout`(_ row: AccessCase) {
        let decision = Access.decide(
            row.subscription,
            plan: row.hasPlan ? .make() : nil,
            holds: row.holds,
            now: start
        )
        #expect(decision.access == row.access, "\(decision.reason)")
        #expect(decision.until == row.until)
        #expect(!decision.reason.isEmpty)
    }

    @Test(arguments: Plan.Policy.allCases, [Reversal.Kind.refund, .dispute])
    func `the plan says what money that went back does`(
        _ policy: Plan.Policy,
        _ kind: Reversal.Kind
    ) {
        let subscription = Subscription.make {
            $0.status = .active
            $0.reversals = [.make(kind, kind == .refund ? .full : .lost, through: 30)]
        }
        let plan = Plan.make(refund: policy, dispute: policy)
        let decision = Access.decide(subscription, plan: plan, holds: [], now: start)
        let expected: [Plan.Policy: Access] = [.end: .ended, .suspend: .suspended, .keep: .active]
        #expect(decision.access == expected[policy])
    }

    @Test func `a plan without grace ends access on the date itself`() {
        let subscription = Subscription.make {
            $0.status = .active
            $0.periodEnd = day(1)
        }
        let plan = Plan.make(grace: .zero)
        let before = Access.decide(subscription, plan: plan, holds: [], now: day(0.999))
        let after = Access.decide(subscription, plan: plan, holds: [], now: day(1))
        #expect(before.access == .active)
        #expect(before.until == day(1))
        #expect(after.access == .suspended)
    }

    @Test func `a hold names who placed it and why`() {
        let decision = Access.decide(
            .make { $0.status = .active },
            plan: .make(),
            holds: [.make(.revoked)],
            now: start
        )
        #expect(decision.reason == "revoked by staff:root: abuse")
    }

    @Test func `every decision holds until its date and no longer`() {
        var faults: [String] = []
        for row in Self.everything {
            let plan: Plan? = row.hasPlan ? .make() : nil
            func decide(_ now: Date) -> AccessDecision {
                Access.decide(row.subscription, plan: plan, holds: row.holds, now: now)
            }
            var now = start
            var decision = decide(now)
            var steps = 0
            while let until = decision.until, until > now, steps < 5 {
                if decide(until.addingTimeInterval(-1)).access != decision.access {
                    faults.append("changed before its date: \(row.subscription)")
                }
                let next = decide(until)
                if next.access == decision.access, next.until == decision.until {
                    faults.append("due again at once: \(row.subscription)")
                }
                (now, decision) = (until, next)
                steps += 1
            }
            if decision.until != nil { faults.append("never settles: \(row.subscription)") }
            if decide(day(10_000)).access != decision.access {
                faults.append("changes without a date: \(row.subscription)")
            }
        }
        #expect(faults.isEmpty, "\(faults.prefix(3))")
    }

    @Test func `nothing is active without a plan or under a hold`() {
        let faults = Self.everything.filter { row in
            let plan: Plan? = row.hasPlan ? .make() : nil
            let decision = Access.decide(
                row.subscription,
                plan: plan,
                holds: row.holds,
                now: start
            )
            return decision.access == .active && (!row.hasPlan || !row.holds.isEmpty)
        }
        #expect(faults.isEmpty)
    }

    /// Every status with every kind of date, checkout, hold and plan.
    private static let everything: [AccessCase] = {
        let dates: [Date?] = [nil, day(-4), day(2)]
        let statuses: [SubscriptionStatus?] = [nil] + SubscriptionStatus.allCases
        let checkouts: [CheckoutPayment?] = [nil, .paid, .pending, .failed]
        let holds: [[Hold]] = [[], [.make(.suspended)], [.make(.revoked)]]
        var rows: [AccessCase] = []
        for status in statuses {
            for number in 0..<243 {
                for checkout in checkouts {
                    for hold in holds {
                        for hasPlan in [true, false] {
                            rows.append(
                                .init("", .none, hasPlan: hasPlan, holds: hold, status) {
                                    $0.checkoutPayment = checkout
                                    $0.trialEnd = dates[number % 3]
                                    $0.periodEnd = dates[number / 3 % 3]
                                    $0.paidThrough = dates[number / 9 % 3]
                                    $0.cancelAt = dates[number / 27 % 3]
                                    $0.pastDueSince = dates[number / 81 % 3]
                                }
                            )
                        }
                    }
                }
            }
        }
        return rows
    }()
}
