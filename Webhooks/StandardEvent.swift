import JSON
import Subscriptions

import struct Foundation.Date

/// One event in Tollgate's own words, sent as a Standard Webhook: see <doc:StandardWebhooks>.
struct StandardEvent {
    private let envelope: EventEnvelope
    private let data: Field

    init(_ event: Field, id: String, mode: Mode) throws(FieldFault) {
        envelope = EventEnvelope(
            provider: .standard,
            mode: try event["mode"].present.map(Self.mode) ?? mode,
            id: id,
            type: try event["type"].word(),
            time: .told(event["timestamp"])
        )
        data = event["data"]
    }

    /// What the event says; throws the first field that is not what its type promises.
    func reading() throws(FieldFault) -> EventReading {
        switch envelope.type {
        case "subscription.created", "subscription.updated": try subscription(ended: false)
        case "subscription.ended": try subscription(ended: true)
        case "payment.succeeded": try payment(succeeded: true)
        case "payment.failed": try payment(succeeded: false)
        case "payment.refunded": try reversal(.refund)
        case "payment.disputed": try reversal(.dispute)
        case "checkout.completed": try checkout()
        case "customer.updated": try customer(isDeleted: false)
        case "customer.deleted": try customer(isDeleted: true)
        default: .ignored(type: envelope.type)
        }
    }

    private static func mode(_ field: Field) throws(FieldFault) -> Mode {
        guard let mode = Mode(rawValue: try field.word()) else {
            throw field.fault("is neither live nor test")
        }
        return mode
    }
}

extension StandardEvent {
    private func subscription(ended: Bool) throws(FieldFault) -> EventReading {
        let stated = try ended ? .canceled : SubscriptionStatus(rawValue: data["status"].word())
        guard let status = stated else { return try .unknown(data["status"]) }
        let items = try status.unlessFinal([], items)
        guard status.isFinal || !items.isEmpty else { throw data["items"].fault("is empty") }
        let snapshot = SubscriptionSnapshot(
            id: try data["id"].id(),
            customerID: try data["customer"].id(),
            status: status,
            items: items,
            trialEnd: try status.unlessFinal(nil) { () throws(FieldFault) in
                try data["trial_end"].present?.instant()
            },
            cancelAt: try status.unlessFinal(nil) { () throws(FieldFault) in
                try data["cancel_at"].present?.instant()
            },
            endedAt: status.isFinal ? try? data["ended_at"].present?.instant() : nil
        )
        return try envelope.made(.subscription(snapshot))
    }

    private func items() throws(FieldFault) -> [SubscriptionItem] {
        var items: [SubscriptionItem] = []
        for item in try data["items"].elements() {
            items.append(
                SubscriptionItem(
                    price: try item["price"].id(),
                    quantity: try item["quantity"].present?.integer(in: 0...Int64.max) ?? 1,
                    periodStart: try item["period_start"].present?.instant(),
                    periodEnd: try item["period_end"].present?.instant()
                )
            )
        }
        return items
    }

    private func payment(succeeded: Bool) throws(FieldFault) -> EventReading {
        let periods = try periods()
        let told = try envelope.occurredAt()
        let paidAt = try data["paid_at"].present?.instant() ?? told
        let payment = Payment(
            subscriptionID: try data["subscription"].id(),
            customerID: try data["customer"].present?.id(),
            email: try data["email"].email(),
            succeeded: succeeded,
            paidAt: succeeded ? paidAt : nil,
            periods: periods,
            periodEnd: periods.values.min(),
            receipt: succeeded ? try receipt(periods.values.min(), paidAt) : nil
        )
        return try envelope.made(.payment(payment))
    }

    /// A sender says no time of its asking: each payment is dated by its money.
    private func receipt(_ periodEnd: Date?, _ paidAt: Date) throws(FieldFault) -> Receipt? {
        guard let id = try data["id"].present?.id() else { return nil }
        return Receipt(id: id, askedAt: paidAt, periodEnd: periodEnd)
    }

    /// The ends of the periods that the money is for, by price.
    private func periods() throws(FieldFault) -> [String: Date] {
        guard let items = data["items"].present else { return [:] }
        var periods: [String: Date] = [:]
        for item in try items.elements() {
            let price = try item["price"].id()
            let end = try item["period_end"].instant()
            periods[price] = max(periods[price] ?? end, end)
        }
        return periods
    }

    private func reversal(_ kind: Reversal.Kind) throws(FieldFault) -> EventReading {
        let states: [String: Reversal.State] =
            kind == .refund
            ? ["full": .full, "partial": .partial, "returned": .won]
            : ["inquiry": .inquiry, "open": .open, "won": .won, "lost": .lost]
        guard let state = states[try data["state"].word()] else {
            return try .unknown(data["state"])
        }
        let reversal = Reversal(
            id: try data["payment"].id(),
            kind: kind,
            state: state,
            at: try envelope.occurredAt(),
            periods: try periods(),
            payment: try data["payment"].id(),
            fetchedAt: try envelope.occurredAt()
        )
        return try envelope.made(.reversal(reversal, of: try data["subscription"].id()))
    }

    private func checkout() throws(FieldFault) -> EventReading {
        guard let payment = CheckoutPayment(rawValue: try data["payment"].word()) else {
            throw data["payment"].fault("is none of paid, pending, failed")
        }
        let checkout = Checkout(
            reference: try data["reference"].id(),
            subscriptionID: try data["subscription"].id(),
            customerID: try data["customer"].id(),
            email: try data["email"].email(),
            payment: payment
        )
        return try envelope.made(.checkout(checkout))
    }

    private func customer(isDeleted: Bool) throws(FieldFault) -> EventReading {
        let snapshot = CustomerSnapshot(
            id: try data["id"].id(),
            email: try data["email"].email(),
            isDeleted: isDeleted
        )
        return try envelope.made(.customer(snapshot))
    }
}
