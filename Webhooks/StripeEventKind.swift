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
    /// A refund, by the charge or by the refund itself. The object names no subscription, which
    /// must not be guessed.
    case refund
    /// A dispute, which names no subscription either.
    case dispute
    /// A card's issuer fears fraud.
    case warning
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
        "customer.deleted": .customer,
        "charge.refunded": .refund,
        "charge.refund.updated": .refund,
        "refund.created": .refund,
        "refund.updated": .refund,
        "refund.failed": .refund,
        "charge.dispute.created": .dispute,
        "charge.dispute.updated": .dispute,
        "charge.dispute.closed": .dispute,
        "charge.dispute.funds_withdrawn": .dispute,
        "charge.dispute.funds_reinstated": .dispute,
        "radar.early_fraud_warning.created": .warning,
        "radar.early_fraud_warning.updated": .ignored(
            "radar.early_fraud_warning.created has said it."
        ),
    ]
}
