package import struct Foundation.Date

/// Who pays: one row per customer of a provider.
package struct Customer: Hashable, Sendable {
    /// The id of a customer.
    package typealias ID = Identifier<Customer>

    /// Our id.
    package let id: ID
    /// The provider that knows the customer.
    package let provider: Provider
    /// Whether the money is real.
    package let mode: Mode
    /// The provider's id.
    package let providerID: String
    /// The e-mail address, once an event has brought it.
    package var email: String?
    /// When we first heard of them.
    package let createdAt: Date
    /// When the provider deleted them, which ended all they had.
    package var deletedAt: Date?

    /// Makes a customer.
    package init(
        id: ID,
        provider: Provider,
        mode: Mode,
        providerID: String,
        email: String?,
        createdAt: Date
    ) {
        self.id = id
        self.provider = provider
        self.mode = mode
        self.providerID = providerID
        self.email = email
        self.createdAt = createdAt
    }
}

/// The agreement: one row per subscription of a provider, moved by events only.
package struct Subscription: Hashable, Sendable {
    /// The id of a subscription.
    package typealias ID = Identifier<Subscription>

    /// Our id.
    package let id: ID
    /// The provider that made it.
    package let provider: Provider
    /// Whether the money is real.
    package let mode: Mode
    /// The provider's id.
    package let providerID: String
    /// Who pays.
    package var customerID: Customer.ID
    /// The provider's id of the order that made it, where it says so.
    package var order: String?
    /// Where it stands; nil until the first snapshot has come.
    package var status: SubscriptionStatus?
    /// When the event happened that set the status, by the provider's clock.
    package var statusAt: Date?
    /// Whether the status was decided between two events of the same second.
    package var isUncertain: Bool
    /// The plan that its items map to.
    package var plan: Plan.Reference?
    /// The provider's price id of the item that maps to the plan.
    package var price: String?
    /// How many of that item.
    package var quantity: Int64?
    /// When the current period of that item began.
    package var periodStart: Date?
    /// When the current period of that item ends.
    package var periodEnd: Date?
    /// Whether no money is asked for in the current period: it was given away, or collection was
    /// paused.
    package var isPeriodCovered: Bool
    /// How many days the customer has to pay an invoice.
    package var daysUntilDue: Int
    /// The ends of the last periods that were paid, by the provider's price id.
    package var paidPeriods: [String: Date]
    /// The end of the last period that was paid.
    package var paidThrough: Date?
    /// When money last came, by the provider's clock.
    package var paidAt: Date?
    /// The last payments that came, in the order in which they were asked for.
    package var receipts: [Receipt]
    /// Whether its checkout brought money; nil when there was no checkout.
    package var checkoutPayment: CheckoutPayment?
    /// When a trial ends or ended.
    package var trialEnd: Date?
    /// When the provider will end it.
    package var cancelAt: Date?
    /// How collection is paused while the status stays.
    package var pause: CollectionPause?
    /// When a failed payment made it past due.
    package var pastDueSince: Date?
    /// When it was last told to be in order: no failed payment is older.
    package var settledAt: Date?
    /// Money that went back, or may.
    package var reversals: [Reversal]
    /// When it was last fetched, by the provider's clock; nil while it was only told.
    package var fetchedAt: Date?
    /// When it ended.
    package var endedAt: Date?
    /// When we first heard of it.
    package let createdAt: Date
    /// When access must be decided again though no event comes.
    package var nextDecisionAt: Date?

    /// Makes a subscription that nothing but its name is known of.
    package init(
        id: ID,
        provider: Provider,
        mode: Mode,
        providerID: String,
        customerID: Customer.ID,
        createdAt: Date
    ) {
        self.id = id
        self.provider = provider
        self.mode = mode
        self.providerID = providerID
        self.customerID = customerID
        self.isUncertain = false
        self.isPeriodCovered = false
        self.daysUntilDue = 0
        self.paidPeriods = [:]
        self.receipts = []
        self.reversals = []
        self.createdAt = createdAt
    }
}
