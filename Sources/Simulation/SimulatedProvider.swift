import Subscriptions

import struct Foundation.Date

/// A payment provider that knows the truth about money and tells of it.
struct SimulatedProvider {
    static let day: Double = 86_400
    static let prices = ["price_pro", "price_team"]

    /// A subscription as the provider knows it.
    struct Contract {
        let number: Int
        let person: Int
        var status: SubscriptionStatus
        var price: String
        var periodStart: Double
        var periodEnd: Double
        var trialEnd: Double?
        var cancelAt: Double?
        var paid: [String: Double] = [:]
        var isAwaited = false
        var pastDueSince: Double?
        var isPaused = false
        var checkout: CheckoutPayment?
        var reversals: [Reversal] = []
        var endedAt: Double?
        /// When the provider does something by itself.
        var nextAt: Double?
        /// How often it has tried to collect.
        var tries = 0
        /// The latest end of anything that was ever granted.
        var latestEnd: Double

        var id: String { "sub_\(number)" }
        var customer: String { "cus_\(person)" }
        var reference: String { "cs_\(number)" }
        var paidThrough: Double? { paid[price] }
    }

    /// A fact that the provider tells.
    struct Event {
        enum Subject { case subscription, checkout, payment(Bool), reversal(Reversal) }
        let id: String
        let contract: Int
        let at: Double
        let subject: Subject
        /// How things stood then.
        let told: Contract
    }

    var contracts: [Contract] = []
    var events: [Event] = []
    /// Whether a person's card pays.
    var cardWorks: [Int: Bool] = [:]

    /// The newest contract of a person.
    func contract(of person: Int) -> Int? {
        contracts.lastIndex { $0.person == person }
    }

    var nextAt: Double? { contracts.compactMap(\.nextAt).min() }

    /// Stripe's clock has a resolution of one second.
    static func second(_ time: Double) -> Double { time.rounded(.down) }

    private mutating func tell(_ index: Int, _ subject: Event.Subject, _ time: Double) {
        contracts[index].latestEnd = max(
            contracts[index].latestEnd,
            contracts[index].periodEnd,
            contracts[index].trialEnd ?? 0
        )
        events.append(
            Event(
                id: "evt_\(events.count + 1)",
                contract: index,
                at: Self.second(time),
                subject: subject,
                told: contracts[index]
            )
        )
    }

    private mutating func pay(_ index: Int, _ time: Double) {
        contracts[index].paid[contracts[index].price] = contracts[index].periodEnd
        contracts[index].isAwaited = false
        contracts[index].pastDueSince = nil
        contracts[index].tries = 0
        contracts[index].status = .active
        contracts[index].nextAt = contracts[index].cancelAt ?? contracts[index].periodEnd
        tell(index, .payment(true), time)
    }

    private mutating func end(
        _ index: Int,
        _ time: Double,
        _ status: SubscriptionStatus = .canceled
    ) {
        contracts[index].status = status
        contracts[index].endedAt = Self.second(time)
        contracts[index].nextAt = nil
        tell(index, .subscription, time)
    }

    mutating func signUp(_ person: Int, _ price: Int, _ kind: SignUp, _ time: Double) {
        if let known = contract(of: person), contracts[known].endedAt == nil { return }
        let now = Self.second(time)
        cardWorks[person] = true
        let index = contracts.count
        contracts.append(
            Contract(
                number: index + 1,
                person: person,
                status: .active,
                price: Self.prices[price],
                periodStart: now,
                periodEnd: now + 30 * Self.day,
                latestEnd: now
            )
        )
        switch kind {
        case .paid:
            contracts[index].checkout = .paid
            tell(index, .subscription, time)
            pay(index, time)
        case .trial:
            contracts[index].checkout = .paid
            contracts[index].status = .trialing
            contracts[index].trialEnd = now + 7 * Self.day
            contracts[index].periodEnd = now + 7 * Self.day
            contracts[index].nextAt = contracts[index].trialEnd
            tell(index, .subscription, time)
        case .slowPayment:
            contracts[index].checkout = .pending
            contracts[index].isAwaited = true
            // The money is on its way for four days.
            contracts[index].nextAt = now + 4 * Self.day
            tell(index, .subscription, time)
        case .unpaid:
            contracts[index].status = .incomplete
            contracts[index].nextAt = now + 23 * 3_600
            tell(index, .subscription, time)
            return
        }
        tell(index, .checkout, time)
    }

    /// Does what is due by itself.
    mutating func advance(to time: Double) {
        for index in contracts.indices {
            while let due = contracts[index].nextAt, due <= time { happen(index, due) }
        }
    }

    private mutating func happen(_ index: Int, _ time: Double) {
        let contract = contracts[index]
        let works = cardWorks[contract.person] ?? true
        if let cancelAt = contract.cancelAt, cancelAt <= time { return end(index, time) }
        switch contract.status {
        case .incomplete: end(index, time, .incompleteExpired)
        case .active where contract.checkout == .pending:
            contracts[index].checkout = works ? .paid : .failed
            contracts[index].nextAt = contract.periodEnd
            if works { pay(index, time) }
            tell(index, .checkout, time)
            if !works { end(index, time) }
        case .trialing,
            .active where contract.periodEnd <= time && !contract.isAwaited:
            contracts[index].status = .active
            contracts[index].periodStart = contract.periodEnd
            contracts[index].periodEnd = contract.periodEnd + 30 * Self.day
            contracts[index].isAwaited = !contract.isPaused
            contracts[index].nextAt =
                contract.isPaused ? contracts[index].periodEnd : time + 3_600
            tell(index, .subscription, time)
        case .active, .pastDue: collect(index, time, works)
        default: contracts[index].nextAt = nil
        }
    }

    private mutating func collect(_ index: Int, _ time: Double, _ works: Bool) {
        guard !works else {
            pay(index, time)
            return tell(index, .subscription, time)
        }
        contracts[index].tries += 1
        contracts[index].status = .pastDue
        contracts[index].pastDueSince = contracts[index].pastDueSince ?? Self.second(time)
        contracts[index].nextAt = time + 2 * Self.day
        tell(index, .payment(false), time)
        guard contracts[index].tries > 3 else { return tell(index, .subscription, time) }
        if index % 2 == 0 { return end(index, time) }
        contracts[index].status = .unpaid
        contracts[index].nextAt = nil
        tell(index, .subscription, time)
    }

    /// Changes the newest contract of a person that has not ended.
    mutating func change(_ deed: Deed, _ person: Int, _ time: Double) {
        guard let index = contract(of: person), contracts[index].endedAt == nil else { return }
        let contract = contracts[index]
        let isGood =
            [.active, .trialing].contains(contract.status)
            && contract.checkout != .pending
        switch deed {
        case .cancelNow: end(index, time)
        case .cancelAtEnd where isGood:
            contracts[index].cancelAt = contract.periodEnd
            tell(index, .subscription, time)
        case .keep where contract.cancelAt != nil:
            contracts[index].cancelAt = nil
            tell(index, .subscription, time)
        case .fixCard where [.pastDue, .unpaid, .incomplete].contains(contract.status):
            if contract.status == .incomplete { contracts[index].checkout = .paid }
            pay(index, time)
            tell(index, .subscription, time)
            if contract.status == .incomplete { tell(index, .checkout, time) }
        case .changePlan where contract.status == .active && isGood && !contract.isAwaited:
            let other = contract.price == Self.prices[0] ? 1 : 0
            contracts[index].price = Self.prices[other]
            pay(index, time)
            tell(index, .subscription, time)
        case .pause where contract.status == .active && isGood && !contract.isAwaited:
            contracts[index].isPaused = true
            tell(index, .subscription, time)
        case .unpause where contract.isPaused:
            contracts[index].isPaused = false
            tell(index, .subscription, time)
            if contract.paidThrough ?? 0 < contract.periodEnd {
                collect(index, time, cardWorks[person] ?? true)
            }
        default: reverse(deed, index, time)
        }
    }

    private mutating func reverse(_ deed: Deed, _ index: Int, _ time: Double) {
        let contract = contracts[index]
        func reversal(_ kind: Reversal.Kind, _ state: Reversal.State, _ id: String) -> Reversal {
            Reversal(
                id: id,
                kind: kind,
                state: state,
                at: Date(timeIntervalSince1970: Self.second(time)),
                periods: contract.paidThrough.map {
                    [contract.price: Date(timeIntervalSince1970: $0)]
                } ?? [:],
                fetchedAt: Date(timeIntervalSince1970: Self.second(time))
            )
        }
        var new: Reversal
        switch deed {
        case .refund where contract.paidThrough != nil:
            new = reversal(.refund, .full, "ch_\(events.count)")
        case .dispute where contract.paidThrough != nil:
            new = reversal(.dispute, .open, "du_\(contract.number)")
            guard !contract.reversals.contains(where: { $0.id == new.id }) else { return }
        case .closeDispute(_, let won):
            guard let open = contract.reversals.first(where: { $0.state == .open }) else { return }
            new = Reversal(
                id: open.id,
                kind: .dispute,
                state: won ? .won : .lost,
                at: open.at,
                periods: open.periods,
                fetchedAt: Date(timeIntervalSince1970: Self.second(time))
            )
        default: return
        }
        contracts[index].reversals.removeAll { $0.id == new.id }
        contracts[index].reversals.append(new)
        tell(index, .reversal(new), time)
    }
}
