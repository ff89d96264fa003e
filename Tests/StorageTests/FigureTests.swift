import Subscriptions
import Testing

struct FigureTests {
    @Test(arguments: StoreFactory.all)
    func `nothing waits where nothing is`(_ factory: StoreFactory) async throws {
        let store = try factory.make()
        #expect(try await store.read { try $0.backlog(now: .at(9)) } == Backlog())
        #expect(try await store.read { try $0.keptPromises(after: 0, limit: 10) }.isEmpty)
    }

    @Test(arguments: StoreFactory.all)
    func `kept promises come back in order, from a number on`(_ factory: StoreFactory) async throws
    {
        let store = try factory.make()
        try await store.write { tx in
            try tx.keep(.payment, since: .at(1), at: .at(1.25))
            try tx.keep(.revocation, since: .at(7), at: .at(9))
            try tx.keep(.payment, since: .at(5), at: .at(2))
        }
        let all = try await store.read { try $0.keptPromises(after: 0, limit: 10) }
        #expect(all.map(\.kind) == [.payment, .revocation, .payment])
        #expect(all.map(\.seconds) == [0.25, 2, 0])
        let later = try await store.read {
            try $0.keptPromises(after: all[0].number, limit: 1)
        }
        #expect(later == [all[1]])
    }

    @Test(arguments: StoreFactory.all)
    func `events wait since they arrived`(_ factory: StoreFactory) async throws {
        let store = try factory.make()
        for (number, id) in ["a", "b", "c", "d", "e"].enumerated() {
            _ = try await store.store(
                .make(id, isReadable: id != "e"),
                receivedAt: .at(Double(number))
            )
        }
        try await store.write { tx in
            for (number, kind) in [(1, Need.Kind.refetch), (3, .ambiguous)] {
                guard var event = try tx.event(Int64(number)) else { continue }
                event.state = .parked
                event.need = Need(kind, subject: "x", reason: "It needs something.")
                try tx.update(event)
            }
        }
        let backlog = try await store.read { try $0.backlog(now: .at(100)) }
        #expect(backlog.pending == .init(count: 2, since: .at(1)))
        #expect(backlog.parked == [.refetch: 1, .ambiguous: 1])
        #expect(backlog.unparsed == 1)
    }

    @Test(arguments: StoreFactory.all)
    func `an arrival is found by the time of the handling`(_ factory: StoreFactory) async throws {
        let store = try factory.make()
        try await store.seed(.one, .two)
        for (id, arrived) in [("a", 1.0), ("b", 2), ("c", 3)] {
            let stored = try await store.store(.make(id), receivedAt: .at(arrived))
            try await store.write { tx in
                guard var event = try tx.event(stored.number) else { return }
                event.state = .applied
                event.subscriptionID = .one
                event.handledAt = id == "a" ? .at(4) : .at(5.125)
                try tx.update(event)
            }
        }
        let found = try await store.read { reader in
            (
                try reader.arrival(handledAt: .at(5.125), about: .one),
                try reader.arrival(handledAt: .at(5.125), about: .two),
                try reader.arrival(handledAt: .at(6), about: .one)
            )
        }
        #expect(found == (.at(2), nil, nil))
    }

    @Test(arguments: StoreFactory.all)
    func `grants wait since they are due, in trouble or revoked`(
        _ factory: StoreFactory
    ) async throws {
        let store = try factory.make()
        try await store.seed()
        let ids = ["due", "future", "stuck", "ended", "again"].map(Subscription.ID.init)
        try await store.write { tx in
            for id in ids { try tx.save(Subscription.make(id)) }
            try tx.save(Grant.make(ids[0]) { $0.nextAttemptAt = .at(40) })
            try tx.save(Grant.make(ids[1]) { $0.nextAttemptAt = .at(101) })
            try tx.save(
                Grant.make(ids[2]) {
                    $0.nextAttemptAt = .at(200)
                    $0.problem = GrantProblem(.needsStaff, "The login is wrong.", since: .at(30))
                }
            )
            try tx.save(
                Grant.make(ids[3], access: .ended, changedAt: .at(60)) {
                    $0.observed.revocation = .init(generation: 1, startedAt: .at(50))
                }
            )
            // What was closed says nothing about the revocation of a later key.
            try tx.save(
                Grant.make(ids[4], access: .ended, generation: 2, changedAt: .at(70)) {
                    $0.observed.closedGeneration = 1
                    $0.observed.revocation = .init(generation: 1, startedAt: .at(2))
                    $0.observed.revocation?.provedAt = .at(3)
                    $0.observed.revocation?.closedAt = .at(4)
                }
            )
        }
        let backlog = try await store.read { try $0.backlog(now: .at(100)) }
        #expect(backlog.unconverged == .init(count: 2, since: .at(30)))
        #expect(backlog.problems == [.needsStaff: 1])
        #expect(backlog.unproved == .init(count: 2, since: .at(50)))
    }
}
