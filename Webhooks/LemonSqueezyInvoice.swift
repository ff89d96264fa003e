import JSON
import Subscriptions

import struct Foundation.Date

/// Lemon Squeezy's subscription invoice, of which `data.id` is the id and not the subscription's.
struct LemonSqueezyInvoice {
    private let object: Field
    private let attributes: Field

    init(_ object: Field) {
        self.object = object
        self.attributes = object["attributes"]
    }

    func subscription() throws(FieldFault) -> String {
        try attributes["subscription_id"].numericID()
    }

    /// The invoice says nothing of its period: `periods` is what the subscription says.
    func payment(
        _ succeeded: Bool,
        periods: [String: Date],
        _ event: EventEnvelope
    ) throws(FieldFault) -> EventReading {
        guard try !isCorrection() else {
            return .ignored("The payment corrects a period that another has paid.")
        }
        guard !succeeded || attributes["status"].value != "refunded" else {
            return .ignored("The payment was refunded, which an event of its own says.")
        }
        let payment = Payment(
            subscriptionID: try subscription(),
            customerID: try attributes["customer_id"].present?.numericID(),
            email: try attributes["user_email"].email(),
            succeeded: succeeded,
            paidAt: succeeded ? try event.occurredAt() : nil,
            periods: periods,
            periodEnd: periods.values.min(),
            receipt: succeeded ? try receipt(periods.values.min()) : nil
        )
        return try event.made(.payment(payment))
    }

    func refund(_ event: EventEnvelope) throws(FieldFault) -> EventReading {
        guard let state = try attributes.refundState() else {
            return try .unknown(attributes["status"])
        }
        let at = try event.knownAt()
        let isCorrection = try isCorrection()
        let reversal = Reversal(
            id: try object["id"].id(),
            kind: .refund,
            state: state == .full && isCorrection ? .partial : state,
            at: try attributes["refunded_at"].present?.instant() ?? at,
            payment: try object["id"].id(),
            askedAt: try attributes["created_at"].present?.instant(),
            fetchedAt: at
        )
        return try event.made(.reversal(reversal, of: try subscription()))
    }

    private func receipt(_ periodEnd: Date?) throws(FieldFault) -> Receipt {
        Receipt(
            id: try object["id"].id(),
            askedAt: try (attributes["created_at"].present ?? attributes["updated_at"]).instant(),
            periodEnd: periodEnd
        )
    }

    /// Whether it bills a change within a period.
    private func isCorrection() throws(FieldFault) -> Bool {
        try attributes["billing_reason"].present?.word() == "updated"
    }
}

extension Field {
    /// How much of an order or invoice went back; nil where its status is not known.
    func refundState() throws(FieldFault) -> Reversal.State? {
        switch try self["status"].word() {
        case "refunded": .full
        case "partial_refund": .partial
        case "paid", "pending", "void": .won
        default: nil
        }
    }
}
