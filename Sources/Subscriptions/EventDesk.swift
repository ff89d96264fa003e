import Digest
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
    ///   - number: The event's number in the inbox.
    ///   - reading: What the provider's adapter made of it.
    ///   - tx: The transaction.
    ///   - now: The one time of this transaction.
    /// - Returns: The event as marked; nil when it was not pending any more.
    /// - Throws: What the store throws.
    package func handle(
        _ number: Int64,
        _ reading: EventReading,
        in tx: any StoreTransaction,
        now: Date
    ) throws -> InboxEvent? {
        guard var event = try tx.event(number), event.state == .pending else { return nil }
        event.handledAt = now
        event.need = nil
        switch reading {
        case .ignored(let note):
            event.state = .ignored
            event.note = note
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
            try apply(payment, to: &event, in: tx, now)
        }
        try tx.update(event)
        return event
    }

    private func park(_ event: inout InboxEvent, _ need: Need) {
        event.state = .parked
        event.need = need
        event.note = need.reason
    }

    private func apply(
        _ payment: PaymentEvent,
        to event: inout InboxEvent,
        in tx: any StoreTransaction,
        _ now: Date
    ) throws {
        switch payment.change {
        case .customer(let snapshot):
            try applyCustomer(snapshot, payment, &event, in: tx, now)
        case .subscription(let snapshot):
            try applySnapshot(snapshot, payment, &event, in: tx, now)
        case .checkout(let checkout):
            let customer = try customer(checkout.customerID, checkout.email, payment, in: tx, now)
            let before = try subscription(checkout.subscriptionID, customer, payment, in: tx, now)
            let effect = before.applying(checkout)
            try finish(effect, isNews: true, payment, &event, in: tx, now)
            try insertClaim(checkout, before.id, payment, in: tx, now)
        case .payment(let attempt):
            guard let customerID = attempt.customerID else {
                park(&event, Need(.malformed, reason: "The payment names no customer."))
                return
            }
            let customer = try customer(customerID, attempt.email, payment, in: tx, now)
            let before = try subscription(attempt.subscriptionID, customer, payment, in: tx, now)
            let effect = before.applying(attempt)
            try finish(effect, isNews: effect.isNews, payment, &event, in: tx, now)
        }
    }

    private func applyCustomer(
        _ snapshot: CustomerSnapshot,
        _ payment: PaymentEvent,
        _ event: inout InboxEvent,
        in tx: any StoreTransaction,
        _ now: Date
    ) throws {
        var customer = try customer(snapshot.id, nil, payment, in: tx, now)
        if let email = snapshot.email, email != customer.email {
            customer.email = email
            try tx.save(customer)
        }
        event.state = .applied
        event.note = "the customer is known by their e-mail address"
    }

    /// A snapshot is applied whole or parked whole; only one that takes access away whatever the
    /// plan is does so without a plan.
    private func applySnapshot(
        _ snapshot: SubscriptionSnapshot,
        _ payment: PaymentEvent,
        _ event: inout InboxEvent,
        in tx: any StoreTransaction,
        _ now: Date
    ) throws {
        let known = try tx.subscription(
            provider: payment.provider,
            mode: payment.mode,
            providerID: snapshot.id
        )
        let current = try known?.plan.flatMap { try tx.plan($0) }
        let match = PlanMatch.find(
            snapshot.items,
            provider: payment.provider,
            current: current,
            price: known?.price,
            latest: try tx.latestPlans()
        )
        let plan: PlanMatch?
        switch match {
        case .success(let found): plan = found
        case .failure where snapshot.status.needsNoPlan: plan = nil
        case .failure(let mismatch):
            event.subscriptionID = known?.id
            park(&event, mismatch.need)
            return
        }
        let customer = try customer(snapshot.customerID, nil, payment, in: tx, now)
        let before = try known ?? subscription(snapshot.id, customer, payment, in: tx, now)
        var effect = before.applying(snapshot, occurredAt: payment.occurredAt, plan: plan)
        if effect.isNews, effect.subscription.customerID != customer.id {
            effect = effect.owned(by: customer.id)
        }
        try finish(effect, isNews: effect.isNews, payment, &event, in: tx, now)
    }

    private func finish(
        _ effect: EventEffect,
        isNews: Bool,
        _ payment: PaymentEvent,
        _ event: inout InboxEvent,
        in tx: any StoreTransaction,
        _ now: Date
    ) throws {
        event.subscriptionID = effect.subscription.id
        event.state = isNews ? .applied : .ignored
        let grant = try access.decide(
            effect.subscription,
            actor: "provider:\(payment.provider)",
            in: tx,
            now: now
        )
        event.note =
            "\(effect.note); access \(grant.desired.access.rawValue): \(grant.desired.reason)"
    }

    private func customer(
        _ providerID: String,
        _ email: String?,
        _ payment: PaymentEvent,
        in tx: any StoreTransaction,
        _ now: Date
    ) throws -> Customer {
        let known = try tx.customer(
            provider: payment.provider,
            mode: payment.mode,
            providerID: providerID
        )
        var customer =
            known
            ?? Customer(
                id: .random(access.random),
                provider: payment.provider,
                mode: payment.mode,
                providerID: providerID,
                email: email,
                createdAt: now
            )
        if customer.email == nil { customer.email = email }
        if customer != known { try tx.save(customer) }
        return customer
    }

    private func subscription(
        _ providerID: String,
        _ customer: Customer,
        _ payment: PaymentEvent,
        in tx: any StoreTransaction,
        _ now: Date
    ) throws -> Subscription {
        if let known = try tx.subscription(
            provider: payment.provider,
            mode: payment.mode,
            providerID: providerID
        ) {
            return known
        }
        return Subscription(
            id: .random(access.random),
            provider: payment.provider,
            mode: payment.mode,
            providerID: providerID,
            customerID: customer.id,
            createdAt: now
        )
    }

    private func insertClaim(
        _ checkout: Checkout,
        _ id: Subscription.ID,
        _ payment: PaymentEvent,
        in tx: any StoreTransaction,
        _ now: Date
    ) throws {
        try tx.insert(
            Claim(
                id: .random(access.random),
                provider: payment.provider,
                referenceDigest: SHA256.hash(checkout.reference.utf8),
                subscriptionID: id,
                createdAt: now,
                expiresAt: now.addingTimeInterval(claimWindow.seconds),
                salt: access.random(16)
            )
        )
    }
}

extension EventEffect {
    fileprivate func owned(by customer: Customer.ID) -> EventEffect {
        var subscription = subscription
        subscription.customerID = customer
        return EventEffect(subscription: subscription, note: note, isNews: isNews)
    }
}
