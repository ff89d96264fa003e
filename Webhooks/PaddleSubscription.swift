import JSON
import Subscriptions

import struct Foundation.Date

/// Paddle's subscription object.
struct PaddleSubscription {
    private static let statuses: [String: SubscriptionStatus] = [
        "active": .active, "trialing": .trialing, "past_due": .pastDue, "paused": .paused,
        "canceled": .canceled,
    ]

    /// More than anybody sells, and so few that no sum overflows.
    private static let quantityMax: Int64 = 1_000_000_000

    private let object: Field

    init(_ object: Field) { self.object = object }

    /// Whether it has ended, which no later look can change.
    var isFinal: Bool { object["status"].value == "canceled" }

    func reading(_ event: EventEnvelope) throws(FieldFault) -> EventReading {
        guard let status = Self.statuses[try object["status"].word()] else {
            return try .unknown(object["status"])
        }
        if !status.isFinal, let action = object["scheduled_change"]["action"].present,
            !["cancel", "pause", "resume"].contains(try action.word())
        {
            return try .unknown(action)
        }
        let items = try status.unlessFinal([], items)
        guard status.isFinal || !items.isEmpty else { throw object["items"].fault("is empty") }
        let snapshot = SubscriptionSnapshot(
            id: try object["id"].id(),
            customerID: try object["customer_id"].id(),
            status: status,
            items: items,
            trialEnd: try status.unlessFinal(nil, trialEnd),
            cancelAt: try status.unlessFinal(nil, cancelAt),
            endedAt: status.isFinal ? try? object["canceled_at"].present?.instant() : nil
        )
        return try event.made(.subscription(snapshot))
    }

    /// The items, all of the one period; a price that stands there twice is one item.
    ///
    /// What an item's own status says is not kept up to date.
    private func items() throws(FieldFault) -> [SubscriptionItem] {
        let period = object["current_billing_period"]
        let start = try period["starts_at"].present?.instant()
        let end = try period["ends_at"].present?.instant()
        var prices: [String] = []
        var quantities: [String: Int64] = [:]
        for item in try object["items"].elements() {
            let price = try item["price"]["id"].id()
            let quantity = try item["quantity"].present?.integer(in: 0...Self.quantityMax) ?? 1
            if quantities[price] == nil { prices.append(price) }
            quantities[price, default: 0] += quantity
        }
        return prices.map { price in
            SubscriptionItem(
                price: price,
                quantity: quantities[price] ?? 1,
                periodStart: start,
                periodEnd: end
            )
        }
    }

    private func trialEnd() throws(FieldFault) -> Date? {
        var ends: [Date] = []
        for item in try object["items"].elements() {
            if let end = item["trial_dates"]["ends_at"].present { ends.append(try end.instant()) }
        }
        return ends.max()
    }

    /// A scheduled pause or resumption needs no date of ours: the status follows in its event, and
    /// a pause begins where the paid period ends.
    private func cancelAt() throws(FieldFault) -> Date? {
        let change = object["scheduled_change"]
        guard change["action"].value == "cancel" else { return nil }
        return try change["effective_at"].instant()
    }
}
