package import struct Foundation.Date

/// What was decided about access, why, and until when that holds.
package struct AccessDecision: Hashable, Sendable {
    /// What the subscriber may do.
    package let access: Access
    /// One clause that says why, for staff.
    package let reason: String
    /// When it must be decided again though no event comes.
    package let until: Date?

    /// Makes a decision.
    package init(_ access: Access, _ reason: String, until: Date? = nil) {
        self.access = access
        self.reason = reason
        self.until = until
    }
}

extension Access {
    /// How long a subscription whose scheduled end has passed only sleeps before it is ended, when
    /// the provider has not said so: three days, as long as Stripe retries a delivery.
    package static let scheduledEndSettling: Duration = .seconds(3 * 86_400)

    /// Decides what the subscriber may do, from the subscription, its plan, the holds of staff and
    /// the time, and from nothing else.
    package static func decide(
        _ subscription: Subscription,
        plan: Plan?,
        holds: [Hold],
        now: Date
    ) -> AccessDecision {
        let open = holds.filter { $0.liftedAt == nil }
        if let hold = open.first(where: { $0.kind == .revoked }) {
            return AccessDecision(.ended, "revoked by \(hold.actor): \(hold.reason)")
        }
        let byMoney = decideByMoney(subscription, plan: plan, now: now)
        guard byMoney.access == .active, let hold = open.first(where: { $0.kind == .suspended })
        else { return byMoney }
        return AccessDecision(
            .suspended,
            "suspended by \(hold.actor): \(hold.reason)",
            until: byMoney.until
        )
    }

    private static func decideByMoney(
        _ subscription: Subscription,
        plan: Plan?,
        now: Date
    ) -> AccessDecision {
        guard let status = subscription.status else {
            return AccessDecision(.none, "the provider has not yet said how it stands")
        }
        switch status {
        case .canceled: return AccessDecision(.ended, "the subscription has ended")
        case .incompleteExpired:
            return AccessDecision(.ended, "the first payment never came")
        case .incomplete: return AccessDecision(.none, "the first payment has not come")
        case .trialing, .active, .pastDue, .unpaid, .paused: break
        }
        if let plan, let decision = decideByReversal(subscription, plan, now) { return decision }
        switch status {
        case .unpaid where !isPaidSince(subscription):
            return decideAsleep("unpaid: the provider has stopped trying", subscription, now)
        case .paused: return decideAsleep("paused by the provider", subscription, now)
        default: break
        }
        guard let plan else { return AccessDecision(.none, "no plan has its price") }
        if subscription.checkoutPayment == .pending {
            return AccessDecision(.none, "the checkout's payment is still on its way")
        }
        if subscription.checkoutPayment == .failed {
            return AccessDecision(.none, "the checkout's payment failed")
        }
        if let pause = subscription.pause, pause.behavior == .void, pause.isOpen(at: now) {
            return decideAsleep(
                "collection is paused without service",
                subscription,
                now,
                until: pause.resumesAt
            )
        }
        return decideByDate(subscription, status, plan, now)
    }

    /// What the plan does about money that went back and that no later payment has replaced.
    private static func decideByReversal(
        _ subscription: Subscription,
        _ plan: Plan,
        _ now: Date
    ) -> AccessDecision? {
        guard let (reversal, policy) = subscription.reversal(under: plan) else { return nil }
        switch policy {
        case .keep: return nil
        case .end:
            return AccessDecision(.ended, "\(reversal.clause); the plan ends access for that")
        case .suspend:
            return decideAsleep(
                "\(reversal.clause); the plan suspends access for that",
                subscription,
                now
            )
        }
    }

    /// A key that sleeps as the provider says, until a date or a scheduled end that nobody may
    /// tell of.
    private static func decideAsleep(
        _ reason: String,
        _ subscription: Subscription,
        _ now: Date,
        until date: Date? = nil
    ) -> AccessDecision {
        if let cancelAt = subscription.cancelAt, cancelAt <= now {
            return afterScheduledEnd(cancelAt, now)
        }
        let until = [date, subscription.cancelAt].compactMap(\.self).min()
        return AccessDecision(.suspended, reason, until: until)
    }

    /// Whether money for the current period came after the last word of a failure: the word that
    /// all is well again is late or lost.
    private static func isPaidSince(_ subscription: Subscription) -> Bool {
        guard let paidAt = subscription.paidAt, let statusAt = subscription.statusAt,
            let paid = subscription.paidThrough, let end = subscription.periodEnd
        else { return false }
        return paidAt > statusAt && paid >= end
    }

    /// What holds while the provider counts the subscription as running: dates end it even if the
    /// provider never calls again.
    private static func decideByDate(
        _ subscription: Subscription,
        _ status: SubscriptionStatus,
        _ plan: Plan,
        _ now: Date
    ) -> AccessDecision {
        if let cancelAt = subscription.cancelAt, cancelAt <= now {
            return afterScheduledEnd(cancelAt, now)
        }
        let term = term(subscription, status)
        guard let begin = term.begin else {
            return AccessDecision(.active, term.reason, until: subscription.cancelAt)
        }
        let end = begin.addingTimeInterval(plan.pastDueGrace.seconds)
        guard now < end else {
            return AccessDecision(
                .suspended,
                "\(term.end) and the plan's grace is over",
                until: subscription.cancelAt
            )
        }
        return AccessDecision(
            .active,
            begin <= now ? "\(term.end), within the plan's grace" : term.reason,
            until: min(end, subscription.cancelAt ?? end)
        )
    }

    /// From when the plan's grace counts, why access stands until then, and what then has happened.
    ///
    /// The word that follows the end of a period or trial can be late by as long as the provider
    /// retries, so every end has the grace; a plan whose trials must end on the second says `0s`.
    private static func term(
        _ subscription: Subscription,
        _ status: SubscriptionStatus
    ) -> (begin: Date?, reason: String, end: String) {
        let paid = subscription.paidThrough
        switch status {
        case .trialing:
            return (
                latest(subscription.trialEnd ?? subscription.periodEnd, paid), "in its trial",
                "the trial ended"
            )
        case .pastDue where !isPaidSince(subscription):
            return (subscription.pastDueSince, "past due", "a payment failed")
        default: break
        }
        // Stripe moves the period an hour before it charges for it: a moved period is no paid one,
        // so it has the grace from its own beginning while its money is awaited.
        if let paid, let start = subscription.periodStart, let end = subscription.periodEnd,
            paid < end, !subscription.isPeriodCovered
        {
            let due = start.addingTimeInterval(Double(subscription.daysUntilDue) * 86_400)
            return (max(due, paid), "active", "the current period is not paid")
        }
        return (
            latest(subscription.periodEnd, paid), "the subscription is active", "the period ended"
        )
    }

    /// The later of what the snapshot and what the money says: a renewal is told twice, and either
    /// word can be lost.
    private static func latest(_ told: Date?, _ paid: Date?) -> Date? {
        guard let told, let paid else { return told ?? paid }
        return max(told, paid)
    }

    /// A scheduled end that has passed: the key sleeps at once, and can wake up if the word that
    /// took the schedule back comes late; then it is ended.
    private static func afterScheduledEnd(_ cancelAt: Date, _ now: Date) -> AccessDecision {
        let settled = cancelAt.addingTimeInterval(scheduledEndSettling.seconds)
        guard now < settled else {
            return AccessDecision(.ended, "its scheduled end has passed")
        }
        return AccessDecision(
            .suspended,
            "its scheduled end has passed and the provider has not confirmed it",
            until: settled
        )
    }
}

extension Duration {
    /// The duration in seconds, rounded down to whole ones.
    package var seconds: Double { Double(components.seconds) }
}
