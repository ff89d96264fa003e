import Digest
import struct Foundation.Date

/// What money does: a checkout, a payment, and what goes back of it.
extension EventDesk {
    func applyCheckout(
        _ checkout: Checkout,
        _ payment: PaymentEvent,
        _ event: inout InboxEvent,
        in tx: any StoreTransaction,
        _ now: Date
    ) throws {
        let customer = try customer(checkout.customerID, checkout.email, payment, in: tx, now)
        let before = try subscription(checkout.subscriptionID, customer, payment, in: tx, now)
        let effect = before.applying(checkout)
        try finish(effect, isNews: true, payment, &event, in: tx, now)
        try insertClaim(checkout, before.id, payment, in: tx, now)
    }

    private func insertClaim(
        _ checkout: Checkout,
        _ id: Subscription.ID,
        _ payment: PaymentEvent,
        in tx: any StoreTransaction,
        _ now: Date
    ) throws {
        try tx.insert(
            Claim(
                id: .random(access.random),
                provider: payment.provider,
                referenceDigest: SHA256.hash(checkout.reference.utf8),
                subscriptionID: id,
                createdAt: now,
                expiresAt: now.addingTimeInterval(claimWindow.seconds),
                salt: access.random(16)
            )
        )
    }

    func applyPayment(
        _ attempt: Payment,
        _ payment: PaymentEvent,
        _ event: inout InboxEvent,
        in tx: any StoreTransaction,
        _ now: Date
    ) throws -> Bool {
        let before: Subscription
        if let customerID = attempt.customerID {
            let customer = try customer(customerID, attempt.email, payment, in: tx, now)
            before = try subscription(attempt.subscriptionID, customer, payment, in: tx, now)
        } else if let known = try known(attempt.subscriptionID, payment, in: tx) {
            before = known
        } else {
            // Of nobody it makes no subscription, and counts once another event has made it.
            park(&event, Self.needsSubscription(attempt.subscriptionID))
            return true
        }
        let effect = before.applying(attempt)
        return try finish(effect, isNews: effect.isNews, payment, &event, in: tx, now)
    }

    func applyReversal(
        _ reversal: Reversal,
        of id: String,
        _ payment: PaymentEvent,
        _ event: inout InboxEvent,
        in tx: any StoreTransaction,
        _ now: Date
    ) throws {
        guard let before = try known(id, payment, in: tx) else {
            park(&event, Self.needsSubscription(id))
            return
        }
        let effect = before.applying(reversal)
        try finish(effect, isNews: effect.isNews, payment, &event, in: tx, now)
        guard effect.isNews, effect.subscription.isUnplaced(reversal) else { return }
        event.note = "\(event.note ?? ""); \(Reversal.unplaced)"
        let sentence = "\(reversal.clause), and \(Reversal.unplaced)"
        try warn(sentence, before.id, payment, event, in: tx, now)
    }

    /// Something that staff should know and that changes nothing.
    func warn(
        _ sentence: String,
        _ id: Subscription.ID?,
        _ payment: PaymentEvent,
        _ event: InboxEvent,
        in tx: any StoreTransaction,
        _ now: Date
    ) throws {
        try tx.append(
            AuditEntry(
                at: now,
                actor: "provider:\(payment.provider)",
                action: "payment.warned",
                subscriptionID: id,
                details: ["event": String(event.number), "warning": sentence]
            )
        )
    }

    static func needsSubscription(_ id: String) -> Need {
        Need(
            .refetch,
            subject: id,
            reason: "The subscription \(id) is not known here yet: this is tried again once an "
                + "event or a comparison with the provider has brought it."
        )
    }
}
