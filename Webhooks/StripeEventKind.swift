/// What an event type means to us.
enum StripeEventKind {
    /// The state of a subscription; whether the event is its end.
    case subscription(ended: Bool)
    /// The end of a checkout.
    case checkout(StripeCheckout.Outcome)
    /// An attempt to collect money.
    case payment(succeeded: Bool)
    /// Who a customer is.
    case customer
    /// Money that goes back: the object names no subscription, which must not be guessed.
    case refetch(String)
    /// Known, and of no consequence.
    case ignored(String)

    /// The meaning of a type; nil for all those that no access depends on.
    init?(type: String) {
        guard let kind = Self.kinds[type] else { return nil }
        self = kind
    }

    private static let kinds: [String: StripeEventKind] = [
        "customer.subscription.created": .subscription(ended: false),
        "customer.subscription.updated": .subscription(ended: false),
        "customer.subscription.paused": .subscription(ended: false),
        "customer.subscription.resumed": .subscription(ended: false),
        "customer.subscription.trial_will_end": .subscription(ended: false),
        "customer.subscription.deleted": .subscription(ended: true),
        "checkout.session.completed": .checkout(.completed),
        "checkout.session.async_payment_succeeded": .checkout(.paymentSucceeded),
        "checkout.session.async_payment_failed": .checkout(.paymentFailed),
        "checkout.session.expired": .ignored("The checkout was left without a purchase."),
        "invoice.paid": .payment(succeeded: true),
        "invoice.payment_failed": .payment(succeeded: false),
        "invoice.payment_succeeded": .ignored(
            "invoice.paid says the same, also of payments outside Stripe."
        ),
        "invoice.payment_action_required": .ignored(
            "The customer may still confirm the payment; invoice.paid or"
                + " invoice.payment_failed says how it ended."
        ),
        "customer.created": .customer,
        "customer.updated": .customer,
        "customer.deleted": .ignored(
            "Stripe ends the customer's subscriptions and tells of each by itself."
        ),
        "charge.refunded": .refetch(
            "Money was refunded; which subscription it paid must be asked of Stripe."
        ),
        "charge.dispute.created": .refetch(
            "A payment is disputed; which subscription it paid must be asked of Stripe."
        ),
        "charge.dispute.closed": .refetch(
            "A dispute has ended; which subscription it is about must be asked of Stripe."
        ),
        "charge.dispute.funds_withdrawn": .ignored(
            "charge.dispute.created says what access depends on."
        ),
        "charge.dispute.funds_reinstated": .ignored(
            "charge.dispute.closed says what access depends on."
        ),
    ]
}
