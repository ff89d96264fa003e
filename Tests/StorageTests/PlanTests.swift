import Subscriptions
import Testing

struct PlanTests {
    @Test(arguments: StoreFactory.all)
    func `a version is kept beside the newer one`(_ factory: StoreFactory) async throws {
        let store = try factory.make()
        let first = PlanVersion.make()
        let second = PlanVersion.make(version: 2, name: "Pro, larger")
        try await store.write { tx in
            try tx.insert(first)
            try tx.insert(second)
            try tx.insert(PlanVersion.make(id: "basic"))
        }
        #expect(try await store.read { try $0.plan(.pro) } == first)
        #expect(try await store.read { try $0.plan(second.reference) } == second)
        let latest = try await store.read { try $0.latestPlans() }
        #expect(latest == [PlanVersion.make(id: "basic"), second])
        let missing = Plan.Reference(id: Plan.ID("pro"), version: 3)
        #expect(try await store.read { try $0.plan(missing) } == nil)
    }

    @Test(arguments: StoreFactory.all)
    func `a plan is retired and taken back`(_ factory: StoreFactory) async throws {
        let store = try factory.make()
        try await store.write { tx in
            try tx.retire(Plan.ID("pro"), at: nil)
            try tx.insert(PlanVersion.make())
            try tx.retire(Plan.ID("pro"), at: .at(5))
        }
        #expect(try await store.read { try $0.latestPlans() }.map(\.retiredAt) == [.at(5)])
        try await store.write { try $0.retire(Plan.ID("pro"), at: nil) }
        #expect(try await store.read { try $0.plan(.pro) }?.retiredAt == nil)
    }

    @Test(arguments: StoreFactory.all)
    func `a version is never replaced`(_ factory: StoreFactory) async throws {
        let store = try factory.make()
        try await store.write { try $0.insert(PlanVersion.make()) }
        await #expect(throws: (any Error).self) {
            try await store.write { try $0.insert(PlanVersion.make(name: "Other")) }
        }
        #expect(try await store.read { try $0.plan(.pro) }?.plan.name == "Pro")
    }
}
