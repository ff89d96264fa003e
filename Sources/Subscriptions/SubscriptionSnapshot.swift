package import struct Foundation.Date

/// What a provider says of a subscription at one moment.
package struct SubscriptionSnapshot: Hashable, Sendable {
    /// The provider's id of the subscription.
    package let id: String
    /// The provider's id of the customer.
    package let customerID: String
    /// Where the subscription stands.
    package let status: SubscriptionStatus
    /// What it is for; add-ons included.
    package let items: [SubscriptionItem]
    /// When a trial ends or ended.
    package let trialEnd: Date?
    /// When the provider will end it (`cancel_at`, or the period's end).
    package let cancelAt: Date?
    /// How collection is paused while the status stays as it is.
    package let pause: CollectionPause?
    /// How many days the customer has to pay an invoice; 0 where it is charged at once.
    package let daysUntilDue: Int
    /// What is known of the newest invoice; nil where only its id was said.
    package let invoice: LatestInvoice?
    /// When it ended.
    package let endedAt: Date?
    /// The provider's id of the order that made it, where an order does not name its subscription.
    package let order: String?

    /// Makes a snapshot.
    package init(
        id: String,
        customerID: String,
        status: SubscriptionStatus,
        items: [SubscriptionItem],
        trialEnd: Date? = nil,
        cancelAt: Date? = nil,
        pause: CollectionPause? = nil,
        daysUntilDue: Int = 0,
        invoice: LatestInvoice? = nil,
        endedAt: Date? = nil,
        order: String? = nil
    ) {
        self.id = id
        self.customerID = customerID
        self.status = status
        self.items = items
        self.trialEnd = trialEnd
        self.cancelAt = cancelAt
        self.pause = pause
        self.daysUntilDue = daysUntilDue
        self.invoice = invoice
        self.endedAt = endedAt
        self.order = order
    }
}

/// One thing that a subscription is for.
package struct SubscriptionItem: Hashable, Sendable {
    /// The provider's price id.
    package let price: String
    /// How many; 1 where the provider gives none.
    package let quantity: Int64
    /// When the current period of this item began.
    package let periodStart: Date?
    /// When the current period of this item ends.
    package let periodEnd: Date?

    /// Makes an item.
    package init(
        price: String,
        quantity: Int64 = 1,
        periodStart: Date? = nil,
        periodEnd: Date? = nil
    ) {
        self.price = price
        self.quantity = quantity
        self.periodStart = periodStart
        self.periodEnd = periodEnd
    }
}

/// A pause of collection: the status stays, and what the customer gets meanwhile is the merchant's
/// word.
package struct CollectionPause: Hashable, Sendable {
    /// What becomes of the invoices of the pause, in Stripe's words.
    package enum Behavior: String, Sendable, CaseIterable {
        /// They wait as drafts: the service goes on and is charged for later.
        case keepAsDraft = "keep_as_draft"
        /// They are written off: the service goes on for nothing.
        case markUncollectible = "mark_uncollectible"
        /// They are void: there is no service.
        case void
    }

    /// What becomes of the invoices.
    package let behavior: Behavior
    /// When collection goes on by itself.
    package let resumesAt: Date?

    /// Makes a pause.
    package init(_ behavior: Behavior, resumesAt: Date? = nil) {
        self.behavior = behavior
        self.resumesAt = resumesAt
    }

    /// Whether it still holds.
    package func isOpen(at now: Date) -> Bool { resumesAt.map { now < $0 } ?? true }
}

/// What a fetched subscription says of its newest invoice.
package struct LatestInvoice: Hashable, Sendable {
    /// Whether its money is still expected.
    package let isAwaited: Bool
    /// When its money was or is due, by which a failed payment began.
    package let dueAt: Date?

    /// Makes what is known.
    package init(isAwaited: Bool, dueAt: Date?) {
        self.isAwaited = isAwaited
        self.dueAt = dueAt
    }
}
