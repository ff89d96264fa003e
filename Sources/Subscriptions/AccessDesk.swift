package import struct Foundation.Date

/// Decides access within a transaction and writes what follows from it: the desired grant, the
/// row of a new key, the next decision and the audit.
package struct AccessDesk: Sendable {
    /// The mode of this installation.
    package let mode: Mode
    /// What new keys are derived from.
    package let keyRing: KeyRing
    /// Gives ids and salts.
    package let random: RandomBytes

    /// Makes a desk.
    package init(mode: Mode, keyRing: KeyRing, random: @escaping RandomBytes) {
        self.mode = mode
        self.keyRing = keyRing
        self.random = random
    }

    /// Decides the access of a subscription as it stands in this transaction.
    ///
    /// - Parameters:
    ///   - subscription: The subscription, which is saved with its next decision.
    ///   - app: The app that a subscription which is new here takes over; its key is due then.
    ///   - actor: Who caused it, for the audit.
    ///   - tx: The transaction.
    ///   - now: The one time of this transaction.
    /// - Returns: What was desired before and is now.
    /// - Throws: What the store throws.
    @discardableResult
    package func decide(
        _ subscription: Subscription,
        adopting app: ObservedGrant.Adopted? = nil,
        actor: String,
        in tx: any StoreTransaction,
        now: Date
    ) throws -> (before: DesiredGrant?, after: DesiredGrant) {
        let plan = try subscription.plan.flatMap { try tx.plan($0)?.plan }
        let holds = try tx.holds(subscription.id)
        let decision = Access.decide(subscription, plan: plan, holds: holds, now: now)
        let allowance = subscription.allowance(under: plan, now: now)
        var subscription = subscription
        let renewal = decision.access == .active ? allowance?.next : nil
        subscription.nextDecisionAt = [decision.until, renewal].compactMap(\.self).min()
        try tx.save(subscription)
        let before = try tx.desired(subscription.id)
        let desired = Self.desired(
            decision,
            subscription.plan,
            allowance,
            before: before,
            hasAdopted: try before.map { before in
                // Who had a later key had one whatever there was before it.
                try before.generation == 0 && tx.grant(subscription.id)?.observed.adopted != nil
            } ?? (app != nil)
        )
        guard before != desired else { return (before, desired) }
        var grant =
            try tx.grant(subscription.id)
            ?? Grant(subscriptionID: subscription.id, desired: desired, changedAt: now)
        if before == nil, let app { grant.observed = ObservedGrant(adopting: app) }
        grant.desired = desired
        // Nothing stands on the platform as long as no key was ever due.
        let mayStand = desired.generation > 0 || grant.observed.adopted != nil
        if mayStand, before?.calls(for: desired) ?? true {
            grant.changedAt = now
            grant.failures = 0
            // What stood in the way of the old wish may not stand in the way of this one.
            grant.problem = nil
            grant.nextAttemptAt = now
        }
        if desired.generation > before?.generation ?? 0 {
            try insertKey(subscription.id, desired.generation, in: tx, now)
        }
        try tx.save(grant)
        try audit(grant, before: before, actor, in: tx, now)
        return (before, desired)
    }

    private func audit(
        _ grant: Grant,
        before: DesiredGrant?,
        _ actor: String,
        in tx: any StoreTransaction,
        _ now: Date
    ) throws {
        func append(_ action: String, _ details: [String: String]) throws {
            try tx.append(
                AuditEntry(
                    at: now,
                    actor: actor,
                    action: action,
                    subscriptionID: grant.subscriptionID,
                    details: details
                )
            )
        }
        let desired = grant.desired
        let access = before?.access ?? .none
        if access != desired.access {
            var details = [
                "from": access.rawValue,
                "to": desired.access.rawValue,
                "reason": desired.reason,
                "generation": String(desired.generation),
            ]
            if access == .ended { details["return"] = "a new key after the end" }
            try append("access.changed", details)
        }
        if let from = before?.plan, let to = desired.plan, from != to {
            try append(
                "subscription.moved",
                ["from": "\(from.id)@\(from.version)", "to": "\(to.id)@\(to.version)"]
            )
        }
    }

    /// Decides again what has become due by the clock; how many subscriptions that were.
    package func decideDue(in tx: any StoreTransaction, now: Date, limit: Int) throws -> Int {
        let due = try tx.subscriptions(decisionDueBy: now, limit: limit)
        for subscription in due {
            try decide(subscription, actor: "clock", in: tx, now: now)
        }
        return due.count
    }

    /// A first key, and every key after an end, is a generation of its own: what was taken down
    /// never comes back.
    ///
    /// An app that was taken over has the first key, until its owner asks for another.
    private static func desired(
        _ decision: AccessDecision,
        _ plan: Plan.Reference?,
        _ allowance: Allowance?,
        before: DesiredGrant?,
        hasAdopted: Bool
    ) -> DesiredGrant {
        var generation = before?.generation ?? 0
        let hadKey = generation > 0 || hasAdopted
        let comesBack = hadKey && before?.access == .ended
        switch decision.access {
        case .active where !hadKey || comesBack: generation += 1
        case .suspended where comesBack: generation += 1
        case .none where comesBack: generation += 1
        case .active, .suspended, .none, .ended: break
        }
        return DesiredGrant(
            access: decision.access,
            reason: decision.reason,
            plan: plan,
            generation: generation,
            overlap: generation == before?.generation ? before?.overlap : nil,
            allowance: later(before?.allowance, allowance?.start)
        )
    }

    /// An allowance never goes back, and one that differs by less than a day is the same period
    /// told twice.
    private static func later(_ known: Date?, _ told: Date?) -> Date? {
        guard let known, let told else { return told }
        return told >= known.addingTimeInterval(86_400) ? told : known
    }

    func insertKey(
        _ id: Subscription.ID,
        _ generation: Int,
        in tx: any StoreTransaction,
        _ now: Date
    ) throws {
        try tx.insert(
            keyRing.makeKey(
                mode: mode,
                subscription: id,
                generation: generation,
                now: now,
                random: random
            )
        )
    }
}

extension DesiredGrant {
    /// Whether going over to `next` asks for work on the platform.
    fileprivate func calls(for next: DesiredGrant) -> Bool {
        access != next.access || generation != next.generation || plan != next.plan
            || next.access == .active && allowance != next.allowance
    }
}
