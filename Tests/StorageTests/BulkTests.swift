import Subscriptions
import Testing

struct BulkTests {
    @Test(arguments: StoreFactory.all)
    func `bulk work is what is active and not shown, and goes behind first keys`(
        _ factory: StoreFactory
    ) async throws {
        let store = try factory.make()
        let ids = ["bulk", "stuck", "asleep", "first"].map(Subscription.ID.init)
        try await store.seed()
        #expect(try await store.read { try $0.bulkWork() } == BulkWork(underWay: 0, stuck: 0))
        try await store.write { tx in
            for id in ids { try tx.save(Subscription.make(id)) }
            func save(_ id: Int, _ access: Access, isBulk: Bool = true, isStuck: Bool = false)
                throws
            {
                try tx.save(
                    Grant.make(ids[id], access: access) {
                        $0.nextAttemptAt = .at(Double(id))
                        $0.isBulk = isBulk
                        if isStuck { $0.problem = GrantProblem(.retriable, "No.", since: .at(1)) }
                    }
                )
            }
            try save(0, .active)
            try save(1, .active, isStuck: true)
            try save(2, .suspended)
            try save(3, .active, isBulk: false)
        }
        #expect(try await store.read { try $0.bulkWork() } == BulkWork(underWay: 2, stuck: 1))
        let due = try await store.read { try $0.dueGrants(.at(9), limit: 9) }
        #expect(due.first?.subscriptionID == ids[3])
        #expect(Set(due.filter(\.isBulk).map(\.subscriptionID)) == Set(ids[0...2]))
    }

    @Test(arguments: StoreFactory.all)
    func `the last comparison with the platform is kept`(_ factory: StoreFactory) async throws {
        let store = try factory.make()
        #expect(try await store.read { try $0.driftReport() } == nil)
        for number in 1...2 {
            let report = DriftReport(
                startedAt: .at(Double(number)),
                finishedAt: .at(Double(number) + 0.5),
                compared: number * 10,
                differences: number
            )
            try await store.write { try $0.save(report) }
            #expect(try await store.read { try $0.driftReport() } == report)
        }
    }
}
