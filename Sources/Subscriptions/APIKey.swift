package import struct Foundation.Date

/// One generation of a subscription's key, as the database keeps it: all but the key itself.
package struct APIKey: Hashable, Sendable {
    /// The subscription it belongs to.
    package let subscriptionID: Subscription.ID
    /// Its generation, counted from 1.
    package let generation: Int
    /// 16 random bytes that the key is derived with.
    package let salt: [UInt8]
    /// The id of the master key that it is derived from.
    package let masterKeyID: String
    /// SHA-256 of the key.
    package let digest: [UInt8]
    /// The last four characters, for people.
    package let lastFour: String
    /// When the row was made, before the platform heard of the key.
    package let createdAt: Date
    /// When it was first shown: limits read back and proved alive.
    package var shownAt: Date?
    /// When it was proved to be refused for good.
    package var endedAt: Date?

    /// Makes a row.
    package init(
        subscriptionID: Subscription.ID,
        generation: Int,
        salt: [UInt8],
        masterKeyID: String,
        digest: [UInt8],
        lastFour: String,
        createdAt: Date,
        shownAt: Date? = nil,
        endedAt: Date? = nil
    ) {
        self.subscriptionID = subscriptionID
        self.generation = generation
        self.salt = salt
        self.masterKeyID = masterKeyID
        self.digest = digest
        self.lastFour = lastFour
        self.createdAt = createdAt
        self.shownAt = shownAt
        self.endedAt = endedAt
    }
}
