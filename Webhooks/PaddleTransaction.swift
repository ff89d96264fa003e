import JSON
import Subscriptions

import struct Foundation.Date

/// Paddle's transaction: a checkout, or a payment for a subscription.
struct PaddleTransaction {
    private let object: Field
    private let succeeded: Bool

    /// Takes the word of an event about the money, or the status of a fetched object.
    init(_ object: Field, succeeded: Bool?) {
        self.object = object
        self.succeeded =
            succeeded ?? ["completed", "paid"].contains(object["status"].value?.string)
    }

    func reading(_ event: EventEnvelope) throws(FieldFault) -> EventReading {
        let origin = try object["origin"].word()
        let isCheckout = origin == "web" || origin == "api"
        let items = try items()
        guard !object["subscription_id"].isAbsent else {
            guard succeeded, items.contains(where: \.isRecurring) else {
                return .ignored("The transaction belongs to no subscription.")
            }
            return .parked(try needsSubscription())
        }
        // A first period may be shorter than a whole one; what is sold once pays none.
        guard items.contains(where: { isCheckout ? $0.isRecurring : $0.opensPeriod }) else {
            return .ignored("The transaction opens no period of the subscription; it is \(origin).")
        }
        let payment = try payment(items, at: try event.occurredAt())
        guard isCheckout, succeeded else { return try event.made(.payment(payment)) }
        return try event.made(
            .checkout(
                Checkout(
                    reference: try object["id"].id(),
                    subscriptionID: payment.subscriptionID,
                    customerID: try object["customer_id"].id(),
                    email: nil,
                    payment: .paid,
                    settled: payment
                )
            )
        )
    }

    /// The ends of the periods that the money pays, by price.
    func periods() throws(FieldFault) -> [String: Date] { try periods(try items()) }

    /// Whether any of the money pays a whole period.
    func opensPeriod() throws(FieldFault) -> Bool { try items().contains(where: \.opensPeriod) }

    /// All that was to be paid, in the minor unit.
    func total() throws(FieldFault) -> Int64 {
        try object["details"]["totals"]["grand_total"].amount()
    }

    private func payment(_ items: [Item], at time: Date) throws(FieldFault) -> Payment {
        let periods = try periods(items)
        return Payment(
            subscriptionID: try object["subscription_id"].id(),
            customerID: try object["customer_id"].present?.id(),
            email: nil,
            succeeded: succeeded,
            paidAt: succeeded ? try captured() ?? time : nil,
            periods: periods,
            periodEnd: periods.values.min(),
            receipt: succeeded ? try receipt(periods.values.min(), time) : nil
        )
    }

    private func receipt(_ periodEnd: Date?, _ time: Date) throws(FieldFault) -> Receipt {
        let total = object["details"]["totals"]["grand_total"]
        return Receipt(
            id: try object["id"].id(),
            askedAt: try askedAt() ?? time,
            periodEnd: periodEnd,
            amount: try total.present?.amount()
        )
    }

    /// When the money was asked for.
    func askedAt() throws(FieldFault) -> Date? {
        try (object["billed_at"].present ?? object["created_at"].present)?.instant()
    }

    /// When the last part of the money came; `billed_at` is when it was asked for.
    private func captured() throws(FieldFault) -> Date? {
        guard let payments = object["payments"].present else { return nil }
        var times: [Date] = []
        for payment in try payments.elements() where payment["status"].value == "captured" {
            if let time = payment["captured_at"].present { times.append(try time.instant()) }
        }
        return times.max()
    }

    private func periods(_ items: [Item]) throws(FieldFault) -> [String: Date] {
        guard let end = try object["billing_period"]["ends_at"].present?.instant() else {
            return [:]
        }
        return Dictionary(
            items.filter(\.opensPeriod).map { ($0.price, end) },
            uniquingKeysWith: max
        )
    }

    private struct Item {
        let price: String
        /// Whether it is sold by the period.
        let isRecurring: Bool
        /// Whether it pays a whole period; a proration corrects one that was opened before.
        let opensPeriod: Bool
    }

    private func items() throws(FieldFault) -> [Item] {
        var items: [Item] = []
        for item in try object["items"].elements() {
            let isRecurring = !item["price"]["billing_cycle"].isAbsent
            let rate = item["proration"]["rate"]
            items.append(
                Item(
                    price: try item["price"]["id"].id(),
                    isRecurring: isRecurring,
                    opensPeriod: isRecurring && (rate.isAbsent || rate.value == "1")
                )
            )
        }
        return items
    }

    private func needsSubscription() throws(FieldFault) -> Need {
        let id = try object["id"].id()
        return Need(
            .refetch,
            subject: id,
            reason: "The transaction \(id) sells a subscription and does not name it yet: set"
                + " PADDLE_API_KEY so that Paddle can be asked again."
        )
    }
}

extension Field {
    /// An amount in the minor unit, which Paddle writes as text.
    func amount() throws(FieldFault) -> Int64 {
        if let text = value?.string, let amount = Int64(text) { return amount }
        return try integer(in: Int64.min...Int64.max)
    }
}
