import Subscriptions

import struct Foundation.Date

extension SimulatedProvider {
    /// What the server makes of an event: as it was told, or as things stand where it asks.
    func reading(_ event: Event, fetchedAt: Double?) -> EventReading {
        let isFinal = event.told.endedAt != nil
        let isFetched = fetchedAt != nil && !isFinal
        let contract = isFetched ? contracts[event.contract] : event.told
        let change: PaymentEvent.Change
        var asked = fetchedAt
        switch event.subject {
        case .subscription:
            change = .subscription(snapshot(contract, isFetched))
            if !isFetched { asked = nil }
        case .checkout:
            asked = nil
            change = .checkout(
                Checkout(
                    reference: contract.reference,
                    subscriptionID: contract.id,
                    customerID: contract.customer,
                    email: "\(contract.customer)@example.com",
                    payment: event.told.checkout ?? .paid
                )
            )
        case .payment(let succeeded):
            change = .payment(payment(event.told, succeeded, event.at))
        case .reversal(let told):
            // Money that went back is always asked for.
            let now = contracts[event.contract].reversals.first { $0.id == told.id } ?? told
            change = .reversal(fetchedAt == nil ? told : now, of: contract.id)
        }
        return .event(
            PaymentEvent(
                provider: .stripe,
                mode: .test,
                id: event.id,
                type: "simulated",
                occurredAt: Date(timeIntervalSince1970: event.at),
                fetchedAt: asked.map { Date(timeIntervalSince1970: Self.second($0)) },
                change: change
            )
        )
    }

    private func payment(_ contract: Contract, _ succeeded: Bool, _ at: Double) -> Payment {
        let end = Date(timeIntervalSince1970: contract.periodEnd)
        return Payment(
            subscriptionID: contract.id,
            customerID: contract.customer,
            email: nil,
            succeeded: succeeded,
            paidAt: succeeded ? Date(timeIntervalSince1970: at) : nil,
            periods: [contract.price: end],
            periodEnd: end
        )
    }

    private func snapshot(_ contract: Contract, _ isFetched: Bool) -> SubscriptionSnapshot {
        func date(_ time: Double?) -> Date? { time.map(Date.init(timeIntervalSince1970:)) }
        return SubscriptionSnapshot(
            id: contract.id,
            customerID: contract.customer,
            status: contract.status,
            items: [
                SubscriptionItem(
                    price: contract.price,
                    periodStart: date(contract.periodStart),
                    periodEnd: date(contract.periodEnd)
                )
            ],
            trialEnd: date(contract.trialEnd),
            cancelAt: date(contract.cancelAt),
            pause: contract.isPaused ? CollectionPause(.void) : nil,
            invoice: isFetched
                ? LatestInvoice(
                    isAwaited: contract.isAwaited,
                    dueAt: date(contract.pastDueSince)
                ) : nil,
            endedAt: date(contract.endedAt)
        )
    }

    /// What access a subscriber ought to have, decided from the truth alone.
    func due(_ contract: Contract, _ plan: Plan, at now: Double) -> Access {
        switch contract.status {
        case .canceled, .incompleteExpired: return .ended
        case .incomplete: return .none
        default: break
        }
        let policies = contract.reversals.filter(\.takesMoney).compactMap { reversal in
            let end = reversal.periods[contract.price] ?? reversal.periods.values.max()
            let isOutlived =
                end.map { (contract.paidThrough ?? 0) > $0.timeIntervalSince1970 } ?? false
            return isOutlived ? nil : reversal.kind == .refund ? plan.refund : plan.dispute
        }
        if policies.contains(.end) { return .ended }
        if policies.contains(.suspend) { return .suspended }
        if contract.status == .unpaid { return .suspended }
        if contract.checkout == .pending || contract.checkout == .failed { return .none }
        if contract.isPaused { return .suspended }
        let grace = plan.pastDueGrace.seconds
        let from =
            contract.status == .pastDue
            ? contract.pastDueSince ?? now
            : contract.isAwaited
                ? max(contract.periodStart, contract.paidThrough ?? 0) : contract.periodEnd
        return now < from + grace ? .active : .suspended
    }
}
