import JSON
import Subscriptions

import struct Foundation.Date

/// Polar's subscription object.
struct PolarSubscription {
    private let object: Field
    private let revoked: Bool

    /// Takes the word of an event about the service, which is taken away before its end too.
    init(_ object: Field, revoked: Bool) {
        self.object = object
        self.revoked = revoked
    }

    /// Whether it has ended, which no later look can change.
    var isFinal: Bool {
        object["status"].value?.string.flatMap(SubscriptionStatus.init)?.isFinal == true
    }

    func reading(_ event: EventEnvelope) throws(FieldFault) -> EventReading {
        guard let stated = SubscriptionStatus(rawValue: try object["status"].word()) else {
            return try .unknown(object["status"])
        }
        // Without an end the service is gone as long as nothing is paid.
        let status = revoked && !stated.isFinal ? .unpaid : stated
        let snapshot = SubscriptionSnapshot(
            id: try object["id"].id(),
            customerID: try object["customer_id"].id(),
            status: status,
            items: try status.unlessFinal([], items),
            trialEnd: try status.unlessFinal(nil) { () throws(FieldFault) in
                try object["trial_end"].present?.instant()
            },
            cancelAt: try status.unlessFinal(nil, cancelAt),
            invoice: try status == .pastDue ? failedInvoice() : nil,
            endedAt: status.isFinal ? try? object["ended_at"].present?.instant() : nil
        )
        return try event.made(.subscription(snapshot))
    }

    /// The one item; what is sold is the product, and its prices change under it.
    private func items() throws(FieldFault) -> [SubscriptionItem] {
        let quantity = object["seats"].present ?? object["units"].present
        return [
            SubscriptionItem(
                price: try object["product_id"].id(),
                quantity: try quantity?.integer(in: 0...Int64.max) ?? 1,
                periodStart: try object["current_period_start"].present?.instant(),
                periodEnd: try object["current_period_end"].present?.instant()
            )
        ]
    }

    private func cancelAt() throws(FieldFault) -> Date? {
        if let end = object["ends_at"].present { return try end.instant() }
        guard try object["cancel_at_period_end"].present?.flag() == true else { return nil }
        return try object["current_period_end"].instant()
    }

    /// The invoice whose payment failed.
    private func failedInvoice() throws(FieldFault) -> LatestInvoice? {
        guard let since = object["past_due_at"].present else { return nil }
        return LatestInvoice(isAwaited: true, dueAt: try since.instant())
    }
}
