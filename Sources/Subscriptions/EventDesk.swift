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
            try applyPayment(attempt, payment, &event, in: tx, now)
        case .reversal(let reversal, let id):
            let known = try known(id, payment, in: tx)
            guard let before = known else {
                park(&event, Self.needsSubscription(id))
                return
            }
            let effect = before.applying(reversal)
            try finish(effect, isNews: effect.isNews, payment, &event, in: tx, now)
        case .warning(let sentence, let id):
            let known = try id.flatMap { try self.known($0, payment, in: tx) }
            event.subscriptionID = known?.id
            event.state = .applied
            event.note = "\(sentence) Access stays as it is; look at the payment."
            try tx.append(
                AuditEntry(
                    at: now,
                    actor: "provider:\(payment.provider)",
                    action: "payment.warned",
                    subscriptionID: known?.id,
                    details: ["event": String(event.number), "warning": sentence]
                )
            )
        }
    }

    private static func needsSubscription(_ id: String) -> Need {
        Need(
            .refetch,
            subject: id,
            reason: "The subscription \(id) is not known here yet: this is tried again once an "
                + "event or a comparison with the provider has brought it."
        )
    }

    private func known(
        _ providerID: String,
        _ payment: PaymentEvent,
        in tx: any StoreTransaction
    ) throws -> Subscription? {
        try tx.subscription(
            provider: payment.provider,
            mode: payment.mode,
            providerID: providerID
        )
    }

    private func applyPayment(
        _ attempt: Payment,
        _ payment: PaymentEvent,
        _ event: inout InboxEvent,
        in tx: any StoreTransaction,
        _ now: Date
    ) throws {
        let before: Subscription
        if let customerID = attempt.customerID {
            let customer = try customer(customerID, attempt.email, payment, in: tx, now)
            before = try subscription(attempt.subscriptionID, customer, payment, in: tx, now)
        } else if let known = try known(attempt.subscriptionID, payment, in: tx) {
            before = known
        } else {
            park(&event, Need(.malformed, reason: "The payment names no customer."))
            return
        }
        let effect = before.applying(attempt)
        try finish(effect, isNews: effect.isNews, payment, &event, in: tx, now)
    }

    private func applyCustomer(
        _ snapshot: CustomerSnapshot,
        _ payment: PaymentEvent,
        _ event: inout InboxEvent,
        in tx: any StoreTransaction,
        _ now: Date
    ) throws {
        var customer = try customer(snapshot.id, nil, payment, in: tx, now)
        if let email = snapshot.email, email != customer.email, !snapshot.isDeleted {
            customer.email = email
            try tx.save(customer)
        }
        event.state = .applied
        event.note = "the customer is known by their e-mail address"
        guard snapshot.isDeleted, customer.deletedAt == nil else { return }
        customer.deletedAt = payment.occurredAt
        try tx.save(customer)
        var ended = 0
        for subscription in try tx.subscriptions(of: customer.id) {
            let effect = subscription.ending(at: payment.occurredAt)
            guard effect.isNews else { continue }
            ended += 1
            try finish(effect, isNews: true, payment, &event, in: tx, now)
        }
        event.note = "the customer was deleted, which ended \(ended) subscriptions"
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
        let known = try known(snapshot.id, payment, in: tx)
        if let known, let stopped = known.guarding(snapshot, payment) {
            // What can change nothing needs no plan either.
            return try finish(stopped, isNews: false, payment, &event, in: tx, now)
        }
        let plan: PlanMatch?
        switch try match(snapshot, known, payment, in: tx) {
        case .success(let found): plan = found
        case .failure where snapshot.status.needsNoPlan: plan = nil
        case .failure(let mismatch):
            event.subscriptionID = known?.id
            park(&event, mismatch.need)
            return
        }
        let customer = try customer(snapshot.customerID, nil, payment, in: tx, now)
        let before = try known ?? subscription(snapshot.id, customer, payment, in: tx, now)
        var effect = before.applying(snapshot, payment, plan)
        if let deletedAt = customer.deletedAt, effect.subscription.status?.isFinal != true {
            // The provider ends what a deleted customer has; this word is older than that.
            effect = effect.subscription.ending(at: deletedAt)
        }
        if effect.isNews, effect.subscription.customerID != customer.id {
            effect = effect.owned(by: customer.id)
        }
        try finish(effect, isNews: effect.isNews, payment, &event, in: tx, now)
    }

    private func match(
        _ snapshot: SubscriptionSnapshot,
        _ known: Subscription?,
        _ payment: PaymentEvent,
        in tx: any StoreTransaction
    ) throws -> Result<PlanMatch, PlanMismatch> {
        PlanMatch.find(
            snapshot.items,
            provider: payment.provider,
            current: try known?.plan.flatMap { try tx.plan($0) },
            price: known?.price,
            latest: try tx.latestPlans()
        )
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
        let before = try tx.grant(effect.subscription.id)?.desired
        let grant = try access.decide(
            effect.subscription,
            actor: "provider:\(payment.provider)",
            in: tx,
            now: now
        )
        event.note =
            "\(effect.note); access \(grant.desired.access.rawValue): \(grant.desired.reason)"
        guard grant.desired.generation > before?.generation ?? 0 else { return }
        if grant.desired.generation > 1 {
            event.note? +=
                "; back after the end with a new key, generation "
                + "\(grant.desired.generation)"
        } else if let ended = try tx.subscriptions(of: effect.subscription.customerID).last(
            where: { $0.id != effect.subscription.id && $0.status?.isFinal == true }
        ) {
            event.note? += "; the customer is back after the end of \(ended.providerID)"
        }
    }

    func customer(
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

extension Subscription {
    fileprivate func guarding(
        _ snapshot: SubscriptionSnapshot,
        _ payment: PaymentEvent
    ) -> EventEffect? {
        if let fetchedAt = payment.fetchedAt { return guarding(snapshot, fetchedAt: fetchedAt) }
        return guarding(snapshot, occurredAt: payment.occurredAt)
    }

    fileprivate func applying(
        _ snapshot: SubscriptionSnapshot,
        _ payment: PaymentEvent,
        _ plan: PlanMatch?
    ) -> EventEffect {
        if let fetchedAt = payment.fetchedAt {
            return applying(snapshot, fetchedAt: fetchedAt, plan: plan)
        }
        return applying(snapshot, occurredAt: payment.occurredAt, plan: plan)
    }
}

extension EventEffect {
    fileprivate func owned(by customer: Customer.ID) -> EventEffect {
        var subscription = subscription
        subscription.customerID = customer
        return EventEffect(subscription: subscription, note: note, isNews: isNews)
    }
}
