import Subscriptions
import Testing

struct SubscriptionTests {
    @Test(arguments: StoreFactory.all)
    func `an installation is one, and learns`(_ factory: StoreFactory) async throws {
        let store = try factory.make()
        #expect(try await store.read { try $0.installation() } == nil)
        var installation = Installation(
            id: Installation.ID("abc"),
            mode: .test,
            platformOrigin: "http://127.0.0.1:8081",
            createdAt: .at(0)
        )
        try await store.write { [installation] in try $0.insert(installation) }
        installation.randomKeyRefusedAt = .at(1)
        installation.liveKeyAnsweredAt = .at(2)
        try await store.write { [installation] in try $0.update(installation) }
        #expect(try await store.read { try $0.installation() } == installation)
        let other = Installation(
            id: Installation.ID("def"),
            mode: .live,
            platformOrigin: "https://example.com",
            createdAt: .at(0)
        )
        await #expect(throws: (any Error).self) {
            try await store.write { try $0.insert(other) }
        }
    }

    @Test(arguments: StoreFactory.all)
    func `a customer is found by both ids and learns an address`(
        _ factory: StoreFactory
    ) async throws {
        let store = try factory.make()
        var customer = Customer.make(email: nil)
        try await store.write { [customer] in try $0.save(customer) }
        #expect(try await store.read { try $0.customer(Customer.make().id) } == customer)
        customer.email = "ada@example.com"
        try await store.write { [customer] in try $0.save(customer) }
        let find = { (mode: Mode) in
            try await store.read {
                try $0.customer(provider: .stripe, mode: mode, providerID: "cus_1")
            }
        }
        #expect(try await find(.test) == customer)
        #expect(try await find(.live) == nil)
    }

    @Test(arguments: StoreFactory.all)
    func `a subscription comes back whole, new and changed`(_ factory: StoreFactory) async throws {
        let store = try factory.make()
        try await store.seed(.one)
        let bare = Subscription.make()
        #expect(try await store.read { try $0.subscription(.one) } == bare)
        let full = Subscription.make {
            $0.status = .pastDue
            $0.statusAt = .at(1)
            $0.isUncertain = true
            $0.plan = .pro
            $0.price = "price_1"
            $0.periodEnd = .at(2)
            $0.paidThrough = .at(3)
            $0.checkoutPayment = .pending
            $0.trialEnd = .at(4)
            $0.cancelAt = .at(5)
            $0.pause = CollectionPause(.void, resumesAt: .at(9))
            $0.quantity = 5
            $0.periodStart = .at(10)
            $0.isPeriodCovered = true
            $0.daysUntilDue = 30
            $0.paidPeriods = ["price_1": .at(11), "price_2": .at(12)]
            $0.paidAt = .at(13)
            $0.settledAt = .at(14)
            $0.fetchedAt = .at(15)
            $0.order = "5511001"
            $0.reversals = [
                Reversal(
                    id: "du_1",
                    kind: .dispute,
                    state: .open,
                    at: .at(16),
                    periods: ["price_1": .at(17)],
                    payment: "in_1",
                    askedAt: .at(19),
                    amount: 900,
                    fetchedAt: .at(18)
                )
            ]
            $0.receipts = [
                Receipt(id: "in_0", askedAt: .at(20)),
                Receipt(id: "in_1", askedAt: .at(21), periodEnd: .at(22), amount: 2_900),
            ]
            $0.pastDueSince = .at(6)
            $0.endedAt = .at(7)
            $0.nextDecisionAt = .at(8.125)
        }
        for expected in [full, bare] {
            try await store.write { try $0.save(expected) }
            let found = try await store.read {
                try $0.subscription(provider: .stripe, mode: .test, providerID: "sub_one")
            }
            #expect(found == expected)
        }
    }

    @Test(arguments: StoreFactory.all, SubscriptionStatus.allCases)
    func `every status is kept`(_ factory: StoreFactory, _ status: SubscriptionStatus) async throws
    {
        let store = try factory.make()
        try await store.seed()
        try await store.write { try $0.save(Subscription.make { $0.status = status }) }
        #expect(try await store.read { try $0.subscription(.one) }?.status == status)
    }

    @Test(arguments: StoreFactory.all)
    func `decisions that are due come soonest first`(_ factory: StoreFactory) async throws {
        let store = try factory.make()
        try await store.seed()
        try await store.write { tx in
            for (id, due) in [(Subscription.ID.one, 30.0), (.two, 10.0), (.three, 20.0)] {
                try tx.save(Subscription.make(id) { $0.nextDecisionAt = .at(due) })
            }
            try tx.save(Subscription.make(Subscription.ID("never")))
        }
        let due = { (now: Double) in
            try await store.read { try $0.subscriptions(decisionDueBy: .at(now), limit: 10) }
                .map(\.id)
        }
        #expect(try await due(9).isEmpty)
        #expect(try await due(10) == [.two])
        #expect(try await due(99) == [.two, .three, .one])
    }

    @Test(arguments: StoreFactory.all)
    func `all subscriptions are read a page at a time`(_ factory: StoreFactory) async throws {
        let store = try factory.make()
        try await store.seed(.one, .two, .three)
        let page = { (last: Subscription.ID?) in
            try await store.read { try $0.subscriptions(after: last, limit: 2) }.map(\.id)
        }
        #expect(try await page(nil) == [.one, .three])
        #expect(try await page(.three) == [.two])
        #expect(try await page(.two).isEmpty)
    }

    @Test(
        arguments: StoreFactory.all,
        ["one", "sub_one", "customer", "cus_1", "Ada@Example.com", "wXyZ", "41", "42", "43"]
    )
    func `a pasted text finds its subscription`(
        _ factory: StoreFactory,
        _ text: String
    ) async throws {
        let store = try factory.make()
        try await store.seed(.one)
        try await store.write { tx in
            try tx.save(Customer.make("other", providerID: "cus_2", email: nil))
            var other = Subscription.make(.two)
            other.customerID = Customer.ID("other")
            try tx.save(other)
            try tx.insert(APIKey.make())
            try tx.save(
                Grant.make {
                    $0.observed.roleID = 41
                    $0.observed.apps = [
                        .init(id: 42, generation: 1, isActive: true),
                        .init(id: 43, generation: 2, isActive: true),
                    ]
                }
            )
        }
        let found = try await store.read { try $0.subscriptions(matching: text, limit: 10) }
        #expect(found.map(\.id) == [.one])
    }

    @Test(arguments: StoreFactory.all, ["", "4", "WXYZ", "nobody@example.com", "44", "%"])
    func `a text that names nothing finds nothing`(
        _ factory: StoreFactory,
        _ text: String
    ) async throws {
        let store = try factory.make()
        try await store.seed(.one)
        try await store.write { tx in
            try tx.insert(APIKey.make())
            try tx.save(
                Grant.make { $0.observed.apps = [.init(id: 44, generation: 1, isActive: true)] }
            )
            try tx.save(Grant.make())
        }
        #expect(try await store.read { try $0.subscriptions(matching: text, limit: 10) }.isEmpty)
    }

    @Test(arguments: StoreFactory.all)
    func `subscriptions that have not ended are counted by plan`(
        _ factory: StoreFactory
    ) async throws {
        let store = try factory.make()
        try await store.seed()
        let statuses: [SubscriptionStatus?] = [
            nil, .active, .pastDue, .canceled, .incompleteExpired,
        ]
        try await store.write { tx in
            for (index, status) in statuses.enumerated() {
                try tx.save(
                    Subscription.make(Subscription.ID("s\(index)")) {
                        $0.plan = .pro
                        $0.status = status
                    }
                )
            }
            try tx.save(Subscription.make(Subscription.ID("no plan")) { $0.status = .active })
        }
        #expect(try await store.read { try $0.subscriptionCounts() } == [.pro: 3])
    }

    @Test(arguments: StoreFactory.all)
    func `holds are kept oldest first and can be lifted`(_ factory: StoreFactory) async throws {
        let store = try factory.make()
        try await store.seed(.one)
        let holds = [Hold.Kind.revoked, .suspended].enumerated().map { index, kind in
            Hold(
                id: Hold.ID("h\(index)"),
                subscriptionID: .one,
                kind: kind,
                reason: "shared in public",
                actor: "staff:ada",
                createdAt: .at(Double(2 - index))
            )
        }
        try await store.write { tx in for hold in holds { try tx.save(hold) } }
        #expect(try await store.read { try $0.holds(.one) } == holds.reversed())
        var lifted = holds[0]
        lifted.liftedAt = .at(9)
        try await store.write { [lifted] in try $0.save(lifted) }
        #expect(try await store.read { try $0.holds(.one) } == [holds[1], lifted])
        #expect(try await store.read { try $0.holds(.two) }.isEmpty)
    }
}
