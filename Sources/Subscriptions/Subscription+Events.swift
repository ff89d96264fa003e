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
    /// strictly older event changes nothing, within one second the later arrival decides, but
    /// `incomplete` never follows another status, and a loss that is decided so is marked
    /// uncertain.
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
        if let status, status.isFinal {
            return unchanged("\(status.rawValue) is final; nothing revives it")
        }
        if let statusAt, occurredAt < statusAt {
            return unchanged("older than what is known, so it changes nothing")
        }
        if let status, snapshot.status == .incomplete, status != .incomplete {
            return unchanged("incomplete never follows \(status.rawValue)")
        }
        // What was decided by a tie stays so until a later second confirms or corrects it.
        let isTie = statusAt == occurredAt && (status != snapshot.status || isUncertain)
        var next = self
        next.status = snapshot.status
        next.statusAt = occurredAt
        next.isUncertain = isTie && snapshot.status.losesAccess
        next.trialEnd = snapshot.trialEnd
        next.cancelAt = snapshot.cancelAt
        next.collectionPaused = snapshot.collectionPaused
        next.endedAt = snapshot.endedAt ?? (snapshot.status.isFinal ? occurredAt : nil)
        next.pastDueSince = snapshot.status == .pastDue ? pastDueSince ?? occurredAt : nil
        if let match {
            next.plan = match.plan
            next.price = match.item.price
            next.periodEnd = match.item.periodEnd ?? periodEnd
        }
        return effect(next, "status \(snapshot.status.rawValue)")
    }

    /// The subscription after the end of its checkout; money that has come stays.
    package func applying(_ checkout: Checkout) -> EventEffect {
        guard checkoutPayment != .paid else { return unchanged("the checkout was paid already") }
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
        if let periodEnd = payment.periodEnd {
            next.paidThrough = max(paidThrough ?? periodEnd, periodEnd)
        }
        return effect(next, "a payment succeeded")
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
