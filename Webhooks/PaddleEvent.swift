import JSON
import Subscriptions

/// One event of Paddle Billing on its way to our words.
struct PaddleEvent: ProviderEvent {
    /// What an event type means to us.
    private enum Kind {
        /// The state of a subscription.
        case subscription
        /// The end of an attempt to collect money; whether it succeeded.
        case transaction(succeeded: Bool)
        /// Money that went back, or may.
        case adjustment
        /// Who a customer is.
        case customer
        /// Known, and of no consequence.
        case ignored(String)
    }

    private static let kinds: [String: Kind] = [
        "subscription.created": .subscription,
        "subscription.imported": .subscription,
        "subscription.activated": .subscription,
        "subscription.trialing": .subscription,
        "subscription.updated": .subscription,
        "subscription.past_due": .subscription,
        "subscription.paused": .subscription,
        "subscription.resumed": .subscription,
        "subscription.canceled": .subscription,
        "transaction.completed": .transaction(succeeded: true),
        "transaction.payment_failed": .transaction(succeeded: false),
        "transaction.paid": .ignored("transaction.completed says the same, with all its details."),
        "transaction.past_due": .ignored("transaction.payment_failed and the status say it."),
        "adjustment.created": .adjustment,
        "adjustment.updated": .adjustment,
        "customer.created": .customer,
        "customer.imported": .customer,
        "customer.updated": .customer,
    ]

    private let envelope: EventEnvelope
    private let kind: Kind?
    private let data: Field

    init(_ event: Field, id: String, mode: Mode) throws(FieldFault) {
        envelope = EventEnvelope(
            provider: .paddle,
            mode: mode,
            id: try event["event_id"].id(),
            type: try event["event_type"].word(),
            time: .told(event["occurred_at"])
        )
        kind = Self.kinds[envelope.type]
        data = event["data"]
    }

    var subject: String { (try? data["id"].id()) ?? "" }

    func reading() throws(FieldFault) -> EventReading {
        switch kind {
        case .subscription: try PaddleSubscription(data).reading(envelope)
        case .transaction(let succeeded):
            try PaddleTransaction(data, succeeded: succeeded).reading(envelope)
        case .adjustment: try PaddleAdjustment(data).reading(envelope)
        case .customer: try envelope.made(.customer(try Self.customer(data)))
        case .ignored(let reason): .ignored(reason)
        case nil: .ignored(type: envelope.type)
        }
    }

    func reading(from objects: any ProviderObjects) async throws -> EventReading {
        switch kind {
        case .subscription where PaddleSubscription(data).isFinal: return try reading()
        case .subscription:
            let (object, envelope) = try await fetched("subscriptions", from: objects)
            return try PaddleSubscription(object).reading(envelope)
        case .transaction:
            let (object, envelope) = try await fetched("transactions", from: objects)
            return try PaddleTransaction(object, succeeded: nil).reading(envelope)
        case .adjustment: return try await PaddleAdjustment(data).reading(envelope, from: objects)
        case .customer:
            let (object, envelope) = try await fetched("customers", from: objects)
            return try envelope.made(.customer(try Self.customer(object)))
        case .ignored, nil: return try reading()
        }
    }

    private func fetched(
        _ kind: String,
        from objects: any ProviderObjects
    ) async throws -> (Field, EventEnvelope) {
        let fetched = try await objects.object([kind, try data["id"].id()], [])
        return (Field(fetched)["data"], envelope.fetched(at: fetched.at))
    }

    /// A customer can be archived, which ends nothing, and is never deleted.
    private static func customer(_ object: Field) throws(FieldFault) -> CustomerSnapshot {
        CustomerSnapshot(id: try object["id"].id(), email: try object["email"].email())
    }
}
