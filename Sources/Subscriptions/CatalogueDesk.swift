package import struct Foundation.Date

/// What applying a catalogue does, or would do.
package struct CatalogueChange: Hashable, Sendable {
    /// One plan of the catalogue.
    package struct Line: Hashable, Sendable {
        /// What happens to it.
        package enum Kind: String, Sendable {
            case added
            case changed
            case unchanged
            case retired
        }

        /// The plan in the version that stands afterwards.
        package let plan: Plan.Reference
        /// What happens to it.
        package let kind: Kind
        /// How many subscribers stay on an older version of it.
        package let staying: Int
        /// How many limits one subscriber of it has on the platform.
        package let limits: Int
    }

    /// The plans, those of the file first.
    package let lines: [Line]
    /// The parked events that come back.
    package let returning: [Int64]
}

/// Applies catalogues: a changed plan becomes a new version, and nobody ends by a file.
package struct CatalogueDesk: Sendable {
    /// Decides access.
    package let access: AccessDesk

    /// Makes a desk.
    package init(access: AccessDesk) { self.access = access }

    /// What applying the catalogue would do now.
    package func preview(
        _ catalogue: Catalogue,
        in reader: any StoreReader
    ) throws -> CatalogueChange {
        let latest = Dictionary(
            try reader.latestPlans().map { ($0.plan.id, $0) },
            uniquingKeysWith: { _, last in last }
        )
        let counts = try reader.subscriptionCounts()
        var lines = catalogue.plans.map { plan in
            Self.line(plan, latest[plan.id], counts)
        }
        let kept = Set(catalogue.plans.map(\.id))
        for version in latest.values.sorted(by: { $0.plan.id.rawValue < $1.plan.id.rawValue })
        where !kept.contains(version.plan.id) && version.retiredAt == nil {
            lines.append(
                CatalogueChange.Line(
                    plan: version.reference,
                    kind: .retired,
                    staying: counts.total(of: version.plan.id),
                    limits: version.plan.limits.count
                )
            )
        }
        return CatalogueChange(lines: lines, returning: try returning(catalogue, in: reader))
    }

    /// Applies the catalogue.
    package func apply(
        _ catalogue: Catalogue,
        actor: String,
        in tx: any StoreTransaction,
        now: Date
    ) throws -> CatalogueChange {
        let change = try preview(catalogue, in: tx)
        let plans = Dictionary(uniqueKeysWithValues: catalogue.plans.map { ($0.id, $0) })
        for line in change.lines {
            switch line.kind {
            case .unchanged: try tx.retire(line.plan.id, at: nil)
            case .retired: try tx.retire(line.plan.id, at: now)
            case .added, .changed:
                guard let plan = plans[line.plan.id] else { continue }
                try tx.retire(plan.id, at: nil)
                try tx.insert(
                    PlanVersion(plan: plan, version: line.plan.version, appliedAt: now)
                )
            }
            if line.kind != .unchanged {
                try tx.append(
                    AuditEntry(
                        at: now,
                        actor: actor,
                        action: "plan.\(line.kind.rawValue)",
                        subscriptionID: nil,
                        details: [
                            "plan": line.plan.id.rawValue, "version": String(line.plan.version),
                        ]
                    )
                )
            }
        }
        for number in change.returning {
            guard var event = try tx.event(number) else { continue }
            event.state = .pending
            event.need = nil
            try tx.update(event)
        }
        return change
    }

    /// Moves subscribers of a plan to its newest version, a page at a time.
    ///
    /// - Parameters:
    ///   - id: The plan.
    ///   - last: The last subscription of the page before; nil at first.
    ///   - limit: How many subscriptions to look at.
    ///   - actor: Who does it, for the audit.
    ///   - tx: The transaction.
    ///   - now: The one time of this transaction.
    /// - Returns: How many were moved, and the last one looked at; nil when there are no more.
    /// - Throws: What the store throws.
    package func move(
        _ id: Plan.ID,
        after last: Subscription.ID?,
        limit: Int,
        actor: String,
        in tx: any StoreTransaction,
        now: Date
    ) throws -> (moved: Int, last: Subscription.ID?) {
        guard let newest = try tx.latestPlans().first(where: { $0.plan.id == id }) else {
            return (0, nil)
        }
        let page = try tx.subscriptions(after: last, limit: limit)
        var moved = 0
        for var subscription in page
        where subscription.plan?.id == id && subscription.plan != newest.reference
            && subscription.status?.isFinal != true
        {
            subscription.plan = newest.reference
            try access.decide(subscription, actor: actor, in: tx, now: now)
            moved += 1
        }
        return (moved, page.count < limit ? nil : page.last?.id)
    }

    private static func line(
        _ plan: Plan,
        _ current: PlanVersion?,
        _ counts: [Plan.Reference: Int]
    ) -> CatalogueChange.Line {
        let version: Int
        let kind: CatalogueChange.Line.Kind
        if let current {
            let isSame = current.plan == plan
            version = isSame ? current.version : current.version + 1
            kind = isSame ? .unchanged : .changed
        } else {
            version = 1
            kind = .added
        }
        let reference = Plan.Reference(id: plan.id, version: version)
        return CatalogueChange.Line(
            plan: reference,
            kind: kind,
            staying: counts.total(of: plan.id) - (counts[reference] ?? 0),
            limits: plan.limits.count
        )
    }

    /// The parked events whose need this catalogue meets: one of their prices is in it now.
    private func returning(
        _ catalogue: Catalogue,
        in reader: any StoreReader
    ) throws -> [Int64] {
        try [Need.Kind.unknownPrice, .ambiguous].flatMap { kind in
            try reader.parkedEvents(kind, limit: 100_000).filter { event in
                let prices = event.need?.subject.split(separator: " ").map(String.init) ?? []
                let sold = prices.filter { price in
                    catalogue.plans.contains { $0.sells(price, of: event.provider) }
                }
                return kind == .unknownPrice ? !sold.isEmpty : sold.count == 1
            }
            .map(\.number)
        }
        .sorted()
    }
}

extension [Plan.Reference: Int] {
    fileprivate func total(of id: Plan.ID) -> Int {
        reduce(0) { $0 + ($1.key.id == id ? $1.value : 0) }
    }
}
