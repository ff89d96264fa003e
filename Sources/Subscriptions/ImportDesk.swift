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
    ///   - app: What the platform says of the app that the line names, where it names one that is
    ///     not known here.
    ///   - actor: Who asks, for the audit.
    ///   - tx: The transaction.
    ///   - now: The one time of this transaction.
    /// - Returns: What it came to.
    /// - Throws: ``ImportRefusal``, after which nothing is written, and what the store throws.
    package func take(
        _ line: ImportLine,
        app: NamedApp? = nil,
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
        let adopted = try adopted(line, app, in: tx, now)
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
        try access.decide(subscription, adopting: adopted, actor: actor, in: tx, now: now)
        if var grant = try tx.grant(subscription.id) {
            grant.isBulk = true
            try tx.save(grant)
        }
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
        try confirmApp(of: line, known, in: tx)
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

    /// The app to take over, if the line names one that can be; a key that is not paid for now
    /// would end with the import, which nobody means by one.
    private func adopted(
        _ line: ImportLine,
        _ app: NamedApp?,
        in tx: any StoreTransaction,
        _ now: Date
    ) throws -> ObservedGrant.Adopted? {
        guard let id = line.app else { return nil }
        if let owner = try tx.subscription(appID: id) {
            throw ImportRefusal(
                line: line.number,
                "The app \(id) belongs to subscription \(owner) here: correct the field app."
            )
        }
        if let end = line.paidUntil, end <= now {
            throw ImportRefusal(
                line: line.number,
                "The field paid_until lies in the past, so that the app \(id) would end at once: "
                    + "correct it, or leave the line out."
            )
        }
        switch app {
        case .fits(let adopted):
            if let other = try tx.subscription(keyDigest: adopted.keyDigest) {
                throw ImportRefusal(
                    line: line.number,
                    "The app \(id) has the same key as subscription \(other.id) here."
                )
            }
            return adopted
        case .refused(let sentence): throw ImportRefusal(line: line.number, sentence)
        case nil:
            throw ImportRefusal(line: line.number, "The platform was not asked for app \(id).")
        }
    }

    /// An app is taken over only with a subscription that is new here: one that is known has, or is
    /// to get, a key of its own.
    private func confirmApp(
        of line: ImportLine,
        _ known: Subscription,
        in tx: any StoreTransaction
    ) throws {
        guard let app = line.app else { return }
        let adopted = try tx.grant(known.id)?.observed.adopted?.id
        guard adopted != app else { return }
        throw ImportRefusal(
            line: line.number,
            "The subscription is known here \(adopted.map { "with app \($0)" } ?? "without an app"), "
                + "and an app is taken over only with one that is new: empty the field app."
        )
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
        var details = ["line": String(line.number), "plan": line.plan.rawValue]
        details["app"] = line.app.map(String.init)
        try tx.append(
            AuditEntry(at: now, actor: actor, action: action, subscriptionID: id, details: details)
        )
    }
}
