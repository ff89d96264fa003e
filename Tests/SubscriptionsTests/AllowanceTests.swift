import Foundation
import Simulation
import Subscriptions
import Testing

struct AllowanceTests {
    private func date(_ text: String) throws -> Date {
        try #require(try? Date(text + "T00:00:00Z", strategy: .iso8601))
    }

    @Test(arguments: [
        ("2027-02-15", "2027-01-20", "2027-01-15", nil),
        // Paid early: the month that runs is still the one before.
        ("2027-02-15", "2027-01-14", "2026-12-15", "2027-01-15"),
        // Not paid: no further month begins.
        ("2027-02-15", "2027-06-01", "2027-01-15", nil),
        // A year, in its first and its last month.
        ("2028-01-31", "2027-02-10", "2027-01-31", "2027-02-28"),
        ("2028-01-31", "2027-02-28", "2027-02-28", "2027-03-31"),
        ("2028-01-31", "2028-01-30", "2027-12-31", nil),
    ])
    func `months are counted back from the end of what is paid`(
        _ paidThrough: String,
        _ now: String,
        _ start: String,
        _ next: String?
    ) throws {
        let paid = try date(paidThrough)
        let moment = try date(now)
        let allowance = Allowance(paidThrough: paid, now: moment)
        #expect(allowance?.start == (try date(start)))
        #expect(allowance?.next == (try next.map(date)))
    }

    private func makePlan() -> Plan {
        Plan(
            id: Plan.ID("pro"),
            name: "Pro",
            prices: [.stripe: ["price_pro"]],
            access: [AccessRule(service: "shop", component: "_table/a", verbs: [.get])],
            limits: [RateLimit(rate: 9, period: .month)],
            pastDueGrace: .seconds(86_400),
            rotationGrace: .seconds(86_400),
            refund: .end,
            dispute: .suspend
        )
    }

    @Test func `a paid period begins an allowance, the same one told twice does not`() throws {
        let office = try Office(plans: makePlan())
        try office.deliver(.status(.active, periodEnd: day(31)))
        let first = try #require(try office.grant().desired.allowance)
        try office.deliver(.paid(through: day(31.01)))
        #expect(try office.grant().desired.allowance == first)
        var grant = try office.grant()
        grant.nextAttemptAt = nil
        try office.tx.save(grant)
        office.now = day(31.1)
        // The next period is open but not paid.
        try office.deliver(.status(.active, periodEnd: day(60)), occurredAt: day(31.1))
        #expect(try office.grant().desired.allowance == first)
        #expect(try office.grant().nextAttemptAt == nil)
        try office.deliver(.paid(through: day(62)))
        #expect(try #require(try office.grant().desired.allowance) > first)
        #expect(try office.grant().nextAttemptAt == day(31.1))
    }

    @Test func `within a year that is paid each month begins by the clock`() throws {
        let office = try Office(plans: makePlan())
        try office.deliver(.status(.active, periodEnd: day(365)))
        try office.deliver(.paid(through: day(365)))
        var allowances: Set<Date> = []
        for _ in 0..<12 {
            allowances.insert(try #require(try office.grant().desired.allowance))
            office.now = try #require(try office.subscription().nextDecisionAt)
            #expect(try office.access.decideDue(in: office.tx, now: office.now, limit: 9) == 1)
        }
        #expect(allowances.count == 12)
        #expect(try office.grant().desired.access == .suspended)
    }

    @Test func `a plan that counts no months has no allowance`() throws {
        let office = try Office(plans: .make())
        try office.deliver(.status(.active))
        try office.deliver(.paid())
        #expect(try office.grant().desired.allowance == nil)
    }
}
