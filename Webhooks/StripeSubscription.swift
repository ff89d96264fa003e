import JSON
import Subscriptions

import struct Foundation.Date

/// Stripe's subscription object, in the shapes before and after 2025-03-31.
struct StripeSubscription {
    private let object: Field
    private let ended: Bool

    init(_ object: Field, ended: Bool) {
        self.object = object
        self.ended = ended
    }

    func reading(_ made: MakeEvent) throws(FieldFault) -> EventReading {
        try object.expectObject("subscription")
        if let behavior = object["pause_collection"]["behavior"].present, pause == nil, !ended {
            return try .unknown(behavior)
        }
        guard let status = try status() else { return try .unknown(object["status"]) }
        if !status.isFinal, object["items"]["has_more"].value == true {
            let id = try object["id"].id()
            let reason = "\(object["items"].path) is cut short; \(id) must be fetched from Stripe."
            return .parked(Need(.refetch, subject: id, reason: reason))
        }
        let snapshot = try snapshot(status)
        guard status.isFinal || !snapshot.items.isEmpty else {
            let reason = "\(object["items"].path) is empty; \(snapshot.id) must be fetched."
            return .parked(Need(.refetch, subject: snapshot.id, reason: reason))
        }
        return try made(.subscription(snapshot))
    }

    private var pause: CollectionPause? {
        let word = object["pause_collection"]["behavior"].value?.string
        guard let behavior = word.flatMap(CollectionPause.Behavior.init) else { return nil }
        // A pause whose end cannot be read lasts until the provider says otherwise.
        let resumesAt = try? object["pause_collection"]["resumes_at"].present?.time()
        return CollectionPause(behavior, resumesAt: resumesAt)
    }

    /// What an expanded `latest_invoice` says: a draft that does not advance by itself is one that
    /// nobody is asked to pay.
    private func invoice() throws(FieldFault) -> LatestInvoice? {
        let invoice = object["latest_invoice"]
        guard invoice.value?.object != nil, let status = invoice["status"].value?.string else {
            return nil
        }
        let isAwaited =
            status == "open" || (status == "draft" && invoice["auto_advance"].value != false)
        let due = [
            invoice["due_date"], invoice["status_transitions"]["finalized_at"],
            invoice["created"],
        ].first { !$0.isAbsent }
        return LatestInvoice(isAwaited: isAwaited, dueAt: try due?.time())
    }

    /// The status; `customer.subscription.deleted` is the end whatever the object still says.
    private func status() throws(FieldFault) -> SubscriptionStatus? {
        guard ended else { return SubscriptionStatus(rawValue: try object["status"].word()) }
        let stated = object["status"].value?.string.flatMap(SubscriptionStatus.init)
        return stated == .incompleteExpired ? .incompleteExpired : .canceled
    }

    private func snapshot(_ status: SubscriptionStatus) throws(FieldFault) -> SubscriptionSnapshot {
        let items = try status.unlessFinal([], items)
        return SubscriptionSnapshot(
            id: try object["id"].id(),
            customerID: try object["customer"].reference(),
            status: status,
            items: items,
            trialEnd: try status.unlessFinal(nil) { () throws(FieldFault) in
                try object["trial_end"].present?.time()
            },
            cancelAt: try status.unlessFinal(nil) { () throws(FieldFault) in
                try cancelAt(items)
            },
            pause: pause,
            daysUntilDue: try status.unlessFinal(0) { () throws(FieldFault) in
                Int(try object["days_until_due"].present?.integer(in: 0...3_650) ?? 0)
            },
            invoice: try status.unlessFinal(nil, invoice),
            endedAt: try status.unlessFinal(nil) { () throws(FieldFault) in
                try object["ended_at"].present?.time()
            }
        )
    }

    private func items() throws(FieldFault) -> [SubscriptionItem] {
        var items: [SubscriptionItem] = []
        for item in try object["items"]["data"].elements() {
            items.append(
                SubscriptionItem(
                    price: try Self.price(of: item),
                    // A metered item has no quantity.
                    quantity: try item["quantity"].present?.integer(in: 0...Int64.max) ?? 1,
                    periodStart: try
                        (item["current_period_start"].present
                        ?? object["current_period_start"].present)?.time(),
                    periodEnd: try
                        (item["current_period_end"].present
                        ?? object["current_period_end"].present)?.time()
                )
            )
        }
        return items
    }

    /// The price; API versions before 2020 know only plans, whose ids are the prices' of today.
    private static func price(of item: Field) throws(FieldFault) -> String {
        guard item["price"].isAbsent, let plan = item["plan"].present else {
            return try item["price"].reference()
        }
        return try plan.reference()
    }

    /// Under flexible billing only `cancel_at` is set, in older shapes only the flag.
    private func cancelAt(_ items: [SubscriptionItem]) throws(FieldFault) -> Date? {
        if let time = object["cancel_at"].present { return try time.time() }
        guard let flag = object["cancel_at_period_end"].present, try flag.flag() else { return nil }
        return items.compactMap(\.periodEnd).max()
    }
}
