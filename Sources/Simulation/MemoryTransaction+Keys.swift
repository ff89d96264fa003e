package import Subscriptions

package import struct Foundation.Date

extension MemoryTransaction {
    /// Adds a key row.
    package func insert(_ key: APIKey) throws {
        try requireSubscription(key.subscriptionID)
        let twin = tables.keys.contains { other in
            other.digest == key.digest
                || (other.subscriptionID == key.subscriptionID
                    && other.generation == key.generation)
        }
        guard !twin else { throw MemoryStoreError.notUnique("key \(key.generation)") }
        tables.keys.append(key)
        onRollBack { $0.keys.removeLast() }
    }

    /// Writes when a key was shown and ended.
    package func update(_ key: APIKey) throws {
        let found = tables.keys.firstIndex { other in
            other.generation == key.generation && other.subscriptionID == key.subscriptionID
        }
        guard let found else { throw MemoryStoreError.dangling("key \(key.generation)") }
        let old = tables.keys[found]
        tables.keys[found].shownAt = key.shownAt
        tables.keys[found].endedAt = key.endedAt
        onRollBack { $0.keys[found] = old }
    }

    /// Adds a claim unless its reference is known; whether it was added.
    @discardableResult
    package func insert(_ claim: Claim) throws -> Bool {
        try requireSubscription(claim.subscriptionID)
        guard
            try self.claim(provider: claim.provider, referenceDigest: claim.referenceDigest) == nil
        else { return false }
        tables.claims.append(claim)
        onRollBack { $0.claims.removeLast() }
        return true
    }

    /// Uses a claim that is neither used nor ended before its deadline; whether it was.
    package func use(
        _ id: Claim.ID,
        at date: Date,
        deadline: Date,
        idempotencyDigest: [UInt8]?
    ) throws -> Bool {
        let found = tables.claims.firstIndex { claim in
            claim.id == id && claim.usedAt == nil && claim.endedAt == nil && date < deadline
        }
        guard let found else { return false }
        let old = tables.claims[found]
        tables.claims[found].usedAt = date
        tables.claims[found].idempotencyDigest = idempotencyDigest
        onRollBack { $0.claims[found] = old }
        return true
    }

    /// Adds a lookup token.
    package func insert(_ token: LookupToken) throws {
        try requireSubscription(token.subscriptionID)
        let twin = tables.tokens.contains { $0.digest == token.digest || $0.id == token.id }
        guard !twin else { throw MemoryStoreError.notUnique("token") }
        tables.tokens.append(token)
        onRollBack { $0.tokens.removeLast() }
    }

    /// Ends all lookup tokens of a subscription.
    package func revokeTokens(_ id: Subscription.ID, at date: Date) throws {
        let old = tables.tokens
        for index in tables.tokens.indices
        where tables.tokens[index].subscriptionID == id && tables.tokens[index].revokedAt == nil {
            tables.tokens[index].revokedAt = date
        }
        onRollBack { $0.tokens = old }
    }

    /// Notes that a generation was revealed; an older one that is revealed late changes nothing.
    package func reveal(_ generation: Int, to id: LookupToken.ID) throws -> Bool {
        let isOpen = { (token: LookupToken) in token.id == id && token.revokedAt == nil }
        guard let index = tables.tokens.firstIndex(where: isOpen) else { return false }
        let old = tables.tokens[index]
        tables.tokens[index].revealedGeneration = max(old.revealedGeneration, generation)
        onRollBack { $0.tokens[index] = old }
        return true
    }

    /// Ends all unused claims of a subscription.
    package func expireClaims(_ id: Subscription.ID, at date: Date) throws {
        let old = tables.claims
        tables.claims = old.map { claim in
            guard claim.subscriptionID == id, claim.usedAt == nil, claim.endedAt == nil else {
                return claim
            }
            return Claim(
                id: claim.id,
                provider: claim.provider,
                referenceDigest: claim.referenceDigest,
                subscriptionID: id,
                createdAt: claim.createdAt,
                expiresAt: min(claim.expiresAt, date),
                salt: claim.salt,
                endedAt: date
            )
        }
        onRollBack { $0.claims = old }
    }

    /// Writes what a comparison of the platform with the grants found.
    package func save(_ report: DriftReport) throws {
        let old = tables.driftReport
        tables.driftReport = report
        onRollBack { $0.driftReport = old }
    }

    /// Writes how far a comparison with a provider has come.
    package func save(_ reconciliation: Reconciliation) throws {
        let provider = reconciliation.provider
        let old = tables.reconciliations.updateValue(reconciliation, forKey: provider)
        onRollBack { $0.reconciliations[provider] = old }
    }

    /// Adds a line to the audit.
    package func append(_ entry: AuditEntry) throws {
        if let id = entry.subscriptionID { try requireSubscription(id) }
        tables.audit.append(entry)
        onRollBack { $0.audit.removeLast() }
    }
}
