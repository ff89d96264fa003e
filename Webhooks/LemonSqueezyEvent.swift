import JSON
import Subscriptions

/// One event of Lemon Squeezy on its way to our words.
struct LemonSqueezyEvent: ProviderEvent {
    /// What an event type means to us.
    private enum Kind {
        /// The state of a subscription.
        case subscription
        /// An attempt to collect money for a subscription.
        case payment(succeeded: Bool)
        /// Money of such a payment that went back.
        case refund
        /// The end of a checkout.
        case order
        /// Money of a checkout that went back.
        case orderRefund
    }

    private static let kinds: [String: Kind] = [
        "subscription_created": .subscription,
        "subscription_updated": .subscription,
        "subscription_cancelled": .subscription,
        "subscription_resumed": .subscription,
        "subscription_expired": .subscription,
        "subscription_paused": .subscription,
        "subscription_unpaused": .subscription,
        "subscription_payment_success": .payment(succeeded: true),
        "subscription_payment_recovered": .payment(succeeded: true),
        "subscription_payment_failed": .payment(succeeded: false),
        "subscription_payment_refunded": .refund,
        "order_created": .order,
        "order_refunded": .orderRefund,
    ]

    private let envelope: EventEnvelope
    private let kind: Kind?
    private let data: Field

    init(_ event: Field, id: String, mode: Mode) throws(FieldFault) {
        data = event["data"]
        let isTest = try event["meta"]["test_mode"].present?.flag()
        let isTestObject = try data["attributes"]["test_mode"].present?.flag()
        guard isTest == nil || isTestObject == nil || isTest == isTestObject else {
            throw data["attributes"]["test_mode"].fault("is not what meta.test_mode says")
        }
        envelope = EventEnvelope(
            provider: .lemonSqueezy,
            mode: (isTest ?? isTestObject).map { $0 ? .test : .live } ?? mode,
            id: id,
            type: try event["meta"]["event_name"].word(),
            // The event has no time of its own; its object was last changed then.
            time: .told(data["attributes"]["updated_at"])
        )
        kind = Self.kinds[envelope.type]
    }

    var subject: String { (try? data["id"].id()) ?? "" }

    func reading() throws(FieldFault) -> EventReading {
        switch kind {
        case .subscription: try LemonSqueezySubscription(data).reading(envelope)
        case .payment(let succeeded):
            try LemonSqueezyInvoice(data).payment(succeeded, periods: [:], envelope)
        case .refund: try LemonSqueezyInvoice(data).refund(envelope)
        case .order: try LemonSqueezyOrder(data).checkout(envelope)
        case .orderRefund: try LemonSqueezyOrder(data).refund(envelope)
        case nil: .ignored(type: envelope.type)
        }
    }

    func reading(from objects: any ProviderObjects) async throws -> EventReading {
        switch kind {
        case .subscription where LemonSqueezySubscription(data).isFinal: return try reading()
        case .subscription:
            let (object, envelope) = try await fetched("subscriptions", from: objects)
            return try LemonSqueezySubscription(object).reading(envelope)
        // The status follows in an event of its own.
        case .payment(succeeded: false), nil: return try reading()
        case .payment(succeeded: true):
            let invoice = LemonSqueezyInvoice(data)
            let path = ["subscriptions", try invoice.subscription()]
            let fetched = try await objects.object(path, [])
            let subscription = LemonSqueezySubscription(Field(fetched)["data"])
            let periods = try subscription.paidPeriods()
            return try invoice.payment(true, periods: periods, envelope.fetched(at: fetched.at))
        case .refund:
            let (object, envelope) = try await fetched("subscription-invoices", from: objects)
            return try LemonSqueezyInvoice(object).refund(envelope)
        case .order:
            return try await LemonSqueezyOrder(data).checkout(envelope, from: objects)
        case .orderRefund:
            let (object, envelope) = try await fetched("orders", from: objects)
            return try await LemonSqueezyOrder(object).refund(envelope, from: objects)
        }
    }

    private func fetched(
        _ kind: String,
        from objects: any ProviderObjects
    ) async throws -> (Field, EventEnvelope) {
        let fetched = try await objects.object([kind, try data["id"].id()], [])
        return (Field(fetched)["data"], envelope.fetched(at: fetched.at))
    }
}

extension Field {
    /// An id that is a number in some places and text in others.
    func numericID() throws(FieldFault) -> String {
        if let number = value?.integer, number >= 0 { return String(number) }
        return try id()
    }
}
