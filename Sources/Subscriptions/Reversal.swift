package import struct Foundation.Date

/// Money of a payment that went back to the customer, or that they want back.
package struct Reversal: Hashable, Sendable, Codable {
    /// How money goes back.
    package enum Kind: String, Sendable, Codable {
        /// The merchant gave it back.
        case refund
        /// The customer asks their bank for it.
        case dispute
    }

    /// How far it has come.
    package enum State: String, Sendable, Codable {
        /// A part of the payment was refunded, or a payment that opened no period.
        case partial
        /// All of it was refunded.
        case full
        /// The bank asks, and has taken no money.
        case inquiry
        /// The bank has taken the money until it decides.
        case open
        /// The merchant has, or keeps, the money.
        case won
        /// The money is gone.
        case lost
    }

    /// The provider's id of what says it: the charge of a refund, the dispute.
    package let id: String
    /// How the money goes back.
    package let kind: Kind
    /// How far it has come.
    package let state: State
    /// When it began, by the provider's clock.
    package let at: Date
    /// The end of the period that the money paid, by the provider's price id.
    package let periods: [String: Date]
    /// The provider's id of the payment whose money it is; nil where it is not said.
    package let payment: String?
    /// When the money was asked for, by the provider's clock; nil where it is not said.
    package let askedAt: Date?
    /// How much went back, of a part that the provider tells by itself; nil where what is told is
    /// how far all of the payment has come.
    package let amount: Int64?
    /// When it was fetched, by the provider's clock.
    package var fetchedAt: Date

    /// Makes a reversal.
    package init(
        id: String,
        kind: Kind,
        state: State,
        at: Date,
        periods: [String: Date] = [:],
        payment: String? = nil,
        askedAt: Date? = nil,
        amount: Int64? = nil,
        fetchedAt: Date
    ) {
        self.id = id
        self.kind = kind
        self.state = state
        self.at = at
        self.periods = periods
        self.payment = payment
        self.askedAt = askedAt
        self.amount = amount
        self.fetchedAt = fetchedAt
    }

    /// Whether the merchant is without the money.
    package var takesMoney: Bool {
        switch state {
        case .full, .open, .lost: true
        case .partial, .inquiry, .won: false
        }
    }

    /// Whether it was stored before payments were remembered: then it counts as it did, so that
    /// nobody whom it ended comes back for nothing but an update.
    var namesNoPayment: Bool { payment == nil && askedAt == nil }

    /// What has happened, as a clause.
    package var clause: String {
        switch (kind, state) {
        case (.dispute, .open): "a payment is disputed"
        case (.dispute, .lost): "a dispute was lost"
        case (.dispute, .inquiry): "a bank asks about a payment and has taken no money"
        case (.dispute, _): "a dispute was won"
        case (.refund, .partial): "a part of a payment was refunded"
        case (.refund, .won): "a refund was taken back"
        case (.refund, _): "its payment was refunded"
        }
    }

    /// What is said to staff where nothing tells of which period the money was.
    package static let unplaced =
        "it is not known which period it had paid: access stays as it is; look at the payments, "
        + "and if it was the newest end access with `tollgate keys revoke`"
}

extension Subscription {
    /// Of which period the money is that went back.
    package enum ReversedPeriod: Hashable, Sendable {
        /// The one that was paid last.
        case current
        /// One before it: what was paid since is not touched.
        case earlier
        /// Nothing that is known tells.
        case unknown
    }

    /// How far apart two times of one payment can lie, where an order and its invoice are told
    /// by their own; two payments that open periods lie a day apart at least.
    private static let askingTimeMax: Double = 3_600

    /// What has taken money away that no later payment has brought back, with what the plan does
    /// about it; the strictest first.
    ///
    /// Where it is not known of which period the money was, access stays and staff are told: they
    /// can end access that was kept in error, and nothing gives the key back to a paying subscriber
    /// who lost it in error.
    func reversal(under plan: Plan) -> (reversal: Reversal, policy: Plan.Policy)? {
        let open = (reversals + wholes).filter { $0.takesMoney && period(of: $0) == .current }
            .map { reversal in
                (reversal, reversal.kind == .refund ? plan.refund : plan.dispute)
            }
        return open.first { $0.1 == .end } ?? open.first { $0.1 == .suspend }
    }

    /// Of which period the money is that went back, as far as what is known now tells.
    package func period(of reversal: Reversal) -> ReversedPeriod {
        if let end = price.flatMap({ reversal.periods[$0] }) ?? reversal.periods.values.max() {
            return paidThrough.map { $0 > end } ?? false ? .earlier : .current
        }
        if let paidAt, paidAt > reversal.at { return .earlier }
        guard !reversal.namesNoPayment else { return .current }
        guard let newest = receipts.last else { return periodWithoutReceipts(reversal) }
        if newest.id == reversal.payment {
            return Self.period(of: newest, wentBackAt: reversal.at)
        }
        guard
            let askedAt = receipts.first(where: { $0.id == reversal.payment })?.askedAt
                ?? reversal.askedAt
        else { return .unknown }
        let lead = newest.askedAt.timeIntervalSince(askedAt)
        if lead > Self.askingTimeMax { return .earlier }
        // Its own payment is newer than any that was told of.
        if lead < -Self.askingTimeMax { return .current }
        return Self.period(of: newest, wentBackAt: reversal.at)
    }

    /// Whether money is gone and nothing tells of which period it was.
    package func isUnplaced(_ reversal: Reversal) -> Bool {
        reversal.takesMoney && period(of: reversal) == .unknown
    }

    /// Where the period was over before its money went back, the one after it was due by then,
    /// whose payment is late or was not told of.
    private static func period(of newest: Receipt, wentBackAt at: Date) -> ReversedPeriod {
        newest.periodEnd.map { $0 <= at } ?? false ? .earlier : .current
    }

    /// What was asked for when the period began is of it; and where no beginning is known, money
    /// that came before the other was asked for, or with it, is not of a later period.
    private func periodWithoutReceipts(_ reversal: Reversal) -> ReversedPeriod {
        guard let askedAt = reversal.askedAt?.addingTimeInterval(Self.askingTimeMax) else {
            return .unknown
        }
        if let periodStart { return askedAt >= periodStart ? .current : .earlier }
        return paidAt.map { $0 <= askedAt } ?? false ? .current : .unknown
    }

    /// Payments all of which went back in parts that were told one by one, each as one refund.
    private var wholes: [Reversal] {
        receipts.compactMap { receipt in
            let parts = parts(of: receipt.id)
            guard let amount = receipt.amount, let last = parts.max(by: { $0.at < $1.at }),
                parts.reduce(0, { Self.sum($0, $1.amount ?? 0) }) >= amount
            else { return nil }
            return Reversal(
                id: receipt.id,
                kind: .refund,
                state: .full,
                at: last.at,
                periods: last.periods,
                payment: receipt.id,
                askedAt: receipt.askedAt,
                fetchedAt: last.fetchedAt
            )
        }
    }

    /// Parts of a payment that count: a look at all of it says more than they, unless what it saw
    /// was taken back.
    private func parts(of payment: String) -> [Reversal] {
        let refunds = reversals.filter {
            $0.kind == .refund && $0.payment == payment && $0.state != .won
        }
        guard refunds.allSatisfy({ $0.amount != nil }) else { return [] }
        return refunds.filter { $0.state == .partial }
    }

    private static func sum(_ total: Int64, _ amount: Int64) -> Int64 {
        let (sum, isTooLarge) = total.addingReportingOverflow(amount)
        return isTooLarge ? .max : sum
    }
}
