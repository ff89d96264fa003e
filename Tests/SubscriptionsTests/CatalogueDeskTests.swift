import JSON
import Simulation
import Subscriptions
import Testing

struct CatalogueDeskTests {
    private func makeSubscribed() throws -> Office {
        let office = try Office()
        try office.apply(.make(rate: 10))
        try office.deliver(.status(.active))
        return office
    }

    private func move(_ office: Office, limit: Int = 100) throws -> Int {
        var last: Subscription.ID?
        var moved = 0
        repeat {
            let page = try office.catalogues.move(
                Plan.ID("pro"),
                after: last,
                limit: limit,
                actor: "staff:root",
                in: office.tx,
                now: office.now
            )
            moved += page.moved
            last = page.last
        } while last != nil
        return moved
    }

    @Test func `a first catalogue adds its plans`() throws {
        let office = try Office()
        let change = try office.apply(.make("basic", prices: ["price_basic"]), .make())
        #expect(change.lines.map(\.kind) == [.added, .added])
        #expect(change.lines.map(\.plan.version) == [1, 1])
        #expect(change.lines.map(\.limits) == [1, 1])
        #expect(
            try office.tx.latestPlans().map(\.plan) == [
                .make("basic", prices: ["price_basic"]), .make(),
            ]
        )
        #expect(office.actions("plan.added").count == 2)
    }

    @Test func `an unchanged catalogue changes nothing`() throws {
        let office = try makeSubscribed()
        let audit = office.tx.tables.audit
        let change = try office.apply(.make(rate: 10))
        #expect(change.lines.map(\.kind) == [.unchanged])
        #expect(office.tx.tables.versions.count == 1)
        #expect(office.tx.tables.audit == audit)
    }

    @Test func `a changed plan is a new version on which nobody stands yet`() throws {
        let office = try makeSubscribed()
        let change = try office.apply(.make(rate: 20))
        let line = try #require(change.lines.first)
        #expect(line.kind == .changed)
        #expect(line.plan.version == 2)
        #expect(line.staying == 1)
        try office.deliver(.status(.active, periodEnd: day(60)), occurredAt: day(30))
        #expect(try office.grant().desired.plan?.version == 1)
        try office.deliver(.subscription(.make(.active, id: "sub_2")))
        let newest = try office.tx.subscription(
            provider: .stripe,
            mode: .live,
            providerID: "sub_2"
        )
        #expect(newest?.plan?.version == 2)
    }

    @Test func `a preview writes nothing`() throws {
        let office = try makeSubscribed()
        let parked = try office.deliver(.status(.active, price: "price_new"), occurredAt: day(1))
        let catalogue = try Catalogue.make([.make("new", prices: ["price_new"])])
        let change = try office.catalogues.preview(catalogue, in: office.tx)
        #expect(change.lines.map(\.kind) == [.added, .retired])
        #expect(change.returning == [parked.number])
        #expect(office.tx.tables.versions.count == 1)
        #expect(try office.tx.event(parked.number)?.state == .parked)
    }

    @Test func `moving takes subscribers to the newest version, page by page`() throws {
        let office = try makeSubscribed()
        for number in 2...5 {
            try office.deliver(.subscription(.make(.active, id: "sub_\(number)")))
        }
        try office.deliver(.subscription(.make(.canceled, id: "sub_6")))
        try office.apply(.make(rate: 20))
        #expect(try move(office, limit: 2) == 5)
        #expect(try move(office, limit: 2) == 0)
        let grant = try office.grant()
        #expect(grant.desired.plan?.version == 2)
        #expect(grant.desired.generation == 1)
        #expect(grant.nextAttemptAt == start)
        let lines = office.actions("subscription.moved")
        #expect(lines.count == 5)
        #expect(lines.allSatisfy { $0.details == ["from": "pro@1", "to": "pro@2"] })
        #expect(lines.allSatisfy { $0.actor == "staff:root" })
    }

    @Test func `whoever was moved off a dropped price keeps access at the next event`() throws {
        let office = try makeSubscribed()
        try office.apply(.make(prices: ["price_raised"]))
        #expect(try move(office) == 1)
        let renewal = try office.deliver(
            .status(.active, periodEnd: day(60)),
            occurredAt: day(30)
        )
        #expect(renewal.state == .applied)
        #expect(try office.grant().desired.plan?.version == 2)
        #expect(try office.subscription().nextDecisionAt == day(63))
    }

    @Test func `a plan left out is retired, ends nobody and takes nobody new`() throws {
        let office = try makeSubscribed()
        let change = try office.apply(.make("basic", prices: ["price_basic"]))
        #expect(change.lines.last?.kind == .retired)
        #expect(change.lines.last?.staying == 1)
        #expect(try office.grant().desired.access == .active)
        let renewal = try office.deliver(
            .status(.active, periodEnd: day(60)),
            occurredAt: day(30)
        )
        #expect(renewal.state == .applied)
        let newcomer = try office.deliver(.subscription(.make(.active, id: "sub_2")))
        #expect(newcomer.need?.kind == .unknownPrice)
        #expect(try office.apply(.make(rate: 10)).returning == [newcomer.number])
        try office.work()
        #expect(try office.tx.event(newcomer.number)?.state == .applied)
    }

    @Test func `another provider's price of the same name brings nothing back`() throws {
        let office = try Office()
        try office.deliver(.status(.active))
        var plan = try #require(Plan.make().catalogue.object)
        plan["prices"] = ["paddle": ["price_pro"]]
        let paddle = try Plan(catalogue: .object(plan), path: "plan")
        #expect(try office.apply(paddle).returning.isEmpty)
    }

    @Test func `a transaction that throws changes nothing`() async throws {
        struct Stop: Error {}
        let store = MemoryStore()
        await #expect(throws: Stop.self) {
            try await store.write { tx in
                try tx.insert(PlanVersion.make(.make()))
                #expect(try tx.latestPlans().count == 1)
                throw Stop()
            }
        }
        #expect(try await store.read { try $0.latestPlans().count } == 0)
    }
}
