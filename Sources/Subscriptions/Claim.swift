package import struct Foundation.Date

/// A checkout reference that can be exchanged once for a lookup token.
package struct Claim: Hashable, Sendable {
    /// The id of a claim.
    package typealias ID = Identifier<Claim>

    /// Our id.
    package let id: ID
    /// Whose reference it is; ``Provider/tollgate`` for those that staff make.
    package let provider: Provider
    /// SHA-256 of the reference, which stands in URLs and logs elsewhere but not here.
    package let referenceDigest: [UInt8]
    /// The subscription it leads to.
    package let subscriptionID: Subscription.ID
    /// When the checkout event came.
    package let createdAt: Date
    /// Until when it can be used.
    package let expiresAt: Date
    /// 16 random bytes that its lookup token is derived with.
    package let salt: [UInt8]
    /// When it was used.
    package var usedAt: Date?
    /// SHA-256 of the client's idempotency key at its use.
    package var idempotencyDigest: [UInt8]?
    /// When staff made another one in its place, after which nothing makes it good again.
    package var endedAt: Date?

    /// Makes a claim.
    package init(
        id: ID,
        provider: Provider,
        referenceDigest: [UInt8],
        subscriptionID: Subscription.ID,
        createdAt: Date,
        expiresAt: Date,
        salt: [UInt8],
        usedAt: Date? = nil,
        idempotencyDigest: [UInt8]? = nil,
        endedAt: Date? = nil
    ) {
        self.id = id
        self.provider = provider
        self.referenceDigest = referenceDigest
        self.subscriptionID = subscriptionID
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.salt = salt
        self.usedAt = usedAt
        self.idempotencyDigest = idempotencyDigest
        self.endedAt = endedAt
    }
}

/// A bearer token that shows the key of a subscription, stored as its SHA-256.
package struct LookupToken: Hashable, Sendable {
    /// The id of a token.
    package typealias ID = Identifier<LookupToken>

    /// Our id.
    package let id: ID
    /// SHA-256 of the token.
    package let digest: [UInt8]
    /// The subscription whose key it shows.
    package let subscriptionID: Subscription.ID
    /// When it was made.
    package let createdAt: Date
    /// When it was ended.
    package var revokedAt: Date?
    /// The newest generation whose reveal to this token stands in the audit.
    package var revealedGeneration: Int

    /// Makes a token.
    package init(
        id: ID,
        digest: [UInt8],
        subscriptionID: Subscription.ID,
        createdAt: Date,
        revokedAt: Date? = nil,
        revealedGeneration: Int = 0
    ) {
        self.id = id
        self.digest = digest
        self.subscriptionID = subscriptionID
        self.createdAt = createdAt
        self.revokedAt = revokedAt
        self.revealedGeneration = revealedGeneration
    }
}

/// All that an answer to `GET /v1/key` needs, read by one statement.
package struct KeyLookup: Hashable, Sendable {
    /// The token that was shown.
    package let tokenID: LookupToken.ID
    /// The newest generation whose reveal to this token stands in the audit.
    package let revealedGeneration: Int
    /// The subscription.
    package let subscriptionID: Subscription.ID
    /// What the subscriber may do.
    package let access: Access
    /// The plan whose rules and limits are due.
    package let plan: Plan.Reference?
    /// The generation to show: the one that is due or, until that is shown, the one before where
    /// it lives on.
    package let generation: Int
    /// The newest generation that was shown.
    package let shownGeneration: Int
    /// The key row of the generation to show, where there is one.
    package let key: APIKey?
    /// The last four characters of the key of an app that was taken over, where that is the one to
    /// show: there is no row of it.
    package let adoptedLastFour: String?
    /// The end of the key before, where that is certain.
    package let previous: PreviousKey?

    /// The key before, which lives on for a while.
    package struct PreviousKey: Hashable, Sendable {
        /// Its last four characters.
        package let lastFour: String
        /// When it ends.
        package let until: Date

        /// Makes one.
        package init(lastFour: String, until: Date) {
            self.lastFour = lastFour
            self.until = until
        }
    }

    /// Makes a look-up.
    package init(
        tokenID: LookupToken.ID,
        revealedGeneration: Int,
        subscriptionID: Subscription.ID,
        access: Access,
        plan: Plan.Reference?,
        generation: Int,
        shownGeneration: Int,
        key: APIKey?,
        adoptedLastFour: String? = nil,
        previous: PreviousKey? = nil
    ) {
        self.tokenID = tokenID
        self.revealedGeneration = revealedGeneration
        self.subscriptionID = subscriptionID
        self.access = access
        self.plan = plan
        self.generation = generation
        self.shownGeneration = shownGeneration
        self.key = key
        self.adoptedLastFour = adoptedLastFour
        self.previous = previous
    }
}

/// One line of the audit: who did what to which subscription, and when.
package struct AuditEntry: Hashable, Sendable {
    /// When.
    package let at: Date
    /// Who: `provider:stripe`, `provisioner`, `clock`, `subscriber`, or `staff:` and a name.
    package let actor: String
    /// What, as `noun.verb`: `access.changed`, `key.shown`, `hold.placed`.
    package let action: String
    /// The subscription it is about.
    package let subscriptionID: Subscription.ID?
    /// More, as short texts; never a key, a token, a body or a secret.
    package let details: [String: String]

    /// Makes a line.
    package init(
        at: Date,
        actor: String,
        action: String,
        subscriptionID: Subscription.ID?,
        details: [String: String] = [:]
    ) {
        self.at = at
        self.actor = actor
        self.action = action
        self.subscriptionID = subscriptionID
        self.details = details
    }
}
