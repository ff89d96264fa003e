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
    /// When it was fetched, by the provider's clock.
    package let fetchedAt: Date

    /// Makes a reversal.
    package init(
        id: String,
        kind: Kind,
        state: State,
        at: Date,
        periods: [String: Date] = [:],
        fetchedAt: Date
    ) {
        self.id = id
        self.kind = kind
        self.state = state
        self.at = at
        self.periods = periods
        self.fetchedAt = fetchedAt
    }

    /// Whether the merchant is without the money.
    package var takesMoney: Bool {
        switch state {
        case .full, .open, .lost: true
        case .partial, .inquiry, .won: false
        }
    }

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
}

extension Subscription {
    /// What has taken money away that no later payment has brought back, with what the plan does
    /// about it; the strictest first.
    func reversal(under plan: Plan) -> (reversal: Reversal, policy: Plan.Policy)? {
        let open = reversals.filter { $0.takesMoney && !isOutlived($0) }
            .map { reversal in
                (reversal, reversal.kind == .refund ? plan.refund : plan.dispute)
            }
        return open.first { $0.1 == .end } ?? open.first { $0.1 == .suspend }
    }

    /// Whether a later period was paid than the one whose money went back.
    private func isOutlived(_ reversal: Reversal) -> Bool {
        let end = price.flatMap { reversal.periods[$0] } ?? reversal.periods.values.max()
        guard let end else { return paidAt.map { $0 > reversal.at } ?? false }
        return paidThrough.map { $0 > end } ?? false
    }
}
