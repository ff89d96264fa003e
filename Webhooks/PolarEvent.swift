import JSON
import Subscriptions

/// One event of Polar on its way to our words.
struct PolarEvent: ProviderEvent {
    /// What an event type means to us.
    private enum Kind {
        /// The state of a subscription; whether the event takes the service away.
        case subscription(revoked: Bool)
        /// Money for a subscription.
        case paid
        /// Money of an order that went back.
        case refunded
        /// One refund of an order.
        case refund
        /// A checkout on its way.
        case checkout
        /// Who a customer is; whether the event is their end.
        case customer(deleted: Bool)
        /// Known, and of no consequence.
        case ignored(String)
    }

    private static let kinds: [String: Kind] = [
        "subscription.created": .subscription(revoked: false),
        "subscription.active": .subscription(revoked: false),
        "subscription.updated": .subscription(revoked: false),
        "subscription.cycled": .subscription(revoked: false),
        "subscription.past_due": .subscription(revoked: false),
        "subscription.canceled": .subscription(revoked: false),
        "subscription.uncanceled": .subscription(revoked: false),
        "subscription.paused": .subscription(revoked: false),
        "subscription.resumed": .subscription(revoked: false),
        "subscription.revoked": .subscription(revoked: true),
        "order.paid": .paid,
        "order.created": .ignored("order.paid says when its money has come."),
        "order.updated": .ignored("order.paid and order.refunded say what became of its money."),
        "order.refunded": .refunded,
        "refund.created": .refund,
        "refund.updated": .refund,
        "checkout.created": .ignored("checkout.updated says how it ended."),
        "checkout.updated": .checkout,
        "checkout.expired": .ignored("The checkout was left without a purchase."),
        "customer.created": .customer(deleted: false),
        "customer.updated": .customer(deleted: false),
        "customer.state_changed": .customer(deleted: false),
        "customer.deleted": .customer(deleted: true),
    ]

    private let envelope: EventEnvelope
    private let kind: Kind?
    private let data: Field

    init(_ event: Field, id: String, mode: Mode) throws(FieldFault) {
        envelope = EventEnvelope(
            provider: .polar,
            mode: mode,
            id: id,
            type: try event["type"].word(),
            time: .told(event["timestamp"])
        )
        kind = Self.kinds[envelope.type]
        data = event["data"]
    }

    var subject: String { (try? data["id"].id()) ?? "" }

    func reading() throws(FieldFault) -> EventReading {
        switch kind {
        case .subscription(let revoked):
            try PolarSubscription(data, revoked: revoked).reading(envelope)
        case .paid: try PolarOrder(data).paid(envelope)
        case .refunded: try PolarOrder(data).refunded(envelope)
        case .refund: .ignored("order.refunded says how much of the order went back.")
        case .checkout: try PolarCheckout(data).reading(envelope)
        case .customer(let deleted): try customer(data, deleted: deleted, envelope)
        case .ignored(let reason): .ignored(reason)
        case nil: .ignored(type: envelope.type)
        }
    }

    func reading(from objects: any ProviderObjects) async throws -> EventReading {
        switch kind {
        case .subscription where PolarSubscription(data, revoked: false).isFinal,
            .customer(deleted: true), .ignored, nil:
            return try reading()
        case .subscription:
            let (object, envelope) = try await fetched("subscriptions", "id", from: objects)
            return try PolarSubscription(object, revoked: false).reading(envelope)
        case .paid:
            let (object, envelope) = try await fetched("orders", "id", from: objects)
            return try PolarOrder(object).paid(envelope)
        case .refunded:
            let (object, envelope) = try await fetched("orders", "id", from: objects)
            return try PolarOrder(object).refunded(envelope)
        case .refund:
            let (object, envelope) = try await fetched("orders", "order_id", from: objects)
            return try PolarOrder(object).refunded(envelope)
        case .checkout: return try await PolarCheckout(data).reading(envelope, from: objects)
        case .customer:
            let (object, envelope) = try await fetched("customers", "id", from: objects)
            return try customer(object, deleted: false, envelope)
        }
    }

    private func fetched(
        _ kind: String,
        _ name: String,
        from objects: any ProviderObjects
    ) async throws -> (Field, EventEnvelope) {
        let fetched = try await objects.object([kind, try data[name].id()], [])
        return (Field(fetched), envelope.fetched(at: fetched.at))
    }

    private func customer(
        _ object: Field,
        deleted: Bool,
        _ event: EventEnvelope
    ) throws(FieldFault) -> EventReading {
        let snapshot = CustomerSnapshot(
            id: try object["id"].id(),
            email: try object["email"].email(),
            isDeleted: deleted || !object["deleted_at"].isAbsent
        )
        return try event.made(.customer(snapshot))
    }
}
