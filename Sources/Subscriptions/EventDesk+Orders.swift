import struct Foundation.Date

/// What orders say that do not name the subscription which they made: the subscription names the
/// order, and either can be told first.
extension EventDesk {
    func applyOrder(
        _ checkout: OrderedCheckout,
        _ payment: PaymentEvent,
        _ event: inout InboxEvent,
        in tx: any StoreTransaction,
        _ now: Date
    ) throws {
        guard let known = try subscription(ofOrder: checkout.order, payment, &event, in: tx) else {
            return
        }
        let checkout = checkout.of(subscription: known.providerID)
        try applyCheckout(checkout, payment, &event, in: tx, now)
    }

    func applyReversal(
        _ reversal: Reversal,
        ofOrder order: String,
        _ payment: PaymentEvent,
        _ event: inout InboxEvent,
        in tx: any StoreTransaction,
        _ now: Date
    ) throws {
        guard let known = try subscription(ofOrder: order, payment, &event, in: tx) else { return }
        try applyReversal(reversal, of: known.providerID, payment, &event, in: tx, now)
    }

    private func subscription(
        ofOrder order: String,
        _ payment: PaymentEvent,
        _ event: inout InboxEvent,
        in tx: any StoreTransaction
    ) throws -> Subscription? {
        let known = try tx.subscription(
            provider: payment.provider,
            mode: payment.mode,
            order: order
        )
        if known == nil {
            park(
                &event,
                Need(
                    .refetch,
                    subject: Self.subject(ofOrder: order),
                    reason: "No event has told of a subscription of the order \(order) yet: this is"
                        + " applied once one does."
                )
            )
        }
        return known
    }

    static func subject(ofOrder order: String) -> String { "order-\(order)" }
}
