import JSON
import Subscriptions

/// Polar's checkout.
struct PolarCheckout {
    private let object: Field

    init(_ object: Field) { self.object = object }

    /// Polar lists at most so many subscriptions a page.
    private static let pageCountMax = 100

    func reading(_ event: EventEnvelope) throws(FieldFault) -> EventReading {
        if let stopped = try stopped() { return stopped }
        if let subscription = object["subscription_id"].present {
            return try made(try subscription.id(), event)
        }
        guard !object["trial_end"].isAbsent else {
            return .ignored("If it sold a subscription, order.paid says which.")
        }
        return .parked(try needsSubscription("set POLAR_ACCESS_TOKEN so that Polar can be asked."))
    }

    /// The subscription that the checkout made names it, even where nothing was due.
    func reading(
        _ event: EventEnvelope,
        from objects: any ProviderObjects
    ) async throws -> EventReading {
        if let stopped = try stopped() { return stopped }
        if let subscription = object["subscription_id"].present {
            return try made(try subscription.id(), event)
        }
        guard object["product"]["is_recurring"].value == true else {
            return .ignored("The checkout sold no subscription.")
        }
        let id = try object["id"].id()
        let query = [
            ("customer_id", try object["customer_id"].id()),
            ("limit", String(Self.pageCountMax)),
        ]
        let list = try await objects.object(["subscriptions", ""], query)
        let found = try Field(list)["items"].elements()
            .first { $0["checkout_id"].value == .string(id) }
        guard let found else {
            return .parked(try needsSubscription("it is looked for again."))
        }
        return try made(try found["id"].id(), event)
    }

    private func stopped() throws(FieldFault) -> EventReading? {
        switch try object["status"].word() {
        case "succeeded": nil
        case "open", "confirmed": .ignored("The checkout has not ended yet.")
        case "expired", "failed": .ignored("The checkout ended without a purchase.")
        default: try .unknown(object["status"])
        }
    }

    private func made(
        _ subscription: String,
        _ event: EventEnvelope
    ) throws(FieldFault) -> EventReading {
        let checkout = Checkout(
            reference: try object["id"].id(),
            subscriptionID: subscription,
            customerID: try object["customer_id"].id(),
            email: try object["customer_email"].email(),
            payment: .paid
        )
        return try event.made(.checkout(checkout))
    }

    private func needsSubscription(_ remedy: String) throws(FieldFault) -> Need {
        let id = try object["id"].id()
        return Need(
            .refetch,
            subject: id,
            reason: "The checkout \(id) does not name its subscription: \(remedy)"
        )
    }
}
