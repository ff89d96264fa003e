import Digest
import JSON
import Subscriptions
import Synchronization
import Testing

import struct Foundation.Date

/// The moment at which every test begins, and days from there.
let start = Date(timeIntervalSince1970: 1_800_000_000)

func day(_ count: Double) -> Date { start.addingTimeInterval(count * 86_400) }

func minute(_ count: Double) -> Date { start.addingTimeInterval(count * 60) }

/// Bytes that nobody needs to guess: the same in every run, never the same twice in one.
func makeRandom(seed: String = "test") -> RandomBytes {
    let counter = Counter()
    return { count in
        let number = counter.next()
        return Array(SHA256.hash("\(seed) \(number)".utf8).prefix(count))
    }
}

private final class Counter: Sendable {
    private let value = Atomic<Int>(0)
    func next() -> Int { value.add(1, ordering: .relaxed).newValue }
}

extension Plan {
    static func make(
        _ id: String = "pro",
        prices: [String] = ["price_pro"],
        rate: Int = 1_000,
        grace: Duration = .seconds(3 * 86_400),
        refund: Policy = .end,
        dispute: Policy = .suspend
    ) -> Plan {
        Plan(
            id: ID(id),
            name: id,
            prices: [.stripe: prices],
            access: [AccessRule(service: "shop", component: "_table/customers/*", verbs: [.get])],
            limits: [RateLimit(rate: rate, period: .day)],
            pastDueGrace: grace,
            rotationGrace: .seconds(86_400),
            refund: refund,
            dispute: dispute
        )
    }
}

extension PlanVersion {
    static func make(_ plan: Plan, version: Int = 1, retiredAt: Date? = nil) -> PlanVersion {
        PlanVersion(plan: plan, version: version, appliedAt: start, retiredAt: retiredAt)
    }
}

extension Catalogue {
    static func make(_ plans: [Plan]) throws -> Catalogue {
        let value: JSONValue = ["plans": .array(plans.map(\.catalogue))]
        return try Catalogue(parsing: value.serialized())
    }
}

extension MasterKey {
    static func make(_ digit: Character = "1") throws -> MasterKey {
        try #require(MasterKey(hex: String(repeating: digit, count: 64)))
    }
}

extension Subscription {
    static func make(_ change: (inout Subscription) -> Void = { _ in }) -> Subscription {
        var subscription = Subscription(
            id: ID("aaaqeayeaudaocajbifqydiob4"),
            provider: .stripe,
            mode: .live,
            providerID: "sub_1",
            customerID: Customer.ID("customer"),
            createdAt: start
        )
        subscription.plan = Plan.Reference(id: Plan.ID("pro"), version: 1)
        change(&subscription)
        return subscription
    }
}

extension SubscriptionSnapshot {
    static func make(
        _ status: SubscriptionStatus,
        price: String = "price_pro",
        id: String = "sub_1",
        periodEnd: Date? = day(30),
        cancelAt: Date? = nil,
        order: String? = nil
    ) -> SubscriptionSnapshot {
        SubscriptionSnapshot(
            id: id,
            customerID: "cus_1",
            status: status,
            items: [SubscriptionItem(price: price, periodEnd: periodEnd)],
            cancelAt: cancelAt,
            order: order
        )
    }
}

extension PaymentEvent.Change {
    static func status(
        _ status: SubscriptionStatus,
        price: String = "price_pro",
        periodEnd: Date? = day(30),
        cancelAt: Date? = nil
    ) -> PaymentEvent.Change {
        .subscription(.make(status, price: price, periodEnd: periodEnd, cancelAt: cancelAt))
    }

    static func checkout(
        _ payment: CheckoutPayment,
        reference: String = "cs_1"
    ) -> PaymentEvent.Change {
        .checkout(
            Checkout(
                reference: reference,
                subscriptionID: "sub_1",
                customerID: "cus_1",
                email: "ada@example.com",
                payment: payment
            )
        )
    }

    static func paid(through periodEnd: Date? = day(30)) -> PaymentEvent.Change {
        payment(succeeded: true, periodEnd: periodEnd)
    }

    static let paymentFailed = payment(succeeded: false, periodEnd: nil)

    private static func payment(succeeded: Bool, periodEnd: Date?) -> PaymentEvent.Change {
        .payment(
            Payment(
                subscriptionID: "sub_1",
                customerID: "cus_1",
                email: nil,
                succeeded: succeeded,
                periodEnd: periodEnd
            )
        )
    }
}

/// All orders of the elements.
func permutations<Element>(_ elements: [Element]) -> [[Element]] {
    guard elements.count > 1 else { return [elements] }
    return elements.indices.flatMap { index in
        var rest = elements
        let first = rest.remove(at: index)
        return permutations(rest).map { [first] + $0 }
    }
}
