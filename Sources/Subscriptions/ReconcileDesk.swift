package import Foundation

/// How a subscription of ours differs from the provider's.
package struct Difference: Hashable, Sendable {
    /// What is different about it.
    package enum Kind: String, Sendable {
        /// It is not known here.
        case new
        /// It stands differently here.
        case changed
        /// It cannot be compared; staff must look.
        case problem
    }

    /// One field.
    package struct Field: Hashable, Sendable {
        /// Its name.
        package let name: String
        /// What we have.
        package let ours: String
        /// What the provider says.
        package let theirs: String
    }

    /// What is different.
    package let kind: Kind
    /// The provider's id.
    package let providerID: String
    /// Our id, where it is known.
    package let subscriptionID: Subscription.ID?
    /// The fields that differ.
    package let fields: [Field]
    /// What access was.
    package let accessBefore: Access?
    /// What access is, or would be.
    package let accessAfter: Access?
    /// Why, in one clause or sentence.
    package let reason: String

    /// Makes a difference that staff must look at.
    package init(problem reason: String, providerID: String, subscriptionID: Subscription.ID?) {
        kind = .problem
        self.providerID = providerID
        self.subscriptionID = subscriptionID
        fields = []
        accessBefore = nil
        accessAfter = nil
        self.reason = reason
    }

    fileprivate init(
        _ kind: Kind,
        _ subscription: Subscription,
        _ fields: [Field],
        _ before: Access?,
        _ decision: AccessDecision
    ) {
        self.kind = kind
        providerID = subscription.providerID
        subscriptionID = kind == .new ? nil : subscription.id
        self.fields = fields
        accessBefore = before
        accessAfter = decision.access
        reason = decision.reason
    }
}

/// Compares subscriptions with what their provider was asked for, and takes its word.
package struct ReconcileDesk: Sendable {
    /// Applies events; a look at an object is one.
    package let events: EventDesk

    /// Makes a desk.
    package init(events: EventDesk) { self.events = events }

    /// What a fetched snapshot would change; nil where nothing.
    package func compare(
        _ snapshot: SubscriptionSnapshot,
        _ payment: PaymentEvent,
        in reader: any StoreReader,
        now: Date
    ) throws -> Difference? {
        try look(snapshot, payment, in: reader, now)?.difference
    }

    /// Takes a fetched snapshot as how things stand; what that changed, nil where nothing.
    package func apply(
        _ snapshot: SubscriptionSnapshot,
        _ payment: PaymentEvent,
        actor: String,
        in tx: any StoreTransaction,
        now: Date
    ) throws -> Difference? {
        guard let look = try look(snapshot, payment, in: tx, now) else { return nil }
        guard var subscription = look.after else { return look.difference }
        guard let difference = look.difference else {
            // That it was seen is worth knowing: what was not may be gone at the provider.
            try tx.save(subscription)
            return nil
        }
        let customer = try events.customer(snapshot.customerID, nil, payment, in: tx, now)
        subscription.customerID = customer.id
        try events.access.decide(subscription, actor: actor, in: tx, now: now)
        var details = Dictionary(
            difference.fields.map { ($0.name, "\($0.ours) → \($0.theirs)") },
            uniquingKeysWith: { _, last in last }
        )
        details["difference"] = difference.kind.rawValue
        try tx.append(
            AuditEntry(
                at: now,
                actor: actor,
                action: "subscription.reconciled",
                subscriptionID: subscription.id,
                details: details
            )
        )
        return difference
    }

    private struct Look {
        var after: Subscription?
        var difference: Difference?
    }

    private func look(
        _ snapshot: SubscriptionSnapshot,
        _ payment: PaymentEvent,
        in reader: any StoreReader,
        _ now: Date
    ) throws -> Look? {
        let known = try reader.subscription(
            provider: payment.provider,
            mode: payment.mode,
            providerID: snapshot.id
        )
        // What ended before we heard of it is nobody's business.
        if known == nil, snapshot.status.isFinal { return nil }
        let fetchedAt = payment.fetchedAt ?? payment.occurredAt
        if let known, known.guarding(snapshot, fetchedAt: fetchedAt) != nil { return nil }
        let match = PlanMatch.find(
            snapshot.items,
            provider: payment.provider,
            current: try known?.plan.flatMap { try reader.plan($0) },
            price: known?.price,
            latest: try reader.latestPlans()
        )
        if case .failure(let mismatch) = match, !snapshot.status.needsNoPlan {
            return Look(
                after: nil,
                difference: Difference(
                    problem: mismatch.need.reason,
                    providerID: snapshot.id,
                    subscriptionID: known?.id
                )
            )
        }
        let before = known ?? blank(snapshot, payment, now)
        let effect = before.applying(snapshot, fetchedAt: fetchedAt, plan: try? match.get())
        let after = effect.subscription
        guard known == nil || effect.isNews else { return Look(after: after) }
        let decision = Access.decide(
            after,
            plan: try after.plan.flatMap { try reader.plan($0)?.plan },
            holds: try reader.holds(after.id),
            now: now
        )
        let difference = Difference(
            known == nil ? .new : .changed,
            after,
            Self.fields(before, after),
            try reader.grant(after.id)?.desired.access,
            decision
        )
        return Look(after: after, difference: difference)
    }

    private func blank(
        _ snapshot: SubscriptionSnapshot,
        _ payment: PaymentEvent,
        _ now: Date
    ) -> Subscription {
        Subscription(
            id: .random(events.access.random),
            provider: payment.provider,
            mode: payment.mode,
            providerID: snapshot.id,
            customerID: Customer.ID(""),
            createdAt: now
        )
    }

    private static func fields(_ ours: Subscription, _ theirs: Subscription) -> [Difference.Field] {
        func word(_ date: Date?) -> String { date.map { $0.formatted(.iso8601) } ?? "-" }
        func row(_ name: String, _ read: (Subscription) -> String) -> Difference.Field? {
            let (our, their) = (read(ours), read(theirs))
            return our == their ? nil : Difference.Field(name: name, ours: our, theirs: their)
        }
        return [
            row("status") { $0.status?.rawValue ?? "-" },
            row("plan") { $0.plan.map { "\($0.id)@\($0.version)" } ?? "-" },
            row("price") { $0.price ?? "-" },
            row("quantity") { $0.quantity.map(String.init) ?? "-" },
            row("period_end") { word($0.periodEnd) },
            row("period_covered") { $0.isPeriodCovered ? "yes" : "no" },
            row("trial_end") { word($0.trialEnd) },
            row("cancel_at") { word($0.cancelAt) },
            row("pause") { $0.pause?.behavior.rawValue ?? "-" },
            row("past_due_since") { word($0.pastDueSince) },
            row("ended") { word($0.endedAt) },
        ].compactMap(\.self)
    }
}
