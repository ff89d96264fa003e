import JSON
import Subscriptions

import struct Foundation.Date

/// Lemon Squeezy's subscription object.
struct LemonSqueezySubscription {
    private let object: Field
    private let attributes: Field

    init(_ object: Field) {
        self.object = object
        self.attributes = object["attributes"]
    }

    /// Whether it has ended, which no later look can change.
    var isFinal: Bool { attributes["status"].value == "expired" }

    func reading(_ event: EventEnvelope) throws(FieldFault) -> EventReading {
        guard let status = try status() else { return try .unknown(attributes["status"]) }
        let mode = attributes["pause"]["mode"]
        if !status.isFinal, !mode.isAbsent, try pause() == nil { return try .unknown(mode) }
        let snapshot = SubscriptionSnapshot(
            id: try object["id"].id(),
            customerID: try attributes["customer_id"].numericID(),
            status: status,
            items: try status.unlessFinal([], items),
            trialEnd: try status.unlessFinal(nil) { () throws(FieldFault) in
                try attributes["trial_ends_at"].present?.instant()
            },
            cancelAt: try status.unlessFinal(nil, cancelAt),
            pause: try status.unlessFinal(nil, pause),
            endedAt: status.isFinal ? try? attributes["ends_at"].present?.instant() : nil,
            order: try status.unlessFinal(nil) { () throws(FieldFault) in
                try attributes["order_id"].present?.numericID()
            }
        )
        return try event.made(.subscription(snapshot))
    }

    /// The end of the period that stands paid, by price: a subscription in good order is renewed by
    /// being paid, and `renews_at` of one that is past due is only the next attempt.
    func paidPeriods() throws(FieldFault) -> [String: Date] {
        guard try attributes["status"].word() == "active",
            let end = try attributes["renews_at"].present?.instant()
        else { return [:] }
        return [try attributes["variant_id"].numericID(): end]
    }

    /// `cancelled` still runs, to `ends_at`; `paused` is a pause of collection, and only without
    /// its details a status.
    private func status() throws(FieldFault) -> SubscriptionStatus? {
        switch try attributes["status"].word() {
        case "on_trial": .trialing
        case "active", "cancelled": .active
        case "paused": attributes["pause"]["mode"].isAbsent ? .paused : .active
        case "past_due": .pastDue
        case "unpaid": .unpaid
        case "expired": .canceled
        default: nil
        }
    }

    /// `void` is no service meanwhile, `free` is service for nothing.
    private func pause() throws(FieldFault) -> CollectionPause? {
        let pause = attributes["pause"]
        let resumesAt = try pause["resumes_at"].present?.instant()
        switch pause["mode"].value {
        case "void": return CollectionPause(.void, resumesAt: resumesAt)
        case "free": return CollectionPause(.markUncollectible, resumesAt: resumesAt)
        default: return nil
        }
    }

    private func cancelAt() throws(FieldFault) -> Date? {
        guard attributes["status"].value == "cancelled" else { return nil }
        return try attributes["ends_at"].instant()
    }

    /// The one item; what is sold is the variant, and its price changes under it.
    private func items() throws(FieldFault) -> [SubscriptionItem] {
        let quantity = attributes["first_subscription_item"]["quantity"]
        return [
            SubscriptionItem(
                price: try attributes["variant_id"].numericID(),
                quantity: try quantity.present?.integer(in: 0...Int64.max) ?? 1,
                periodEnd: try attributes["renews_at"].present?.instant()
            )
        ]
    }
}
