import Subscriptions

/// Stripe's checkout session at its end.
struct StripeCheckout {
    /// What the event says of the money.
    enum Outcome {
        /// The session ended; its `payment_status` says whether it was paid.
        case completed
        /// A slow method brought the money.
        case paymentSucceeded
        /// A slow method brought none.
        case paymentFailed
    }

    private let object: Field
    private let outcome: Outcome

    init(_ object: Field, outcome: Outcome) {
        self.object = object
        self.outcome = outcome
    }

    func reading(_ made: MakeEvent) throws(FieldFault) -> EventReading {
        try object.expectObject("checkout.session")
        // Old API versions have no mode; then the subscription itself must be there.
        if let mode = try object["mode"].present?.word(), mode != "subscription" {
            return .ignored("The checkout sold no subscription; its mode is \(mode).")
        }
        let checkout = Checkout(
            reference: try object["id"].id(),
            subscriptionID: try object["subscription"].reference(),
            customerID: try object["customer"].reference(),
            email: try Field.email(
                in: object["customer_details"]["email"],
                object["customer_email"],
                object["customer"]["email"]
            ),
            payment: try payment()
        )
        return try made(.checkout(checkout))
    }

    private func payment() throws(FieldFault) -> CheckoutPayment {
        switch outcome {
        case .paymentSucceeded: return .paid
        case .paymentFailed: return .failed
        case .completed: break
        }
        switch try object["payment_status"].word() {
        case "paid", "no_payment_required": return .paid
        case "unpaid": return .pending
        default:
            throw object["payment_status"].fault("is none of paid, unpaid, no_payment_required")
        }
    }
}
