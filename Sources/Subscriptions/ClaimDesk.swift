import Digest
package import struct Foundation.Date

/// What came of an attempt to claim.
package enum ClaimOutcome: Hashable, Sendable {
    /// Unknown, over or foreign.
    case refused
    /// Used before; outside it is the same answer, and ``ClaimDesk/noteUsedAgain(_:in:now:)`` tells
    /// staff that somebody else has the reference.
    case refusedAsUsed(Subscription.ID)
    /// The reference is good, but its key cannot be shown yet.
    case preparing(Subscription.ID)
    /// The reference is good and was not used yet; only ``ClaimDesk/look`` says so.
    case ready(Claim, deadline: Date, generation: Int)
    /// The lookup token, given now or repeated.
    case exchanged(token: String, subscription: Subscription.ID)
}

/// Exchanges checkout references for lookup tokens, each once.
package struct ClaimDesk: Sendable {
    /// How long an answer is repeated to the same idempotency key.
    package static let repetition: Duration = .seconds(600)

    /// Decides access, and holds what tokens are derived from.
    package let access: AccessDesk
    /// How long a reference can be claimed.
    package let window: Duration

    /// Makes a desk.
    package init(access: AccessDesk, window: Duration) {
        self.access = access
        self.window = window
    }

    /// Exchanges a reference; the key may be shown to the caller only once this is committed.
    package func claim(
        provider: Provider,
        reference: String,
        idempotencyKey: String?,
        in tx: any StoreTransaction,
        now: Date
    ) throws -> ClaimOutcome {
        let outcome = try look(
            provider: provider,
            reference: reference,
            idempotencyKey: idempotencyKey,
            in: tx,
            now: now
        )
        guard case .ready(let claim, let deadline, let generation) = outcome else { return outcome }
        let isMine = try tx.use(
            claim.id,
            at: now,
            deadline: deadline,
            idempotencyDigest: idempotencyKey.map { SHA256.hash($0.utf8) }
        )
        guard isMine else { return .refused }
        return try exchange(claim, generation, in: tx, now)
    }

    /// What a claim would come to, without using anything.
    ///
    /// The window runs from the checkout event, and again from the moment at which a key could
    /// first be shown for the reference, so that a platform that was down locks nobody out. Later
    /// generations do not open it again: by then the reference has stood in logs for long.
    package func look(
        provider: Provider,
        reference: String,
        idempotencyKey: String?,
        in reader: any StoreReader,
        now: Date
    ) throws -> ClaimOutcome {
        let digest = SHA256.hash(reference.utf8)
        guard let claim = try reader.claim(provider: provider, referenceDigest: digest) else {
            return .refused
        }
        if claim.usedAt != nil { return again(claim, idempotencyKey, now) }
        let id = claim.subscriptionID
        guard claim.endedAt == nil, let grant = try reader.grant(id),
            grant.desired.access != .ended
        else { return .refused }
        let deadline = try deadline(of: claim, in: reader)
        if let deadline, now >= deadline { return .refused }
        // The key of an app that was taken over is never shown, so that it opens no later window.
        if grant.tellsOfAdopted {
            guard now < claim.expiresAt else { return .refused }
            return .ready(claim, deadline: claim.expiresAt, generation: 0)
        }
        guard grant.isShown, let deadline else { return .preparing(id) }
        return .ready(claim, deadline: deadline, generation: grant.visibleGeneration)
    }

    /// How a claim stands.
    package enum Standing: String, Sendable {
        case open, used, ended, expired
    }

    /// How a claim stands now, for staff.
    package func standing(
        of claim: Claim,
        in reader: any StoreReader,
        now: Date
    ) throws -> Standing {
        if claim.usedAt != nil { return .used }
        if claim.endedAt != nil { return .ended }
        // Nobody gets a token for a key that is refused.
        if try reader.grant(claim.subscriptionID)?.desired.access == .ended { return .ended }
        return try deadline(of: claim, in: reader).map { now >= $0 } ?? false ? .expired : .open
    }

    /// When a reference is over; nil as long as there was no key that it could have shown.
    package func deadline(of claim: Claim, in reader: any StoreReader) throws -> Date? {
        let shown = try reader.keys(claim.subscriptionID).compactMap { key -> Date? in
            guard let shownAt = key.shownAt, key.endedAt.map({ $0 > claim.createdAt }) ?? true
            else { return nil }
            return max(shownAt, claim.createdAt)
        }
        return shown.min().map { max(claim.expiresAt, $0.addingTimeInterval(window.seconds)) }
    }

    /// Writes into the audit that a used reference was tried again, once a minute: whoever knows the
    /// reference may ask without end, and the disk has one.
    package func noteUsedAgain(
        _ id: Subscription.ID,
        in tx: any StoreTransaction,
        now: Date
    ) throws {
        let last = try tx.audit(id, limit: 1).last
        if let last, last.action == "claim.refused", abs(now.timeIntervalSince(last.at)) < 60 {
            return
        }
        try tx.append(
            AuditEntry(
                at: now,
                actor: "subscriber",
                action: "claim.refused",
                subscriptionID: id,
                details: ["reason": "the reference was used before"]
            )
        )
    }

    /// Makes a reference for a customer who has none, and ends the older tokens and claims.
    ///
    /// - Returns: The reference, which is stored only as its SHA-256, and when it is over.
    package func create(
        for id: Subscription.ID,
        actor: String,
        in tx: any StoreTransaction,
        now: Date
    ) throws -> (reference: String, expiresAt: Date) {
        let reference = "tlc_" + Base64URL.encode(access.random(24))
        let expiresAt = now.addingTimeInterval(window.seconds)
        try tx.revokeTokens(id, at: now)
        try tx.expireClaims(id, at: now)
        try tx.insert(
            Claim(
                id: .random(access.random),
                provider: .tollgate,
                referenceDigest: SHA256.hash(reference.utf8),
                subscriptionID: id,
                createdAt: now,
                expiresAt: expiresAt,
                salt: access.random(16)
            )
        )
        try tx.append(
            AuditEntry(at: now, actor: actor, action: "claim.created", subscriptionID: id)
        )
        return (reference, expiresAt)
    }

    private func exchange(
        _ claim: Claim,
        _ generation: Int,
        in tx: any StoreTransaction,
        _ now: Date
    ) throws -> ClaimOutcome {
        let token = access.keyRing.lookupToken(of: claim)
        try tx.insert(
            LookupToken(
                id: .random(access.random),
                digest: SHA256.hash(token.utf8),
                subscriptionID: claim.subscriptionID,
                createdAt: now,
                revealedGeneration: generation
            )
        )
        var lines = [("claim.used", ["provider": claim.provider.rawValue])]
        // The key of an app that was taken over is not known here and so not revealed.
        if generation > 0 { lines.append(("key.revealed", ["generation": String(generation)])) }
        for (action, details) in lines {
            try tx.append(
                AuditEntry(
                    at: now,
                    actor: "subscriber",
                    action: action,
                    subscriptionID: claim.subscriptionID,
                    details: details
                )
            )
        }
        return .exchanged(token: token, subscription: claim.subscriptionID)
    }

    /// A used reference repeats its answer to the client that used it, for a short time.
    private func again(_ claim: Claim, _ idempotencyKey: String?, _ now: Date) -> ClaimOutcome {
        guard let mine = claim.idempotencyDigest, let idempotencyKey, let usedAt = claim.usedAt,
            ConstantTime.equal(mine, SHA256.hash(idempotencyKey.utf8)),
            now < usedAt.addingTimeInterval(Self.repetition.seconds)
        else { return .refusedAsUsed(claim.subscriptionID) }
        return .exchanged(
            token: access.keyRing.lookupToken(of: claim),
            subscription: claim.subscriptionID
        )
    }
}
