import JSON
import Subscriptions

import struct Foundation.Date

/// One Stripe event on its way to our words, by what Stripe says of its objects now.
///
/// What an event carries is how things stood when it happened, and events come in any order; what
/// is fetched is how things stand, so that every order ends the same. An end is final and needs no
/// second look.
struct StripeRefetch {
    private let event: Field
    private let objects: any ProviderObjects

    init(_ event: Field, _ objects: any ProviderObjects) {
        self.event = event
        self.objects = objects
    }

    /// What the event means; parked where Stripe cannot be asked.
    func reading() async -> EventReading {
        do {
            let envelope = try StripeEnvelope(event)
            guard case .object(let kind, let object) = try envelope.subject() else {
                return try StripeEvent(event).reading()
            }
            return try await reading(envelope, kind, object)
        } catch let fault as FieldFault {
            return fault.reading(of: subject)
        } catch {
            return .parked(Need(.refetch, subject: subject, reason: "\(error)"))
        }
    }

    private var subject: String { (try? StripeEnvelope(event).objectID()) ?? "" }

    private func reading(
        _ envelope: StripeEnvelope,
        _ kind: StripeEventKind,
        _ object: Field?
    ) async throws -> EventReading {
        switch kind {
        case .subscription(let ended):
            if let object, Self.isFinal(object, ended) { return try StripeEvent(event).reading() }
            return try await subscription(envelope, ended)
        case .checkout(let outcome):
            return try await checkout(envelope, outcome, object)
        case .payment:
            return try await payment(envelope)
        case .customer:
            return try await customer(envelope)
        case .refund:
            return try await refund(envelope, object)
        case .dispute:
            return try await dispute(envelope)
        case .warning:
            return try await warning(envelope, object)
        case .ignored(let reason):
            return .ignored(reason)
        }
    }

    private static func isFinal(_ object: Field, _ ended: Bool) -> Bool {
        ended || object["status"].value?.string.flatMap(SubscriptionStatus.init)?.isFinal == true
    }

    private func subscription(
        _ envelope: StripeEnvelope,
        _ ended: Bool
    ) async throws -> EventReading {
        let fetched = try await StripeObjects(objects).subscription(envelope.objectID())
        return try StripeSubscription(Field(fetched), ended: false).reading {
            change throws(FieldFault) in
            try envelope.made(change, fetchedAt: fetched.at)
        }
    }

    /// A checkout only goes forward, from waiting to failed to paid, so what the event says holds.
    private func checkout(
        _ envelope: StripeEnvelope,
        _ outcome: StripeCheckout.Outcome,
        _ object: Field?
    ) async throws -> EventReading {
        guard object == nil else { return try StripeEvent(event).reading() }
        let fetched = try await objects.object(
            ["checkout", "sessions", envelope.objectID()],
            []
        )
        return try StripeCheckout(Field(fetched), outcome: outcome).reading {
            change throws(FieldFault) in
            try envelope.made(change, fetchedAt: fetched.at)
        }
    }

    private func payment(_ envelope: StripeEnvelope) async throws -> EventReading {
        let fetched = try await objects.object(["invoices", envelope.objectID()], [])
        let invoice = Field(fetched)
        let isPaid = invoice["status"].value == "paid" || invoice["paid"].value == true
        return try StripeInvoice(invoice, succeeded: isPaid).reading(
            { change throws(FieldFault) in try envelope.made(change, fetchedAt: fetched.at) },
            at: try envelope.occurredAt()
        )
    }

    private func customer(_ envelope: StripeEnvelope) async throws -> EventReading {
        let type = try event["type"].word()
        if !envelope.isThin, type == "customer.deleted" { return try StripeEvent(event).reading() }
        let fetched = try await objects.object(["customers", envelope.objectID()], [])
        let customer = try envelope.customer(Field(fetched))
        return try envelope.made(.customer(customer), fetchedAt: fetched.at)
    }

    private func refund(
        _ envelope: StripeEnvelope,
        _ object: Field?
    ) async throws -> EventReading {
        let id: String
        if let object, object["object"].value == "charge" {
            id = try object["id"].id()
        } else if let charge = object?["charge"].present {
            id = try charge.reference()
        } else {
            let fetched = try await fetchedRefundCharge(envelope)
            guard let fetched else { return .ignored("The refund is of no charge.") }
            id = fetched
        }
        let charge = try await StripeObjects(objects).charge(id)
        guard let paid = try await StripeObjects(objects).paid(by: Field(charge)) else {
            return .ignored("The charge \(id) paid for no subscription.")
        }
        let reversal = try StripeReversal.refund(charge, paid)
        return try envelope.made(
            .reversal(reversal, of: paid.subscription),
            fetchedAt: charge.at
        )
    }

    /// The charge of a thin event's object, which is a charge or a refund.
    private func fetchedRefundCharge(_ envelope: StripeEnvelope) async throws -> String? {
        let id = try envelope.objectID()
        guard event["related_object"]["type"].value != "charge" else { return id }
        let refund = try await objects.object(["refunds", id], [])
        return try Field(refund)["charge"].present?.reference()
    }

    private func dispute(_ envelope: StripeEnvelope) async throws -> EventReading {
        let dispute = try await objects.object(["disputes", envelope.objectID()], [])
        let id = try Field(dispute)["charge"].reference()
        let charge = try await StripeObjects(objects).charge(id)
        guard let paid = try await StripeObjects(objects).paid(by: Field(charge)) else {
            return .ignored("The charge \(id) paid for no subscription.")
        }
        guard let reversal = try StripeReversal.dispute(dispute, paid) else {
            let word = try Field(dispute)["status"].word()
            let reason = "The dispute's status is \"\(word)\", which this version does not know."
            return .parked(Need(.unknownStatus, subject: word, reason: reason))
        }
        return try envelope.made(
            .reversal(reversal, of: paid.subscription),
            fetchedAt: dispute.at
        )
    }

    /// A warning is told whether or not its subscription can be found.
    private func warning(
        _ envelope: StripeEnvelope,
        _ object: Field?
    ) async throws -> EventReading {
        let warned: Field
        if let object {
            warned = object
        } else {
            let path = ["radar", "early_fraud_warnings", try envelope.objectID()]
            warned = Field(try await objects.object(path, []))
        }
        let sentence = try StripeEvent.warning(warned)
        let charge = try await StripeObjects(objects).charge(try warned["charge"].reference())
        let paid = try await StripeObjects(objects).paid(by: Field(charge))
        return try envelope.made(
            .warning(sentence, of: paid?.subscription),
            fetchedAt: charge.at
        )
    }
}
