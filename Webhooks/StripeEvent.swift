import JSON
import Subscriptions

/// One Stripe event on its way to our words.
struct StripeEvent {
    private let event: Field

    init(_ event: Field) { self.event = event }

    /// What the event says; throws the first field that is not what its type promises.
    func reading() throws(FieldFault) -> EventReading {
        let type = try event["type"].word()
        if event["object"].value == "v2.core.event" { return try thin(type) }
        guard event["object"].value == "event" else {
            throw event["object"].fault("is not \"event\"")
        }
        guard let kind = StripeEventKind(type: type) else {
            return .ignored("Events of the type \(type) do not concern access.")
        }
        if let account = event["account"].present {
            return .ignored("It is about the connected account \(try account.id()), not ours.")
        }
        return try snapshot(type, kind)
    }

    /// A thin event carries no object: it is worth a refetch if its snapshot would concern us.
    private func thin(_ type: String) throws(FieldFault) -> EventReading {
        let snapshotType = type.hasPrefix("v1.") ? String(type.dropFirst(3)) : type
        switch StripeEventKind(type: snapshotType) {
        case nil, .ignored:
            return .ignored("Thin events of the type \(type) do not concern access.")
        case .subscription, .checkout, .payment, .customer, .refetch:
            let subject = try event["related_object"]["id"].id()
            return .parked(
                Need(
                    .refetch,
                    subject: subject,
                    reason: "A thin event carries no object; \(subject) must be fetched from"
                        + " Stripe, or the endpoint set to snapshot events."
                )
            )
        }
    }

    private func snapshot(
        _ type: String,
        _ kind: StripeEventKind
    ) throws(FieldFault) -> EventReading {
        let object = event["data"]["object"]
        switch kind {
        case .subscription(let ended):
            return try StripeSubscription(object, ended: ended).reading(made)
        case .checkout(let outcome):
            return try StripeCheckout(object, outcome: outcome).reading(made)
        case .payment(let succeeded):
            return try StripeInvoice(object, succeeded: succeeded).reading(made)
        case .customer:
            try object.expectObject("customer")
            let customer = CustomerSnapshot(
                id: try object["id"].id(),
                email: try object["email"].email()
            )
            return try made(.customer(customer))
        case .refetch(let reason):
            return .parked(Need(.refetch, subject: try object["id"].id(), reason: reason))
        case .ignored(let reason):
            return .ignored(reason)
        }
    }

    private func made(_ change: PaymentEvent.Change) throws(FieldFault) -> EventReading {
        let event = PaymentEvent(
            provider: .stripe,
            mode: try event["livemode"].flag() ? .live : .test,
            id: try event["id"].id(),
            type: try event["type"].word(),
            occurredAt: try event["created"].time(),
            change: change
        )
        return .event(event)
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
