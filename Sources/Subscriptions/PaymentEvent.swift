package import struct Foundation.Date

/// What a provider's event says, in our words: the one thing an adapter makes.
package struct PaymentEvent: Hashable, Sendable {
    /// Who says it.
    package let provider: Provider
    /// Whether the money is real.
    package let mode: Mode
    /// The provider's id of the event, unique together with provider and mode.
    package let id: String
    /// The provider's type of the event, for people.
    package let type: String
    /// When it happened, by the provider's clock; Stripe's has a resolution of one second.
    package let occurredAt: Date
    /// When the object that it is about was fetched, by the provider's clock; nil where the event
    /// itself is all that is known.
    package let fetchedAt: Date?
    /// What it says.
    package let change: Change

    /// What an event says.
    package enum Change: Hashable, Sendable {
        /// The state of a subscription at the time of the event.
        case subscription(SubscriptionSnapshot)
        /// The end of a checkout, which a subscriber may turn into a lookup token.
        case checkout(Checkout)
        /// The end of a checkout that only says its order, which the subscription names.
        case order(OrderedCheckout)
        /// An attempt to collect money for a subscription.
        case payment(Payment)
        /// Who a customer is.
        case customer(CustomerSnapshot)
        /// Money that went back, or may go back.
        case reversal(Reversal, of: String)
        /// The same of an order, which the subscription names.
        case orderReversal(Reversal, ofOrder: String)
        /// Something that staff should know and that changes nothing: one sentence, and the
        /// subscription where it is known.
        case warning(String, of: String?)
    }

    /// Makes an event.
    package init(
        provider: Provider,
        mode: Mode,
        id: String,
        type: String,
        occurredAt: Date,
        fetchedAt: Date? = nil,
        change: Change
    ) {
        self.provider = provider
        self.mode = mode
        self.id = id
        self.type = type
        self.occurredAt = occurredAt
        self.fetchedAt = fetchedAt
        self.change = change
    }
}

/// The end of a checkout.
package struct Checkout: Hashable, Sendable {
    /// The reference that the subscriber's browser carries back (Stripe: the session id).
    package let reference: String
    /// The provider's id of the subscription it made.
    package let subscriptionID: String
    /// The provider's id of the customer.
    package let customerID: String
    /// The e-mail address given at the checkout.
    package let email: String?
    /// Whether money came with it.
    package let payment: CheckoutPayment
    /// What the same event says of the period that the money pays; nil where another event does.
    package let settled: Payment?

    /// Makes the end of a checkout.
    package init(
        reference: String,
        subscriptionID: String,
        customerID: String,
        email: String?,
        payment: CheckoutPayment,
        settled: Payment? = nil
    ) {
        self.reference = reference
        self.subscriptionID = subscriptionID
        self.customerID = customerID
        self.email = email
        self.payment = payment
        self.settled = settled
    }
}

/// The end of a checkout that does not name the subscription which it made.
package struct OrderedCheckout: Hashable, Sendable {
    /// The provider's id of the order, which the subscription carries too.
    package let order: String
    /// The reference that the subscriber's browser carries back.
    package let reference: String
    /// The provider's id of the customer.
    package let customerID: String
    /// The e-mail address given at the checkout.
    package let email: String?
    /// Whether money came with it.
    package let payment: CheckoutPayment

    /// Makes the end of a checkout.
    package init(
        order: String,
        reference: String,
        customerID: String,
        email: String?,
        payment: CheckoutPayment
    ) {
        self.order = order
        self.reference = reference
        self.customerID = customerID
        self.email = email
        self.payment = payment
    }

    /// The same, once the subscription is known.
    package func of(subscription id: String) -> Checkout {
        Checkout(
            reference: reference,
            subscriptionID: id,
            customerID: customerID,
            email: email,
            payment: payment
        )
    }
}

/// Whether a checkout brought money.
package enum CheckoutPayment: String, Sendable {
    /// Paid, or nothing was due.
    case paid
    /// A slow method: the money is on its way and may never come.
    case pending
    /// The slow method failed.
    case failed
}

/// An attempt to collect money for a subscription.
package struct Payment: Hashable, Sendable {
    /// The provider's id of the subscription.
    package let subscriptionID: String
    /// The provider's id of the customer.
    package let customerID: String?
    /// The customer's e-mail address, where the event carries it.
    package let email: String?
    /// Whether it succeeded.
    package let succeeded: Bool
    /// When the money came, by the provider's clock, where that is known.
    package let paidAt: Date?
    /// The end of the period that this money pays, by the provider's price id.
    package let periods: [String: Date]
    /// The end of the period that this money pays, where the event does not say for which price.
    package let periodEnd: Date?
    /// What is remembered of it; nil where it opens no period, or has not come.
    package let receipt: Receipt?

    /// Makes an attempt.
    package init(
        subscriptionID: String,
        customerID: String?,
        email: String?,
        succeeded: Bool,
        paidAt: Date? = nil,
        periods: [String: Date] = [:],
        periodEnd: Date?,
        receipt: Receipt? = nil
    ) {
        self.subscriptionID = subscriptionID
        self.customerID = customerID
        self.email = email
        self.succeeded = succeeded
        self.paidAt = paidAt
        self.periods = periods
        self.periodEnd = periodEnd
        self.receipt = receipt
    }
}

/// What a provider says of a customer at one moment.
package struct CustomerSnapshot: Hashable, Sendable {
    /// The provider's id of the customer.
    package let id: String
    /// The e-mail address.
    package let email: String?
    /// Whether the provider has deleted the customer, and ended all their subscriptions with that.
    package let isDeleted: Bool

    /// Makes a snapshot.
    package init(id: String, email: String?, isDeleted: Bool = false) {
        self.id = id
        self.email = email
        self.isDeleted = isDeleted
    }
}

/// Where a subscription stands, in the words of its provider's life cycle.
package enum SubscriptionStatus: String, Sendable, CaseIterable {
    /// The first payment has not come yet.
    case incomplete
    /// The first payment never came; final.
    case incompleteExpired = "incomplete_expired"
    /// In a trial.
    case trialing
    /// Paid as far as the provider is concerned.
    case active
    /// A payment failed and is being retried.
    case pastDue = "past_due"
    /// Retries are exhausted, the subscription goes on without money.
    case unpaid
    /// A trial ended with no way to pay, or the provider paused it.
    case paused
    /// Ended; final.
    case canceled

    /// Whether no later event can change it.
    package var isFinal: Bool { self == .canceled || self == .incompleteExpired }
}

/// What an adapter makes of a stored delivery.
package enum EventReading: Hashable, Sendable {
    /// It says something about money.
    case event(PaymentEvent)
    /// It is none of our business; the sentence says why.
    case ignored(String)
    /// It needs something before it can be applied.
    case parked(Need)
}

/// What a parked event needs, and what brings it back.
package struct Need: Hashable, Sendable {
    /// The kinds of need.
    package enum Kind: String, Sendable, CaseIterable {
        /// No plan has the price; `plans apply` with a plan that has it brings the event back.
        case unknownPrice = "unknown_price"
        /// Several items map to a plan; a catalogue in which only one does brings it back.
        case ambiguous
        /// The event is of the other mode; nothing here may bring it back.
        case otherMode = "other_mode"
        /// A field is missing or of another type.
        case malformed
        /// The provider must be asked for the object; a key for its API, or the end of its trouble,
        /// brings the event back.
        case refetch
        /// The provider uses a status that this version does not know.
        case unknownStatus = "unknown_status"
    }

    /// The kind.
    package let kind: Kind
    /// What brings it back, word for word: the price ids, separated by spaces.
    package let subject: String
    /// One sentence for people.
    package let reason: String

    /// Makes a need.
    package init(_ kind: Kind, subject: String = "", reason: String) {
        self.kind = kind
        self.subject = subject
        self.reason = reason
    }
}
