package import struct Foundation.Date

/// How far the comparison of all subscriptions with their provider has come.
package struct Reconciliation: Hashable, Sendable {
    /// The provider.
    package let provider: Provider
    /// When it began.
    package let startedAt: Date
    /// Where the provider's list goes on, in its own words; nil at its beginning.
    package var cursor: String?
    /// How many were compared.
    package var compared: Int
    /// How many were changed.
    package var changed: Int
    /// When the provider's list was at its end.
    package var finishedAt: Date?

    /// Makes one.
    package init(
        provider: Provider,
        startedAt: Date,
        cursor: String? = nil,
        compared: Int = 0,
        changed: Int = 0,
        finishedAt: Date? = nil
    ) {
        self.provider = provider
        self.startedAt = startedAt
        self.cursor = cursor
        self.compared = compared
        self.changed = changed
        self.finishedAt = finishedAt
    }
}
