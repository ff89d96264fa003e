package import struct Foundation.Date

/// What an event did to a subscription.
package struct EventEffect: Hashable, Sendable {
    /// The subscription afterwards.
    package let subscription: Subscription
    /// One sentence about it.
    package let note: String
    /// Whether anything changed.
    package let isNews: Bool
}

extension Subscription {
    /// The subscription after a snapshot of it that is not fetched but told.
    ///
    /// Guards stand in for the order that told events do not have: a final state never revives, a
    /// strictly older event never changes the status unless it is final, within one second the
    /// later arrival decides, but `incomplete` never follows another status, and a loss that is
    /// decided so and is not final is marked uncertain.
    ///
    /// - Parameters:
    ///   - snapshot: What the provider said.
    ///   - occurredAt: When, by the provider's clock.
    ///   - match: The plan that its items map to and the item that does, where there is one.
    /// - Returns: The subscription afterwards, and what happened to it.
    package func applying(
        _ snapshot: SubscriptionSnapshot,
        occurredAt: Date,
        plan match: PlanMatch?
    ) -> EventEffect {
        if let stopped = guarding(snapshot, occurredAt: occurredAt) { return stopped }
        // What was decided by a tie stays so until a later second confirms or corrects it.
        let isTie = statusAt == occurredAt && (status != snapshot.status || isUncertain)
        var next = taking(snapshot, occurredAt, match)
        next.isUncertain = isTie && snapshot.status.losesAccess && !snapshot.status.isFinal
        return effect(next, "status \(snapshot.status.rawValue)")
    }

    /// The subscription after a snapshot that was fetched, which is how it stands now whatever the
    /// event was that made us ask.
    ///
    /// - Parameters:
    ///   - snapshot: What the provider said.
    ///   - fetchedAt: When, by the provider's clock.
    ///   - match: The plan that its items map to and the item that does, where there is one.
    /// - Returns: The subscription afterwards, and what happened to it.
    package func applying(
        _ snapshot: SubscriptionSnapshot,
        fetchedAt: Date,
        plan match: PlanMatch?
    ) -> EventEffect {
        if let stopped = guarding(snapshot, fetchedAt: fetchedAt) { return stopped }
        var next = taking(snapshot, fetchedAt, match)
        next.isUncertain = false
        next.fetchedAt = fetchedAt
        let isNews = next.isDifferent(from: self)
        return EventEffect(
            subscription: next,
            note: "fetched: status \(snapshot.status.rawValue)",
            isNews: isNews
        )
    }

    /// What becomes of a told snapshot that must not move the subscription; nil where it may.
    package func guarding(
        _ snapshot: SubscriptionSnapshot,
        occurredAt: Date
    ) -> EventEffect? {
        if let status, status.isFinal {
            return unchanged("\(status.rawValue) is final; nothing revives it")
        }
        // Nothing follows a final state, so it is the last word whenever it is heard.
        guard !snapshot.status.isFinal else { return nil }
        if let statusAt, occurredAt < statusAt { return older(snapshot, occurredAt) }
        if let status, snapshot.status == .incomplete, status != .incomplete {
            return unchanged("incomplete never follows \(status.rawValue)")
        }
        return nil
    }

    /// What becomes of a fetched snapshot that must not move the subscription; nil where it may.
    package func guarding(
        _ snapshot: SubscriptionSnapshot,
        fetchedAt: Date
    ) -> EventEffect? {
        if let status, status.isFinal, !snapshot.status.isFinal {
            return unchanged("\(status.rawValue) is final; nothing revives it")
        }
        if let known = self.fetchedAt, fetchedAt < known {
            return unchanged("fetched before what is known, so it changes nothing")
        }
        return nil
    }

    /// An older word changes nothing but the beginning of a failure that still lasts.
    private func older(_ snapshot: SubscriptionSnapshot, _ occurredAt: Date) -> EventEffect {
        guard status == .pastDue, snapshot.status == .pastDue, let since = pastDueSince,
            occurredAt < since, settledAt.map({ $0 < occurredAt }) ?? true
        else { return unchanged("older than what is known, so it changes nothing") }
        var next = self
        next.pastDueSince = occurredAt
        return effect(next, "an earlier word of the same failed payment")
    }

    private func taking(
        _ snapshot: SubscriptionSnapshot,
        _ time: Date,
        _ match: PlanMatch?
    ) -> Subscription {
        var next = self
        next.status = snapshot.status
        next.statusAt = max(statusAt ?? time, time)
        next.order = snapshot.order ?? order
        next.trialEnd = snapshot.trialEnd
        next.cancelAt = snapshot.cancelAt
        next.pause = snapshot.pause
        next.daysUntilDue = snapshot.daysUntilDue
        next.endedAt = snapshot.endedAt ?? (snapshot.status.isFinal ? time : nil)
        if let match { next.take(match.item, match.plan, snapshot) }
        switch snapshot.status {
        case .pastDue:
            next.pastDueSince = snapshot.invoice?.dueAt ?? pastDueSince ?? time
        case .active, .trialing:
            next.settledAt = max(settledAt ?? time, time)
            next.pastDueSince = nil
        case .incomplete, .incompleteExpired, .unpaid, .paused, .canceled:
            next.pastDueSince = nil
        }
        return next
    }

    private mutating func take(
        _ item: SubscriptionItem,
        _ plan: Plan.Reference,
        _ snapshot: SubscriptionSnapshot
    ) {
        let isSamePeriod = item.price == price && item.periodEnd == periodEnd
        let isGivenAway = isExtension(of: item)
        self.plan = plan
        price = item.price
        quantity = item.quantity
        periodStart = item.periodStart ?? periodStart
        periodEnd = item.periodEnd ?? periodEnd
        isPeriodCovered =
            snapshot.invoice.map { !$0.isAwaited }
            ?? (snapshot.pause != nil || (isPeriodCovered && isSamePeriod) || isGivenAway)
        recountPaid()
    }

    /// Whether the current period, which is paid or was given away, only ends later now: a renewal
    /// begins a period anew, and this one is charged for no second time.
    private func isExtension(of item: SubscriptionItem) -> Bool {
        guard item.price == price, let start = item.periodStart, start == periodStart,
            let end = item.periodEnd, let known = periodEnd, known < end
        else { return false }
        return isPeriodCovered || paidThrough.map { known <= $0 } ?? true
    }

    /// The subscription after the end of its checkout; money that has come stays, and a failure is
    /// later than the wait for it.
    package func applying(_ checkout: Checkout) -> EventEffect {
        if let settled = checkout.settled { return applying(settled) }
        guard checkoutPayment != .paid else { return unchanged("the checkout was paid already") }
        guard checkoutPayment != .failed || checkout.payment != .pending else {
            return unchanged("the checkout's payment has failed already")
        }
        var next = self
        next.checkoutPayment = checkout.payment
        return effect(next, "checkout \(checkout.payment.rawValue)")
    }

    /// The subscription after an attempt to collect money.
    ///
    /// A failed one only leaves a trace: the status follows in an event of its own.
    package func applying(_ payment: Payment) -> EventEffect {
        guard payment.succeeded else {
            return unchanged("a payment failed; access follows the status")
        }
        var next = self
        next.checkoutPayment = .paid
        if let paidAt = payment.paidAt {
            next.paidAt = max(self.paidAt ?? paidAt, paidAt)
            next.settledAt = max(settledAt ?? paidAt, paidAt)
        }
        next.paidPeriods.merge(payment.periods, uniquingKeysWith: max)
        if payment.periods.isEmpty, let periodEnd = payment.periodEnd {
            next.paidThrough = max(paidThrough ?? periodEnd, periodEnd)
        }
        if let receipt = payment.receipt { next.keep(receipt) }
        next.recountPaid()
        return effect(next, "a payment succeeded")
    }

    /// The subscription after money went back, or may; a newer look at the same replaces an older.
    package func applying(_ reversal: Reversal) -> EventEffect {
        var next = self
        if let index = reversals.firstIndex(where: {
            $0.kind == reversal.kind && $0.id == reversal.id
        }) {
            guard reversals[index].fetchedAt <= reversal.fetchedAt else {
                return unchanged("fetched before what is known, so it changes nothing")
            }
            if reversals[index].namesNoPayment, reversals[index].state == reversal.state {
                next.reversals[index].fetchedAt = reversal.fetchedAt
            } else {
                next.reversals[index] = reversal
            }
        } else {
            next.reversals.append(reversal)
            next.reversals.sort { ($0.at, $0.id) < ($1.at, $1.id) }
            // The oldest are of periods long past.
            next.reversals.removeFirst(max(0, next.reversals.count - Self.reversalCountMax))
        }
        return EventEffect(
            subscription: next,
            note: reversal.clause,
            isNews: next.isDifferent(from: self)
        )
    }

    /// The subscription after its customer was deleted, which ends it in the same moment.
    package func ending(at time: Date) -> EventEffect {
        if let status, status.isFinal { return unchanged("\(status.rawValue) already") }
        var next = self
        next.status = .canceled
        next.statusAt = max(statusAt ?? time, time)
        next.isUncertain = false
        next.endedAt = time
        next.pastDueSince = nil
        return effect(next, "its customer was deleted")
    }

    /// How many reversals are kept.
    private static let reversalCountMax = 64

    /// The end of what was paid for the price on which it stands; without a price the earliest.
    private mutating func recountPaid() {
        guard !paidPeriods.isEmpty else { return }
        paidThrough = price.map { paidPeriods[$0] } ?? paidPeriods.values.min()
    }

    /// Whether anything but the time of the look, and the order that is never another, is different.
    private func isDifferent(from other: Subscription) -> Bool {
        var mine = self
        mine.order = other.order
        mine.statusAt = other.statusAt
        mine.settledAt = other.settledAt
        mine.fetchedAt = other.fetchedAt
        let times = Dictionary(
            other.reversals.map { ([$0.kind.rawValue, $0.id], $0.fetchedAt) },
            uniquingKeysWith: max
        )
        for index in mine.reversals.indices {
            let reversal = mine.reversals[index]
            mine.reversals[index].fetchedAt =
                times[[reversal.kind.rawValue, reversal.id]] ?? reversal.fetchedAt
        }
        return mine != other
    }

    private func effect(_ next: Subscription, _ note: String) -> EventEffect {
        EventEffect(subscription: next, note: note, isNews: next != self)
    }

    private func unchanged(_ note: String) -> EventEffect {
        EventEffect(subscription: self, note: note, isNews: false)
    }
}

extension SubscriptionStatus {
    /// Whether it takes access away or puts it at risk.
    package var losesAccess: Bool {
        switch self {
        case .pastDue, .unpaid, .paused, .canceled, .incompleteExpired: true
        case .incomplete, .trialing, .active: false
        }
    }

    /// Whether it takes access away whatever the plan is, so that no plan need be known.
    package var needsNoPlan: Bool {
        switch self {
        case .unpaid, .paused, .canceled, .incompleteExpired: true
        case .incomplete, .trialing, .active, .pastDue: false
        }
    }
}
