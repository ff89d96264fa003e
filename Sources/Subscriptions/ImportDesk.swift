package import struct Foundation.Date

/// Takes existing customers over, a line of a file each.
package struct ImportDesk: Sendable {
    /// What a line came to.
    package enum Outcome: Hashable, Sendable {
        /// A subscription was made.
        case new(Subscription.ID)
        /// A subscription that no provider tells of was moved to another date or plan.
        case changed(Subscription.ID)
        /// It was known, and nothing changed.
        case known(Subscription.ID)
    }

    /// Decides access.
    package let access: AccessDesk

    /// Makes a desk.
    package init(access: AccessDesk) { self.access = access }

    /// Takes one line; repeated it changes nothing.
    ///
    /// - Parameters:
    ///   - line: The line.
    ///   - actor: Who asks, for the audit.
    ///   - tx: The transaction.
    ///   - now: The one time of this transaction.
    /// - Returns: What it came to.
    /// - Throws: ``ImportRefusal``, after which nothing is written, and what the store throws.
    package func take(
        _ line: ImportLine,
        actor: String,
        in tx: any StoreTransaction,
        now: Date
    ) throws -> Outcome {
        let plan = try plan(of: line, in: tx)
        let known = try tx.subscription(
            provider: line.provider,
            mode: access.mode,
            providerID: line.subscription
        )
        if let known { return try take(line, known, plan, actor, in: tx, now) }
        let customer = try customer(of: line, in: tx, now)
        var subscription = Subscription(
            id: .random(access.random),
            provider: line.provider,
            mode: access.mode,
            providerID: line.subscription,
            customerID: customer.id,
            createdAt: now
        )
        // No time stands beside the status, so that whatever the provider tells comes after it.
        subscription.status = .active
        subscription.plan = plan.reference
        subscription.periodEnd = line.paidUntil
        subscription.paidThrough = line.paidUntil
        var grant = try access.decide(subscription, actor: actor, in: tx, now: now)
        grant.isBulk = true
        try tx.save(grant)
        try audit("subscription.imported", subscription.id, line, actor, in: tx, now)
        return .new(subscription.id)
    }

    /// A provider's word outweighs a file; only what no provider tells of is moved by one.
    private func take(
        _ line: ImportLine,
        _ known: Subscription,
        _ plan: PlanVersion,
        _ actor: String,
        in tx: any StoreTransaction,
        _ now: Date
    ) throws -> Outcome {
        guard known.provider == .manual else { return .known(known.id) }
        if let status = known.status, status.isFinal {
            throw ImportRefusal(
                line: line.number,
                "The subscription has ended; nothing revives it."
            )
        }
        var subscription = known
        if known.plan?.id != line.plan { subscription.plan = plan.reference }
        subscription.periodEnd = line.paidUntil
        subscription.paidThrough = line.paidUntil
        guard subscription != known else { return .known(known.id) }
        try access.decide(subscription, actor: actor, in: tx, now: now)
        try audit("subscription.reimported", known.id, line, actor, in: tx, now)
        return .changed(known.id)
    }

    private func plan(of line: ImportLine, in tx: any StoreTransaction) throws -> PlanVersion {
        let latest = try tx.latestPlans().first { $0.plan.id == line.plan }
        guard let latest else {
            throw ImportRefusal(
                line: line.number,
                "There is no plan \(line.plan): apply it first, or correct its id."
            )
        }
        guard latest.retiredAt == nil else {
            throw ImportRefusal(line: line.number, "The plan \(line.plan) is retired.")
        }
        let countsMonths = latest.plan.limits.contains { $0.period == .month }
        guard line.provider != .manual || line.paidUntil != nil || !countsMonths else {
            throw ImportRefusal(
                line: line.number,
                "The plan \(line.plan) counts months back from what is paid: say paid_until."
            )
        }
        return latest
    }

    private func customer(
        of line: ImportLine,
        in tx: any StoreTransaction,
        _ now: Date
    ) throws -> Customer {
        let known = try tx.customer(
            provider: line.provider,
            mode: access.mode,
            providerID: line.customer
        )
        if let known, known.deletedAt != nil {
            throw ImportRefusal(line: line.number, "The provider has deleted this customer.")
        }
        if let known, known.email != nil { return known }
        var customer =
            known
            ?? Customer(
                id: .random(access.random),
                provider: line.provider,
                mode: access.mode,
                providerID: line.customer,
                email: nil,
                createdAt: now
            )
        customer.email = line.email
        try tx.save(customer)
        return customer
    }

    private func audit(
        _ action: String,
        _ id: Subscription.ID,
        _ line: ImportLine,
        _ actor: String,
        in tx: any StoreTransaction,
        _ now: Date
    ) throws {
        try tx.append(
            AuditEntry(
                at: now,
                actor: actor,
                action: action,
                subscriptionID: id,
                details: ["line": String(line.number), "plan": line.plan.rawValue]
            )
        )
    }
}
