package import struct Foundation.Date

/// Applies events of the inbox: one transaction moves the subscription, decides access and marks
/// the event.
package struct EventDesk: Sendable {
    /// Decides access.
    package let access: AccessDesk
    /// How long a checkout's reference can be claimed.
    package let claimWindow: Duration

    /// Makes a desk.
    package init(access: AccessDesk, claimWindow: Duration) {
        self.access = access
        self.claimWindow = claimWindow
    }

    /// Gives a pending event its effect, and marks it.
    ///
    /// - Parameters:
    ///   - event: The event, as it was read from the inbox.
    ///   - reading: What the provider's adapter made of it.
    ///   - tx: The transaction.
    ///   - now: The one time of this transaction.
    /// - Returns: The event as marked, and whether that may change what somebody waits for; nil when
    ///   it was not pending any more.
    /// - Throws: What the store throws.
    package func handle(
        _ event: InboxEvent,
        _ reading: EventReading,
        in tx: any StoreTransaction,
        now: Date
    ) throws -> (event: InboxEvent, isHeard: Bool)? {
        guard try tx.state(ofEvent: event.number) == .pending else { return nil }
        var event = event
        event.handledAt = now
        event.need = nil
        var isHeard = true
        switch reading {
        case .ignored(let note):
            event.state = .ignored
            event.note = note
            isHeard = false
        case .parked(let need):
            park(&event, need)
        case .event(let payment) where payment.mode != access.mode:
            park(
                &event,
                Need(
                    .otherMode,
                    reason: "The event is of \(payment.mode) mode and this installation of "
                        + "\(access.mode) mode: send it to an installation of its own mode."
                )
            )
        case .event(let payment):
            isHeard = try apply(payment, to: &event, in: tx, now)
        }
        try tx.update(event)
        return (event, isHeard)
    }

    func park(_ event: inout InboxEvent, _ need: Need) {
        event.state = .parked
        event.need = need
        event.note = need.reason
    }

    /// Most events of a subscription tell that it goes on, of which nobody need hear.
    private func apply(
        _ payment: PaymentEvent,
        to event: inout InboxEvent,
        in tx: any StoreTransaction,
        _ now: Date
    ) throws -> Bool {
        switch payment.change {
        case .customer(let snapshot):
            try applyCustomer(snapshot, payment, &event, in: tx, now)
        case .subscription(let snapshot):
            return try applySnapshot(snapshot, payment, &event, in: tx, now)
        case .checkout(let checkout):
            try applyCheckout(checkout, payment, &event, in: tx, now)
        case .order(let checkout):
            try applyOrder(checkout, payment, &event, in: tx, now)
        case .payment(let attempt):
            return try applyPayment(attempt, payment, &event, in: tx, now)
        case .reversal(let reversal, let id):
            try applyReversal(reversal, of: id, payment, &event, in: tx, now)
        case .orderReversal(let reversal, let order):
            try applyReversal(reversal, ofOrder: order, payment, &event, in: tx, now)
        case .warning(let sentence, let id):
            let known = try id.flatMap { try self.known($0, payment, in: tx) }
            event.subscriptionID = known?.id
            event.state = .applied
            event.note = "\(sentence) Access stays as it is; look at the payment."
            try warn(sentence, known?.id, payment, event, in: tx, now)
        }
        return true
    }

    /// Moves the subscription and decides its access; whether that changed what is desired.
    @discardableResult
    func finish(
        _ effect: EventEffect,
        isNews: Bool,
        _ payment: PaymentEvent,
        _ event: inout InboxEvent,
        in tx: any StoreTransaction,
        _ now: Date
    ) throws -> Bool {
        event.subscriptionID = effect.subscription.id
        event.state = isNews ? .applied : .ignored
        let (before, desired) = try access.decide(
            effect.subscription,
            actor: "provider:\(payment.provider)",
            in: tx,
            now: now
        )
        if before == nil {
            try returnEvents(needing: effect.subscription.providerID, payment, in: tx)
        }
        event.note =
            "\(effect.note); access \(desired.access.rawValue): \(desired.reason)"
        guard desired.generation > before?.generation ?? 0 else { return before != desired }
        if desired.generation > 1 {
            event.note? +=
                "; back after the end with a new key, generation \(desired.generation)"
        } else if let ended = try tx.subscriptions(of: effect.subscription.customerID).last(
            where: { $0.id != effect.subscription.id && $0.status?.isFinal == true }
        ) {
            event.note? += "; the customer is back after the end of \(ended.providerID)"
        }
        return true
    }

    /// Brings back what waited for a subscription, by its id or that of its order, now that it has
    /// come.
    func returnEvents(
        needing subject: String,
        _ payment: PaymentEvent,
        in tx: any StoreTransaction
    ) throws {
        let limit = Self.returningMax
        for var event in try tx.parkedEvents(.refetch, subject: subject, limit: limit)
        where event.provider == payment.provider && event.mode == payment.mode {
            event.state = .pending
            try tx.update(event)
        }
    }

    /// How many events that wait for one subscription come back with it; the caretaker brings more.
    private static let returningMax = 1_000
}
