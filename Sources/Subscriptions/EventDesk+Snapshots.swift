import struct Foundation.Date

/// What a provider says of a customer or a subscription as a whole.
extension EventDesk {
    func applyCustomer(
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
    func applySnapshot(
        _ snapshot: SubscriptionSnapshot,
        _ payment: PaymentEvent,
        _ event: inout InboxEvent,
        in tx: any StoreTransaction,
        _ now: Date
    ) throws -> Bool {
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
            return true
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
        let isHeard = try finish(effect, isNews: effect.isNews, payment, &event, in: tx, now)
        guard let order = snapshot.order, known?.order != order else { return isHeard }
        try returnEvents(needing: Self.subject(ofOrder: order), payment, in: tx)
        // Whoever claims by the order may wait for it.
        return true
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

    func subscription(
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

    func known(
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
