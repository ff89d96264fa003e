import JSON
package import Subscriptions

import struct Foundation.Date

/// Stripe's list of subscriptions.
package struct StripeListing: ProviderListing {
    /// The shape of answers that is read: Stripe's own default must not change it.
    package static let version = "2026-07-29.dahlia"

    /// Makes the listing.
    package init() {}

    /// Stripe's name.
    package var provider: Provider { .stripe }

    /// A page in Stripe's order; the last id of a page asks for the next.
    package func subscriptions(
        after cursor: String?,
        from objects: any ProviderObjects
    ) async throws -> SubscriptionPage {
        try await StripeObjects(objects).subscriptions(after: cursor)
    }

    /// A subscription with its newest invoice and all its items.
    package func subscription(
        _ id: String,
        from objects: any ProviderObjects
    ) async throws -> FetchedObject {
        try await StripeObjects(objects).subscription(id)
    }

    /// What a fetched subscription says, as an event of a look at it.
    package func reading(_ fetched: FetchedObject, mode: Mode) -> EventReading {
        let object = Field(fetched.value)
        do {
            return try StripeSubscription(object, ended: false).reading {
                change throws(FieldFault) in
                .event(
                    PaymentEvent(
                        provider: .stripe,
                        mode: try object["livemode"].flag() ? .live : .test,
                        id: try object["id"].id(),
                        type: "reconcile",
                        occurredAt: fetched.at,
                        fetchedAt: fetched.at,
                        change: change
                    )
                )
            }
        } catch {
            return error.reading
        }
    }
}

/// Stripe's objects, with the ways from one to the other.
struct StripeObjects {
    private let objects: any ProviderObjects

    /// Stripe lists at most so many objects a page.
    private static let pageCountMax = 100

    init(_ objects: any ProviderObjects) { self.objects = objects }

    /// A subscription with its newest invoice and all its items, of which the object itself holds
    /// only the first.
    func subscription(_ id: String) async throws -> FetchedObject {
        let fetched = try await objects.object(
            ["subscriptions", id],
            [("expand[]", "latest_invoice")]
        )
        return try await completed(fetched)
    }

    fileprivate func subscriptions(after cursor: String?) async throws -> SubscriptionPage {
        var query = [
            ("status", "all"), ("limit", String(Self.pageCountMax)),
            ("expand[]", "data.latest_invoice"),
        ]
        if let cursor { query.append(("starting_after", cursor)) }
        let list = try await objects.object(["subscriptions"], query)
        var page: [FetchedObject] = []
        for entry in try Field(list)["data"].elements() {
            guard let value = entry.value else { continue }
            page.append(try await completed(FetchedObject(value: value, at: list.at)))
        }
        guard try Field(list)["has_more"].flag() else {
            return SubscriptionPage(objects: page, next: nil)
        }
        let last = try Field(page.last?.value ?? [:])["id"].id()
        return SubscriptionPage(objects: page, next: last)
    }

    private func completed(_ fetched: FetchedObject) async throws -> FetchedObject {
        let object = Field(fetched)
        guard object["items"]["has_more"].value == true, var members = fetched.value.object else {
            return fetched
        }
        let items = try await objects.object(
            ["subscription_items"],
            [("subscription", try object["id"].id()), ("limit", String(Self.pageCountMax))]
        )
        members["items"] = items.value
        return FetchedObject(value: .object(members), at: fetched.at)
    }

    /// A charge with its refunds.
    func charge(_ id: String) async throws -> FetchedObject {
        try await objects.object(["charges", id], [("expand[]", "refunds")])
    }

    /// What a charge has paid.
    struct Paid {
        let subscription: String
        let invoice: String
        let askedAt: Date?
        let periods: StripeInvoice.Periods
    }

    /// The subscription that a charge paid for, by its invoice; nil where it paid for none.
    func paid(by charge: Field) async throws -> Paid? {
        guard let id = try await invoiceID(of: charge) else { return nil }
        let fetched = try await objects.object(["invoices", id], [])
        let invoice = StripeInvoice(Field(fetched), succeeded: true)
        guard let subscription = try invoice.subscription() else { return nil }
        return Paid(
            subscription: subscription,
            invoice: try invoice.id(),
            askedAt: try invoice.askedAt(),
            periods: try invoice.periods()
        )
    }

    /// Before 2025-03-31 a charge names its invoice; since then only the invoice's payments do.
    private func invoiceID(of charge: Field) async throws -> String? {
        if let invoice = charge["invoice"].present { return try invoice.reference() }
        guard let intent = charge["payment_intent"].present else { return nil }
        let payments = try await objects.object(
            ["invoice_payments"],
            [
                ("payment[type]", "payment_intent"),
                ("payment[payment_intent]", try intent.reference()), ("limit", "1"),
            ]
        )
        return try Field(payments)["data"].elements().first?["invoice"].reference()
    }
}

/// What Stripe's charges and disputes say of money that went back.
enum StripeReversal {
    static func refund(
        _ charge: FetchedObject,
        _ paid: StripeObjects.Paid
    ) throws(FieldFault) -> Reversal {
        let object = Field(charge)
        let amount = try object["amount"].integer(in: 0...Int64.max)
        let refunded = try object["amount_refunded"].integer(in: 0...Int64.max)
        let state: Reversal.State =
            if refunded == 0 {
                .won
            } else if refunded < amount || paid.periods.isCorrection {
                .partial
            } else {
                .full
            }
        var begun: [Date] = []
        if let refunds = object["refunds"]["data"].present {
            for refund in try refunds.elements() { begun.append(try refund["created"].time()) }
        }
        return Reversal(
            id: try object["id"].id(),
            kind: .refund,
            state: state,
            at: begun.max() ?? charge.at,
            periods: paid.periods.ends,
            payment: paid.invoice,
            askedAt: paid.askedAt,
            fetchedAt: charge.at
        )
    }

    /// Nil where the dispute's status is not known.
    static func dispute(
        _ dispute: FetchedObject,
        _ paid: StripeObjects.Paid
    ) throws(FieldFault) -> Reversal? {
        let object = Field(dispute)
        let state: Reversal.State
        switch try object["status"].word() {
        case "warning_needs_response", "warning_under_review": state = .inquiry
        case "needs_response", "under_review": state = .open
        case "won", "warning_closed", "prevented": state = .won
        case "lost": state = .lost
        default: return nil
        }
        return Reversal(
            id: try object["id"].id(),
            kind: .dispute,
            state: state,
            at: try object["created"].time(),
            periods: paid.periods.ends,
            payment: paid.invoice,
            askedAt: paid.askedAt,
            fetchedAt: dispute.at
        )
    }
}
