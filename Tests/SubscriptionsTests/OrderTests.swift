import Simulation
import Subscriptions
import Testing

import struct Foundation.Date

/// Histories as a provider makes them, told in every order.
@Suite(.serialized) struct OrderTests {
    static let histories = 10_000

    @Test func `fetched, every order with repetitions ends as the ordered history`() async throws {
        var faults: [UInt64] = []
        for seed in 0..<UInt64(Self.histories) {
            // Tests that wait for an answer in time share the threads.
            if seed.isMultiple(of: 20) { await Task.yield() }
            var random = Seeded(seed)
            let history = History(&random)
            let ordered = try history.told(history.inOrder, isFetched: true)
            let shuffled = try history.told(history.shuffled(&random), isFetched: true)
            if ordered != shuffled { faults.append(seed) }
        }
        #expect(faults.isEmpty, "seeds \(faults.prefix(5)) of \(faults.count)")
    }

    @Test func `told, no order revives an end, grants without money, or hides a tie`() async throws
    {
        var faults: [String] = []
        for seed in 0..<UInt64(Self.histories) {
            // Tests that wait for an answer in time share the threads.
            if seed.isMultiple(of: 20) { await Task.yield() }
            var random = Seeded(seed)
            let history = History(&random)
            let watch = Watch()
            let end = try history.told(history.shuffled(&random), isFetched: false, watch)
            faults += watch.faults.map { "seed \(seed): \($0)" }
            if history.isEnded, end.access != .ended, end.access != nil {
                faults.append("seed \(seed): ended and \(end)")
            }
        }
        #expect(faults.isEmpty, "\(faults.prefix(3)) of \(faults.count)")
    }
}

/// What is left of a history: what the subscriber has and why.
private struct Outcome: Hashable {
    var access: Access?
    var status: SubscriptionStatus?
    var plan: Plan.Reference?
    var isUncertain = false
    var cancelAt: Date?
    var trialEnd: Date?
    var next: Date?
}

/// What must hold after every event.
private final class Watch {
    var faults: [String] = []
    private var isOver = false
    private var before: Subscription?

    func look(_ office: Office) throws {
        let found = try office.tx.subscription(provider: .stripe, mode: .live, providerID: "sub_1")
        guard let now = found else { return }
        defer { before = now }
        let access = try office.tx.grant(now.id)?.desired.access
        if let status = now.status, status.isFinal { isOver = true }
        if isOver, access != .ended { faults.append("revived from an end: \(now)") }
        if now.status == nil || now.status == .incomplete, access == .active {
            faults.append("active while \(String(describing: now.status))")
        }
        if before?.status != nil, before?.status != .incomplete, now.status == .incomplete {
            faults.append("incomplete after another status")
        }
        let isTie = before?.statusAt == now.statusAt && before?.status != now.status
        if isTie, before?.status != nil, now.status?.losesAccess == true, !isOver,
            !now.isUncertain
        {
            faults.append("a tie decided a loss and is not marked: \(now)")
        }
    }
}

/// A life of one subscription: what the provider holds after each step, and the event it sends.
private struct History {
    struct Step {
        /// What the event says.
        var change: PaymentEvent.Change
        /// When it happened, in whole seconds.
        var at: Date
    }

    private(set) var steps: [Step] = []
    /// Whether its last word is an end.
    var isEnded: Bool { status.isFinal }

    private var status: SubscriptionStatus = .incomplete
    private var now = start
    private var periodStart = start
    private var periodEnd = day(30)
    private var cancelAt: Date?
    private var trialEnd: Date?
    private var pause: CollectionPause?
    private var price = "price_pro"
    private var isAwaited = true
    private var dueAt: Date? = start
    private var refunds = 0

    init(_ random: inout Seeded) {
        if random.isTrue(1, of: 3) {
            status = .trialing
            trialEnd = day(14)
            (isAwaited, dueAt) = (false, nil)
        }
        snapshot()
        for _ in 0..<random.number(below: 8) where !status.isFinal { step(&random) }
    }

    var inOrder: [Int] { Array(steps.indices) }

    /// Any order, with repetitions.
    func shuffled(_ random: inout Seeded) -> [Int] {
        var order = inOrder + inOrder.filter { _ in random.isTrue(1, of: 3) }
        for index in order.indices.dropFirst().reversed() {
            order.swapAt(index, random.number(below: index + 1))
        }
        return order
    }

    private mutating func step(_ random: inout Seeded) {
        // Several events of one second are usual.
        if !random.isTrue(1, of: 3) {
            now = now.addingTimeInterval(Double(random.number(below: 5 * 86_400)).rounded())
        }
        switch random.number(below: 10) {
        case 0, 1: pay()
        case 2: renew()
        case 3: fail()
        case 4: cancelAt = cancelAt == nil ? periodEnd : nil
        case 5: price = price == "price_pro" ? "price_max" : "price_pro"
        case 6: togglePause(&random)
        case 7: refund(&random)
        case 8 where random.isTrue(1, of: 3): status = .canceled
        case 9 where status == .pastDue: status = .unpaid
        default: pay()
        }
        snapshot()
    }

    private mutating func pay() {
        guard status != .paused else { return }
        status = .active
        (isAwaited, dueAt) = (false, nil)
        steps.append(
            Step(
                change: .payment(
                    Payment(
                        subscriptionID: "sub_1",
                        customerID: "cus_1",
                        email: nil,
                        succeeded: true,
                        paidAt: now,
                        periods: ["price_pro": periodEnd, "price_max": periodEnd],
                        periodEnd: periodEnd
                    )
                ),
                at: now
            )
        )
    }

    private mutating func renew() {
        guard status == .active else { return }
        (periodStart, periodEnd) = (periodEnd, periodEnd.addingTimeInterval(30 * 86_400))
        now = max(now, periodStart)
        (isAwaited, dueAt) = (pause == nil, now)
    }

    private mutating func fail() {
        guard status == .active else { return }
        status = .pastDue
        (isAwaited, dueAt) = (true, now)
        steps.append(Step(change: .paymentFailed, at: now))
    }

    private mutating func togglePause(_ random: inout Seeded) {
        let behaviors = CollectionPause.Behavior.allCases
        pause =
            pause == nil
            ? CollectionPause(behaviors[random.number(below: behaviors.count)]) : nil
    }

    private mutating func refund(_ random: inout Seeded) {
        refunds += 1
        let reversal = Reversal(
            id: "ch_\(refunds)",
            kind: random.isTrue(1, of: 2) ? .refund : .dispute,
            state: random.isTrue(1, of: 2) ? .full : .partial,
            at: now,
            periods: ["price_pro": periodEnd, "price_max": periodEnd],
            fetchedAt: now
        )
        steps.append(Step(change: .reversal(reversal, of: "sub_1"), at: now))
    }

    private mutating func snapshot() {
        steps.append(
            Step(
                change: .subscription(
                    SubscriptionSnapshot(
                        id: "sub_1",
                        customerID: "cus_1",
                        status: status,
                        items: [
                            SubscriptionItem(
                                price: price,
                                periodStart: periodStart,
                                periodEnd: periodEnd
                            )
                        ],
                        trialEnd: trialEnd,
                        cancelAt: cancelAt,
                        pause: pause,
                        invoice: LatestInvoice(isAwaited: isAwaited, dueAt: dueAt)
                    )
                ),
                at: now
            )
        )
    }

    /// Tells the events in an order, to somebody who asks for each object as it stands then or to
    /// one who believes what is told.
    func told(_ order: [Int], isFetched: Bool, _ watch: Watch? = nil) throws -> Outcome {
        let office = try Office(plans: .make(), .make("max", prices: ["price_max"]))
        office.now = now
        let isLive = order == inOrder
        for (index, number) in order.enumerated() {
            let step = steps[number]
            // In order each is fetched when it happened; told late, all has happened already.
            let seen = isLive ? number : steps.count - 1
            let change = isFetched ? current(step.change, at: seen) : unfetched(step.change)
            let isFinal = isFetched && isFinalWord(step.change)
            let event = PaymentEvent(
                provider: .stripe,
                mode: .live,
                id: "evt_\(index)",
                type: "test",
                occurredAt: step.at,
                fetchedAt: isFetched && !isFinal ? now.addingTimeInterval(Double(index)) : nil,
                change: isFinal ? step.change : change
            )
            try office.deliver(.event(event), id: event.id)
            try watch?.look(office)
        }
        // Refunds that came before their subscription was known came back with it.
        try office.work()
        try watch?.look(office)
        let found = try office.tx.subscription(provider: .stripe, mode: .live, providerID: "sub_1")
        guard let found else { return Outcome() }
        return Outcome(
            access: try office.tx.grant(found.id)?.desired.access,
            status: found.status,
            plan: found.plan,
            isUncertain: found.isUncertain,
            cancelAt: found.cancelAt,
            trialEnd: found.trialEnd,
            next: found.nextDecisionAt
        )
    }

    private func isFinalWord(_ change: PaymentEvent.Change) -> Bool {
        guard case .subscription(let snapshot) = change else { return false }
        return snapshot.status.isFinal
    }

    /// What is fetched for a change once the first `seen` steps and this have happened.
    private func current(_ change: PaymentEvent.Change, at seen: Int) -> PaymentEvent.Change {
        guard case .subscription = change else { return change }
        let last = steps[...seen].last { step in
            if case .subscription = step.change { return true }
            return false
        }
        return last?.change ?? change
    }

    /// A told snapshot says nothing of its newest invoice but the id.
    private func unfetched(_ change: PaymentEvent.Change) -> PaymentEvent.Change {
        guard case .subscription(let snapshot) = change else { return change }
        return .subscription(
            SubscriptionSnapshot(
                id: snapshot.id,
                customerID: snapshot.customerID,
                status: snapshot.status,
                items: snapshot.items,
                trialEnd: snapshot.trialEnd,
                cancelAt: snapshot.cancelAt,
                pause: snapshot.pause
            )
        )
    }
}

/// A generator whose sequence a seed decides (SplitMix64).
struct Seeded: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }

    mutating func number(below bound: Int) -> Int {
        bound < 1 ? 0 : Int(next() % UInt64(bound))
    }

    mutating func isTrue(_ count: Int, of total: Int) -> Bool { number(below: total) < count }
}
