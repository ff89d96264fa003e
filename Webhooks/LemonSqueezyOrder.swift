import JSON
import Subscriptions

/// Lemon Squeezy's order, the end of a checkout.
///
/// It does not name the subscription that it made: the subscription names the order. With the API
/// that is asked for, without it one waits for the other.
struct LemonSqueezyOrder {
    private let object: Field
    private let attributes: Field

    init(_ object: Field) {
        self.object = object
        self.attributes = object["attributes"]
    }

    func checkout(_ event: EventEnvelope) throws(FieldFault) -> EventReading {
        guard let payment = try payment() else { return try .unknown(attributes["status"]) }
        return try event.made(.order(try ordered(payment)))
    }

    func refund(_ event: EventEnvelope) throws(FieldFault) -> EventReading {
        guard let state = try attributes.refundState() else {
            return try .unknown(attributes["status"])
        }
        let reversal = try reversal(state, event)
        return try event.made(.orderReversal(reversal, ofOrder: try object["id"].id()))
    }

    func checkout(
        _ event: EventEnvelope,
        from objects: any ProviderObjects
    ) async throws -> EventReading {
        let id = try object["id"].id()
        guard let payment = try payment() else { return try .unknown(attributes["status"]) }
        guard let subscription = try await subscription(from: objects) else {
            return try await isOfSubscription(from: objects)
                ? .parked(Self.needsSubscription(id))
                : .ignored("The order sold no subscription.")
        }
        return try event.made(.checkout(try ordered(payment).of(subscription: subscription)))
    }

    private func ordered(_ payment: CheckoutPayment) throws(FieldFault) -> OrderedCheckout {
        OrderedCheckout(
            order: try object["id"].id(),
            reference: try attributes["identifier"].id(),
            customerID: try attributes["customer_id"].numericID(),
            email: try attributes["user_email"].email(),
            payment: payment
        )
    }

    func refund(
        _ event: EventEnvelope,
        from objects: any ProviderObjects
    ) async throws -> EventReading {
        guard let state = try attributes.refundState() else {
            return try .unknown(attributes["status"])
        }
        guard let subscription = try await subscription(from: objects) else {
            return .ignored("The order sold no subscription.")
        }
        return try event.made(.reversal(try reversal(state, event), of: subscription))
    }

    private func reversal(
        _ state: Reversal.State,
        _ event: EventEnvelope
    ) throws(FieldFault) -> Reversal {
        let at = try event.knownAt()
        return Reversal(
            // Invoices have numbers too.
            id: "order-\(try object["id"].id())",
            kind: .refund,
            state: state,
            at: try attributes["refunded_at"].present?.instant() ?? at,
            // The first invoice is asked for in the moment of the order.
            askedAt: try attributes["created_at"].present?.instant(),
            fetchedAt: at
        )
    }

    private func payment() throws(FieldFault) -> CheckoutPayment? {
        switch try attributes["status"].word() {
        case "paid", "refunded", "partial_refund": .paid
        case "pending": .pending
        case "failed", "fraudulent": .failed
        default: nil
        }
    }

    /// The subscription that the order made; one of another order, as a list comes whose filter was
    /// not heeded, would give its key to whoever holds this order.
    private func subscription(from objects: any ProviderObjects) async throws -> String? {
        let id = try object["id"].id()
        let list = try await objects.object(["subscriptions"], [("filter[order_id]", id)])
        return try Field(list)["data"].elements()
            .first { try $0["attributes"]["order_id"].numericID() == id }?["id"].id()
    }

    /// The order is told of in the moment in which the subscription is made.
    private func isOfSubscription(from objects: any ProviderObjects) async throws -> Bool {
        guard let variant = attributes["first_order_item"]["variant_id"].present else {
            return false
        }
        let fetched = try await objects.object(["variants", try variant.numericID()], [])
        return Field(fetched)["data"]["attributes"]["is_subscription"].value == true
    }

    private static func needsSubscription(_ id: String) -> Need {
        Need(
            .refetch,
            subject: id,
            reason: "The subscription of the order \(id) does not exist yet; Lemon Squeezy is asked"
                + " again."
        )
    }
}
