package import struct Foundation.Date

/// What staff decide over money.
package struct HoldDesk: Sendable {
    /// Decides access.
    package let access: AccessDesk

    /// Makes a desk.
    package init(access: AccessDesk) { self.access = access }

    /// Places a hold, unless one of its kind is open; access is decided again at once.
    ///
    /// The subscription is read again in this transaction: a copy that was found before staff
    /// had confirmed would undo what events have done since.
    package func place(
        _ kind: Hold.Kind,
        on subscription: Subscription,
        reason: String,
        actor: String,
        in tx: any StoreTransaction,
        now: Date
    ) throws -> Grant {
        let subscription = try tx.subscription(subscription.id) ?? subscription
        let isOpen = try tx.holds(subscription.id).contains {
            $0.kind == kind && $0.liftedAt == nil
        }
        if !isOpen {
            try tx.save(
                Hold(
                    id: .random(access.random),
                    subscriptionID: subscription.id,
                    kind: kind,
                    reason: reason,
                    actor: actor,
                    createdAt: now
                )
            )
            try audit("hold.placed", kind, subscription, reason, actor, in: tx, now)
        }
        return try decide(subscription, actor, in: tx, now)
    }

    /// Lifts the open holds of a kind; how many there were, and the grant afterwards.
    package func lift(
        _ kind: Hold.Kind,
        on subscription: Subscription,
        reason: String,
        actor: String,
        in tx: any StoreTransaction,
        now: Date
    ) throws -> (lifted: Int, grant: Grant) {
        let subscription = try tx.subscription(subscription.id) ?? subscription
        let open = try tx.holds(subscription.id).filter { $0.kind == kind && $0.liftedAt == nil }
        for var hold in open {
            hold.liftedAt = now
            try tx.save(hold)
        }
        if !open.isEmpty {
            try audit("hold.lifted", kind, subscription, reason, actor, in: tx, now)
        }
        return (open.count, try decide(subscription, actor, in: tx, now))
    }

    private func decide(
        _ subscription: Subscription,
        _ actor: String,
        in tx: any StoreTransaction,
        _ now: Date
    ) throws -> Grant {
        let desired = try access.decide(subscription, actor: actor, in: tx, now: now).after
        return try tx.grant(subscription.id)
            ?? Grant(subscriptionID: subscription.id, desired: desired, changedAt: now)
    }

    private func audit(
        _ action: String,
        _ kind: Hold.Kind,
        _ subscription: Subscription,
        _ reason: String,
        _ actor: String,
        in tx: any StoreTransaction,
        _ now: Date
    ) throws {
        try tx.append(
            AuditEntry(
                at: now,
                actor: actor,
                action: action,
                subscriptionID: subscription.id,
                details: ["kind": kind.rawValue, "reason": reason]
            )
        )
    }
}
