import JSON
import Subscriptions

import struct Foundation.Date

/// Polar's order: what is billed for a purchase or a period.
struct PolarOrder {
    /// How much earlier than its period an order can have been made.
    private static let leadMax: Double = 3_600

    private let object: Field

    init(_ object: Field) { self.object = object }

    /// The money of a period, and with the first one the end of the checkout: the order carries
    /// both ids, which the checkout itself need not.
    func paid(_ event: EventEnvelope) throws(FieldFault) -> EventReading {
        let id = try object["id"].id()
        guard let subscription = try object["subscription_id"].present?.id() else {
            return .ignored("The order is of no subscription.")
        }
        guard try !isCorrection() else {
            return .ignored("The order corrects a period that another has paid.")
        }
        let periods = try periods()
        let payment = Payment(
            subscriptionID: subscription,
            customerID: try object["customer_id"].present?.id(),
            email: try object["customer"]["email"].email(),
            succeeded: true,
            paidAt: try event.occurredAt(),
            periods: periods,
            periodEnd: periods.values.min(),
            receipt: Receipt(
                id: id,
                askedAt: try object["created_at"].instant(),
                periodEnd: periods.values.min()
            )
        )
        guard let checkout = object["checkout_id"].present,
            object["billing_reason"].value == "subscription_create"
        else { return try event.made(.payment(payment)) }
        return try event.made(
            .checkout(
                Checkout(
                    reference: try checkout.id(),
                    subscriptionID: subscription,
                    customerID: try object["customer_id"].id(),
                    email: payment.email,
                    payment: .paid,
                    settled: payment
                )
            )
        )
    }

    func refunded(_ event: EventEnvelope) throws(FieldFault) -> EventReading {
        let id = try object["id"].id()
        guard let subscription = try object["subscription_id"].present?.id() else {
            return .ignored("The order is of no subscription.")
        }
        let reversal = Reversal(
            id: id,
            kind: .refund,
            state: try state(),
            at: try event.occurredAt(),
            periods: try periods(),
            payment: id,
            askedAt: try object["created_at"].present?.instant(),
            fetchedAt: try event.knownAt()
        )
        return try event.made(.reversal(reversal, of: subscription))
    }

    /// Both amounts are without tax.
    private func state() throws(FieldFault) -> Reversal.State {
        let refunded = try object["refunded_amount"].integer(in: 0...Int64.max)
        let amount = try object["net_amount"].integer(in: 0...Int64.max)
        if refunded == 0 { return .won }
        let isCorrection = try isCorrection()
        return refunded < amount || isCorrection ? .partial : .full
    }

    /// Whether it bills a change within a period.
    private func isCorrection() throws(FieldFault) -> Bool {
        try object["billing_reason"].word() == "subscription_update"
    }

    /// The end of the period that the order is for, by product.
    ///
    /// The order has no period of its own, only the subscription's as it stands now: that is the
    /// order's where the order was not made long before it began. What is not known is left out,
    /// so that a period that was only begun never counts as paid.
    private func periods() throws(FieldFault) -> [String: Date] {
        let subscription = object["subscription"]
        guard let product = try object["product_id"].present?.id(),
            let start = try subscription["current_period_start"].present?.instant(),
            let end = try subscription["current_period_end"].present?.instant(),
            try object["created_at"].instant() >= start.addingTimeInterval(-Self.leadMax)
        else { return [:] }
        return [product: end]
    }
}
