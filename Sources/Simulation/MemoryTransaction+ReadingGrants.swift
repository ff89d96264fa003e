package import Subscriptions

package import struct Foundation.Date

/// What is read of plans, grants, keys and the rest.
extension MemoryTransaction {
    /// A plan in a version.
    package func plan(_ reference: Plan.Reference) throws -> PlanVersion? {
        tables.versions.first { $0.reference == reference }
    }

    /// The newest version of every plan, retired ones included, by id.
    package func latestPlans() throws -> [PlanVersion] {
        let byPlan = Dictionary(grouping: tables.versions, by: \.plan.id).values
        let latest = byPlan.compactMap { $0.max { $0.version < $1.version } }
        return latest.sorted { $0.plan.id.rawValue < $1.plan.id.rawValue }
    }

    /// What the grant of a subscription desires.
    package func desired(_ id: Subscription.ID) throws -> DesiredGrant? {
        tables.grants[id]?.desired
    }

    /// The grant of a subscription.
    package func grant(_ id: Subscription.ID) throws -> Grant? { tables.grants[id] }

    /// Grants to work on by now, by their ``Grant/priority``, then the longest due.
    package func dueGrants(_ now: Date, limit: Int) throws -> [Grant] {
        let due = tables.grants.values.compactMap { grant in
            grant.nextAttemptAt.map { (at: $0, priority: grant.priority, grant: grant) }
        }
        let sorted = due.filter { $0.at <= now }.sorted { one, other in
            (one.priority, one.at, one.grant.subscriptionID.rawValue)
                < (other.priority, other.at, other.grant.subscriptionID.rawValue)
        }
        return sorted.prefix(limit).map(\.grant)
    }

    /// When the next grant is due after now.
    package func nextGrantDue(after now: Date) throws -> Date? {
        tables.grants.values.compactMap(\.nextAttemptAt).filter { $0 > now }.min()
    }

    /// Grants that have a problem, oldest problem first.
    package func troubledGrants(limit: Int) throws -> [Grant] {
        let troubled = tables.grants.values.compactMap { grant in
            grant.problem.map { (since: $0.since, grant: grant) }
        }
        return troubled.sorted {
            ($0.since, $0.grant.subscriptionID.rawValue)
                < ($1.since, $1.grant.subscriptionID.rawValue)
        }.prefix(limit).map(\.grant)
    }

    /// Grants with ``Grant/isUnproved``, those that changed first before the others.
    package func unprovedRevocations(limit: Int) throws -> [Grant] {
        let unproved = tables.grants.values.filter(\.isUnproved)
        return Array(
            unproved.sorted {
                ($0.changedAt, $0.subscriptionID.rawValue) < (
                    $1.changedAt, $1.subscriptionID.rawValue
                )
            }.prefix(limit)
        )
    }

    /// How much of bulk work is to be done yet.
    package func bulkWork() throws -> BulkWork {
        let bulk = tables.grants.values.filter { $0.isBulk && $0.desired.access == .active }
        return BulkWork(underWay: bulk.count, stuck: bulk.count { $0.problem != nil })
    }

    /// The last attempts for a subscription, oldest first.
    package func attempts(_ id: Subscription.ID, limit: Int) throws -> [Attempt] {
        Array(tables.attempts.filter { $0.subscriptionID == id }.suffix(limit))
    }

    /// A key row.
    package func key(_ id: Subscription.ID, generation: Int) throws -> APIKey? {
        try keys(id).first { $0.generation == generation }
    }

    /// All key rows of a subscription by generation.
    package func keys(_ id: Subscription.ID) throws -> [APIKey] {
        tables.keys.filter { $0.subscriptionID == id }.sorted { $0.generation < $1.generation }
    }

    /// The ids of the master keys from which keys that have not ended are derived.
    package func masterKeyIDsInUse() throws -> Set<String> {
        Set(tables.keys.filter { $0.endedAt == nil }.map(\.masterKeyID))
    }

    /// The claim of a reference.
    package func claim(provider: Provider, referenceDigest: [UInt8]) throws -> Claim? {
        tables.claims.first { $0.provider == provider && $0.referenceDigest == referenceDigest }
    }

    /// Lines of the audit, oldest first, of one subscription or all; the last `limit` of them.
    package func audit(_ id: Subscription.ID?, limit: Int) throws -> [AuditEntry] {
        let lines = tables.audit.filter { id == nil || $0.subscriptionID == id }
        return Array(lines.suffix(limit))
    }
}
