package import struct Foundation.Date
package import struct Swift.Duration

/// Gives a subscription its next key.
package struct RotationDesk: Sendable {
    /// What asking for a rotation came to.
    package enum Outcome: Hashable, Sendable {
        /// The next key is due.
        case begun(Grant)
        /// The next key was due already and is not shown yet.
        case pending(Grant)
        /// Nothing was changed.
        case refused(Refusal)
    }

    /// Why no rotation was begun.
    package enum Refusal: Hashable, Sendable {
        /// There is no key to take the place of.
        case noKey
        /// The key does not live, so that none can live on beside its successor.
        case notActive
        /// The key before lives on until then, and a third one would end it early.
        case previousLives(until: Date)
    }

    /// Decides access, and makes the rows of keys.
    package let access: AccessDesk

    /// Makes a desk.
    package init(access: AccessDesk) { self.access = access }

    /// Makes the next key due.
    ///
    /// - Parameters:
    ///   - id: The subscription.
    ///   - overlap: How long the key lives on once the next one is shown; zero ends it, and any
    ///     before it, at once.
    ///   - reason: Why, for the audit.
    ///   - actor: Who asks, for the audit.
    ///   - tx: The transaction.
    ///   - now: The one time of this transaction.
    /// - Returns: What came of it.
    /// - Throws: What the store throws.
    package func rotate(
        _ id: Subscription.ID,
        overlap: Duration,
        reason: String,
        actor: String,
        in tx: any StoreTransaction,
        now: Date
    ) throws -> Outcome {
        guard var grant = try tx.grant(id), grant.desired.generation > 0 || grant.isAdopted,
            grant.desired.access != .ended
        else { return .refused(.noKey) }
        let isPending = grant.observed.shownGeneration < grant.desired.generation
        if overlap > .zero {
            guard grant.desired.access == .active else { return .refused(.notActive) }
            if isPending { return .pending(grant) }
            if let until = grant.previousUntil, until > now {
                return .refused(.previousLives(until: until))
            }
        } else if isPending, grant.desired.overlap == nil {
            return .pending(grant)
        }
        if !isPending {
            grant.desired.generation += 1
            try access.insertKey(id, grant.desired.generation, in: tx, now)
        }
        grant.desired.overlap = overlap > .zero ? overlap : nil
        grant.changedAt = now
        grant.failures = 0
        grant.problem = nil
        grant.nextAttemptAt = now
        try tx.save(grant)
        try audit(grant, reason, actor, in: tx, now)
        return .begun(grant)
    }

    private func audit(
        _ grant: Grant,
        _ reason: String,
        _ actor: String,
        in tx: any StoreTransaction,
        _ now: Date
    ) throws {
        try tx.append(
            AuditEntry(
                at: now,
                actor: actor,
                action: "key.rotated",
                subscriptionID: grant.subscriptionID,
                details: [
                    "generation": String(grant.desired.generation),
                    "grace": (grant.desired.overlap ?? .zero).short,
                    "reason": reason,
                ]
            )
        )
    }
}
