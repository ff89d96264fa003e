import JSON
import Subscriptions

import struct Foundation.Date

/// One Stripe event on its way to our words, by what it says itself.
struct StripeEvent {
    private let envelope: StripeEnvelope

    init(_ event: Field) throws(FieldFault) { envelope = try StripeEnvelope(event) }

    /// What the event says; throws the first field that is not what its type promises.
    func reading() throws(FieldFault) -> EventReading {
        switch try envelope.subject() {
        case .nothing(let reason): return .ignored(reason)
        case .object(let kind, let object?): return try snapshot(kind, object)
        case .object(_, nil):
            let subject = try envelope.objectID()
            return .parked(
                Need(
                    .refetch,
                    subject: subject,
                    reason: "A thin event carries no object; set STRIPE_API_KEY so that \(subject)"
                        + " can be fetched, or set the endpoint to snapshot events."
                )
            )
        }
    }

    private func snapshot(
        _ kind: StripeEventKind,
        _ object: Field
    ) throws(FieldFault) -> EventReading {
        switch kind {
        case .subscription(let ended):
            return try StripeSubscription(object, ended: ended).reading(made)
        case .checkout(let outcome):
            return try StripeCheckout(object, outcome: outcome).reading(made)
        case .payment(let succeeded):
            return try StripeInvoice(object, succeeded: succeeded)
                .reading(made, at: try envelope.occurredAt())
        case .customer:
            return try made(.customer(try envelope.customer(object)))
        case .refund:
            return .parked(try needsAPI("Money was refunded", object))
        case .dispute:
            return .parked(try needsAPI("A payment is disputed", object))
        case .warning:
            return try made(.warning(try Self.warning(object), of: nil))
        case .ignored(let reason):
            return .ignored(reason)
        }
    }

    /// The sentence of an early fraud warning.
    static func warning(_ object: Field) throws(FieldFault) -> String {
        let charge = try object["charge"].reference()
        let kind = object["fraud_type"].value?.string ?? "unknown"
        return "The card's issuer fears fraud (\(kind)) in the charge \(charge)."
    }

    private func needsAPI(_ what: String, _ object: Field) throws(FieldFault) -> Need {
        Need(
            .refetch,
            subject: try object["id"].id(),
            reason: "\(what), and the event does not say for which subscription: set STRIPE_API_KEY"
                + " so that Stripe can be asked."
        )
    }

    private func made(_ change: PaymentEvent.Change) throws(FieldFault) -> EventReading {
        try envelope.made(change)
    }
}

/// What stands around the object of an event, snapshot or thin.
struct StripeEnvelope {
    private let event: Field

    /// What an event is about.
    enum Subject {
        /// Nothing that concerns us; the sentence says why.
        case nothing(String)
        /// An object of a kind that does, which a thin event leaves out.
        case object(StripeEventKind, Field?)
    }

    init(_ event: Field) throws(FieldFault) { self.event = event }

    /// Whether the event leaves its object out.
    var isThin: Bool { event["object"].value == "v2.core.event" }

    func subject() throws(FieldFault) -> Subject {
        let type = try event["type"].word()
        guard isThin || event["object"].value == "event" else {
            throw event["object"].fault("is not \"event\"")
        }
        let name = isThin && type.hasPrefix("v1.") ? String(type.dropFirst(3)) : type
        guard let kind = StripeEventKind(type: name) else {
            let prefix = isThin ? "Thin events" : "Events"
            return .nothing("\(prefix) of the type \(type) do not concern access.")
        }
        if let account = (event["account"].present ?? event["context"].present) {
            return .nothing("It is about the connected account \(try account.id()), not ours.")
        }
        if case .ignored(let reason) = kind { return .nothing(reason) }
        return .object(kind, isThin ? nil : event["data"]["object"])
    }

    /// The id of the object that the event is about.
    func objectID() throws(FieldFault) -> String {
        try (isThin ? event["related_object"] : event["data"]["object"])["id"].id()
    }

    /// When it happened; a thin event says it in text, RFC 3339.
    func occurredAt() throws(FieldFault) -> Date {
        let created = event["created"]
        return isThin && created.value?.string != nil ? try created.instant() : try created.time()
    }

    func made(
        _ change: PaymentEvent.Change,
        fetchedAt: Date? = nil
    ) throws(FieldFault) -> EventReading {
        let event = PaymentEvent(
            provider: .stripe,
            mode: try event["livemode"].flag() ? .live : .test,
            id: try event["id"].id(),
            type: try event["type"].word(),
            occurredAt: try occurredAt(),
            fetchedAt: fetchedAt,
            change: change
        )
        return .event(event)
    }

    /// A customer; API reads of a deleted one say so in the object, the event only in its type.
    func customer(_ object: Field) throws(FieldFault) -> CustomerSnapshot {
        try object.expectObject("customer")
        let isSaidDeleted = try event["type"].word().hasSuffix("customer.deleted")
        let isDeleted = try object["deleted"].present?.flag() ?? isSaidDeleted
        return CustomerSnapshot(
            id: try object["id"].id(),
            email: try object["email"].email(),
            isDeleted: isDeleted
        )
    }
}

/// Makes the event around what it says.
typealias MakeEvent = (PaymentEvent.Change) throws(FieldFault) -> EventReading

extension Field {
    /// Throws unless this is a Stripe object of that name.
    func expectObject(_ name: String) throws(FieldFault) {
        guard self["object"].value == .string(name) else {
            throw self["object"].fault("is not \"\(name)\"")
        }
    }
}
