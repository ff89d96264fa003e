package import struct Foundation.Date

/// A payment that opened a period and has come, remembered to know what a refund is of.
package struct Receipt: Hashable, Sendable, Codable {
    /// The provider's id of the payment.
    package let id: String
    /// When the money was asked for, by the provider's clock: in that order periods are paid,
    /// however late the money comes.
    package let askedAt: Date
    /// The end of the period that it paid; nil where the provider does not say.
    package let periodEnd: Date?
    /// All that was paid, in the minor unit; nil where it was not said.
    package let amount: Int64?

    /// Makes one.
    package init(id: String, askedAt: Date, periodEnd: Date? = nil, amount: Int64? = nil) {
        self.id = id
        self.askedAt = askedAt
        self.periodEnd = periodEnd
        self.amount = amount
    }
}

extension Subscription {
    /// How many receipts are kept; what is older is refunded by nobody.
    private static let receiptCountMax = 32

    /// Remembers a payment.
    ///
    /// What was known of it first stays: a later word may be of a later period.
    mutating func keep(_ receipt: Receipt) {
        let known = receipts.first { $0.id == receipt.id }
        receipts.removeAll { $0.id == receipt.id }
        receipts.append(
            Receipt(
                id: receipt.id,
                askedAt: known?.askedAt ?? receipt.askedAt,
                periodEnd: known?.periodEnd ?? receipt.periodEnd,
                amount: known?.amount ?? receipt.amount
            )
        )
        receipts.sort { ($0.askedAt, $0.id) < ($1.askedAt, $1.id) }
        receipts.removeFirst(max(0, receipts.count - Self.receiptCountMax))
    }
}
