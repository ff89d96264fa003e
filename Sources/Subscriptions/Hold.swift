package import struct Foundation.Date

/// A staff decision that overrides money; only staff lift it.
package struct Hold: Hashable, Sendable {
    /// The id of a hold.
    package typealias ID = Identifier<Hold>

    /// What a hold does.
    package enum Kind: String, Sendable, CaseIterable {
        /// The key is withheld and everything on the platform goes.
        case revoked
        /// The key sleeps.
        case suspended
    }

    /// Our id.
    package let id: ID
    /// The subscription it holds.
    package let subscriptionID: Subscription.ID
    /// What it does.
    package let kind: Kind
    /// Why, in the words of staff.
    package let reason: String
    /// Who placed it.
    package let actor: String
    /// When it was placed.
    package let createdAt: Date
    /// When staff lifted it.
    package var liftedAt: Date?

    /// Makes a hold.
    package init(
        id: ID,
        subscriptionID: Subscription.ID,
        kind: Kind,
        reason: String,
        actor: String,
        createdAt: Date,
        liftedAt: Date? = nil
    ) {
        self.id = id
        self.subscriptionID = subscriptionID
        self.kind = kind
        self.reason = reason
        self.actor = actor
        self.createdAt = createdAt
        self.liftedAt = liftedAt
    }
}
