import JSON
import Subscriptions

import struct Foundation.Date

/// Paddle's adjustment: money of a transaction that goes back, or comes back again.
///
/// A refund or chargeback and what takes it back are adjustments of their own, so both go by the
/// transaction that they are of. None counts before it is approved.
struct PaddleAdjustment {
    private let object: Field

    init(_ object: Field) { self.object = object }

    /// What an adjustment does.
    private enum Action {
        case refund
        case dispute
        case disputeWon
        case warning
        case ignored(String)
    }

    private static let actions: [String: Action] = [
        "refund": .refund,
        "chargeback": .dispute,
        "chargeback_reverse": .disputeWon,
        "chargeback_warning": .warning,
        "chargeback_warning_reverse": .ignored("A warning was taken back; it changed nothing."),
        "credit": .ignored("A credit corrects a bill; no money goes back."),
        "credit_reverse": .ignored("A credit corrects a bill; no money goes back."),
    ]

    /// What the event says itself.
    func reading(_ event: EventEnvelope) throws(FieldFault) -> EventReading {
        if let stopped = try stopped() { return stopped }
        let isReversed = object["status"].value == "reversed"
        let subscription = try object["subscription_id"].id()
        let transaction = try object["transaction_id"].id()
        let kind: Reversal.Kind
        let state: Reversal.State
        switch try action() {
        case .refund:
            kind = .refund
            state = isReversed ? .won : object["type"].value == "full" ? .full : .partial
        case .dispute:
            kind = .dispute
            state = isReversed ? .won : .open
        case .disputeWon:
            kind = .dispute
            state = .won
        case .warning:
            let sentence = "The bank warns of a chargeback of the transaction \(transaction)."
            return try event.made(.warning(sentence, of: subscription))
        case .ignored(let reason): return .ignored(reason)
        case nil: return try .unknown(object["action"])
        }
        // Without the API a part stands for itself: it must not take the place of a refund of all,
        // and with the other parts it may come to all.
        let isPart = kind == .refund && object["type"].value != "full"
        let reversal = Reversal(
            id: isPart ? try object["id"].id() : transaction,
            kind: kind,
            state: state,
            at: try object["created_at"].instant(),
            payment: transaction,
            amount: isPart ? try object["totals"]["total"].amount() : nil,
            fetchedAt: try event.knownAt()
        )
        return try event.made(.reversal(reversal, of: subscription))
    }

    /// What all adjustments of the transaction come to, as they stand now.
    func reading(
        _ event: EventEnvelope,
        from objects: any ProviderObjects
    ) async throws -> EventReading {
        let action = try action()
        let kind: Reversal.Kind
        switch action {
        case .refund: kind = .refund
        case .dispute, .disputeWon: kind = .dispute
        case .warning, .ignored, nil:
            return try reading(event)
        }
        guard !object["subscription_id"].isAbsent else { return .ofNoSubscription }
        let id = try object["transaction_id"].id()
        let list = try await objects.object(["adjustments"], [("transaction_id", id)])
        let fetched = try await objects.object(["transactions", id], [])
        let transaction = PaddleTransaction(Field(fetched)["data"], succeeded: true)
        let all = try Field(list)["data"].elements().map(PaddleAdjustment.init)
        let counted = try all.filter { try $0.object["status"].isCounted && $0.kind() == kind }
        guard let last = try counted.max(by: { try $0.createdAt() < $1.createdAt() }) else {
            return .ignored("No adjustment of the transaction is approved.")
        }
        let reversal = Reversal(
            id: id,
            kind: kind,
            state: try kind == .refund ? Self.refund(counted, transaction) : last.dispute(),
            at: try last.createdAt(),
            periods: try transaction.periods(),
            payment: id,
            askedAt: try transaction.askedAt(),
            fetchedAt: min(list.at, fetched.at)
        )
        let subscription = try object["subscription_id"].id()
        return try event.fetched(at: reversal.fetchedAt).made(.reversal(reversal, of: subscription))
    }

    /// Why an adjustment does not count; nil where it does.
    private func stopped() throws(FieldFault) -> EventReading? {
        guard !object["subscription_id"].isAbsent else { return .ofNoSubscription }
        switch try object["status"].word() {
        case "approved", "reversed": return nil
        case "pending_approval", "rejected":
            let status = try object["status"].word()
            return .ignored("The adjustment is not approved, it is \(status).")
        default: return try .unknown(object["status"])
        }
    }

    private func action() throws(FieldFault) -> Action? {
        Self.actions[try object["action"].word()]
    }

    private func kind() throws(FieldFault) -> Reversal.Kind? {
        switch try action() {
        case .refund: .refund
        case .dispute, .disputeWon: .dispute
        case .warning, .ignored, nil: nil
        }
    }

    private func createdAt() throws(FieldFault) -> Date { try object["created_at"].instant() }

    /// A refund of all, in one or in parts; one of a correction gives no period back.
    private static func refund(
        _ refunds: [PaddleAdjustment],
        _ transaction: PaddleTransaction
    ) throws(FieldFault) -> Reversal.State {
        let approved = refunds.filter { $0.object["status"].value == "approved" }
        guard !approved.isEmpty else { return .won }
        guard try transaction.opensPeriod() else { return .partial }
        guard !approved.contains(where: { $0.object["type"].value == "full" }) else { return .full }
        var sum: Int64 = 0
        for refund in approved {
            let total = try refund.object["totals"]["total"].amount()
            guard case (let next, false) = sum.addingReportingOverflow(total) else {
                throw refund.object["totals"]["total"].fault("is too large")
            }
            sum = next
        }
        return sum >= (try transaction.total()) ? .full : .partial
    }

    private func dispute() throws(FieldFault) -> Reversal.State {
        guard case .dispute = try action(), object["status"].value == "approved" else {
            return .won
        }
        return .open
    }
}

extension EventReading {
    fileprivate static var ofNoSubscription: EventReading {
        .ignored("The adjustment is of no subscription.")
    }
}

extension Field {
    /// Whether an adjustment of this status has taken place.
    fileprivate var isCounted: Bool { value == "approved" || value == "reversed" }
}
