import Subscriptions
import Testing

struct GrantTests {
    @Test(arguments: StoreFactory.all)
    func `a grant comes back whole, new and changed`(_ factory: StoreFactory) async throws {
        let store = try factory.make()
        try await store.seed(.one)
        let bare = Grant.make()
        let full = Grant.make(access: .ended, generation: 3, changedAt: .at(4.5)) {
            $0.failures = 7
            $0.problem = GrantProblem(.needsStaff, "The login is wrong.", since: .at(2))
            $0.nextAttemptAt = .at(8)
            $0.desired.overlap = .seconds(3_600)
            $0.desired.allowance = .at(0.5)
            $0.observed.ending = .init(generation: 2, at: .at(9))
            $0.observed.previousProof = .init(answer: .alive, generation: 2, at: .at(3))
            $0.observed.unswappedGeneration = 2
            $0.observed.roleID = 5
            $0.observed.rules = "pro@1"
            $0.observed.apps = [.init(id: 6, generation: 3, isActive: false)]
            $0.observed.limits = [
                .init(id: 7, rate: 100, period: "month", verb: nil, freshFor: .at(1)),
                .init(id: 8, rate: 1, period: "day", verb: "GET", raisedAt: .at(2)),
            ]
            $0.observed.shownGeneration = 2
            $0.observed.proof = .init(answer: .asleep, generation: 2, at: .at(3))
            $0.observed.mustLookUpSince = .at(1)
            $0.observed.unknownWriteAt = .at(1.25)
            $0.observed.revocation = .init(generation: 1, startedAt: .at(6))
        }
        for grant in [bare, full, bare] {
            try await store.save(grant)
            #expect(try await store.read { try $0.grant(.one) } == grant)
        }
        #expect(try await store.read { try $0.grant(.two) } == nil)
    }

    @Test(arguments: StoreFactory.all)
    func `revocations and keys that are awaited go first`(_ factory: StoreFactory) async throws {
        let store = try factory.make()
        let ids = ["plain", "later", "ended", "first", "idle", "future"].map(Subscription.ID.init)
        try await store.seed()
        try await store.write { tx in
            for id in ids { try tx.save(Subscription.make(id)) }
            func due(_ id: Int, _ seconds: Double?, _ access: Access, shown: Int) throws {
                try tx.save(
                    Grant.make(ids[id], access: access) {
                        $0.nextAttemptAt = seconds.map { .at($0) }
                        $0.observed.shownGeneration = shown
                    }
                )
            }
            try due(0, 1, .active, shown: 1)
            try due(1, 2, .suspended, shown: 1)
            try due(2, 4, .ended, shown: 1)
            try due(3, 3, .active, shown: 0)
            try due(4, nil, .active, shown: 0)
            try due(5, 50, .ended, shown: 1)
        }
        let due = { (limit: Int) in
            try await store.read { try $0.dueGrants(.at(10), limit: limit) }
                .map(\.subscriptionID.rawValue)
        }
        #expect(try await due(10) == ["ended", "first", "plain", "later"])
        #expect(try await due(3) == ["ended", "first", "plain"])
        #expect(try await due(1) == ["ended"])
        let next = { (now: Double) in
            try await store.read { try $0.nextGrantDue(after: .at(now)) }
        }
        #expect(try await next(0) == .at(1))
        #expect(try await next(2) == .at(3))
        #expect(try await next(10) == .at(50))
        #expect(try await next(50) == nil)
    }

    @Test(arguments: StoreFactory.all)
    func `problems are listed oldest first`(_ factory: StoreFactory) async throws {
        let store = try factory.make()
        try await store.seed(.one, .two, .three)
        try await store.write { tx in
            try tx.save(Grant.make(.one) { $0.problem = .init(.retriable, "b", since: .at(2)) })
            try tx.save(Grant.make(.two) { $0.problem = .init(.permanent, "a", since: .at(1)) })
            try tx.save(Grant.make(.three))
        }
        let troubled = try await store.read { try $0.troubledGrants(limit: 10) }
        #expect(troubled.map(\.subscriptionID) == [.two, .one])
    }

    @Test(arguments: StoreFactory.all)
    func `a revocation is unproved from its decision to its proof`(
        _ factory: StoreFactory
    ) async throws {
        let store = try factory.make()
        try await store.seed(.one)
        let unproved = {
            try await store.read { try $0.unprovedRevocations(limit: 10) }.map(\.subscriptionID)
        }
        try await store.save(.make())
        #expect(try await unproved().isEmpty)
        try await store.save(.make(access: .ended))
        #expect(try await unproved() == [.one])
        try await store.save(
            .make(access: .ended) {
                $0.observed.revocation = .init(generation: 1, startedAt: .at(1))
            }
        )
        #expect(try await unproved() == [.one])
        let proved = Grant.make(access: .ended) {
            $0.observed.revocation = .init(generation: 1, startedAt: .at(1))
            $0.observed.revocation?.provedAt = .at(2)
        }
        try await store.save(proved)
        #expect(try await unproved().isEmpty)
        var closed = proved
        closed.observed.revocation?.closedAt = .at(3)
        closed.observed.closedGeneration = 1
        try await store.save(closed)
        #expect(try await unproved().isEmpty)
        closed.desired.generation = 2
        try await store.save(closed)
        #expect(try await unproved() == [.one])
    }

    @Test(arguments: StoreFactory.all)
    func `an end before any key has nothing to prove`(_ factory: StoreFactory) async throws {
        let store = try factory.make()
        try await store.seed(.one)
        try await store.save(.make(access: .ended, generation: 0))
        #expect(try await store.read { try $0.unprovedRevocations(limit: 10) }.isEmpty)
    }

    @Test(arguments: StoreFactory.all)
    func `attempts are kept open and closed, the last of them oldest first`(
        _ factory: StoreFactory
    ) async throws {
        let store = try factory.make()
        try await store.seed(.one, .two)
        let numbers = try await store.write { tx in
            try ["create", "limit", "prove"].map { try tx.begin(step: $0, for: .one, at: .at(1)) }
        }
        try await store.write { tx in
            try tx.finish(attempt: numbers[1], at: .at(2), outcome: "made", problem: nil)
            try tx.finish(attempt: numbers[2], at: .at(3), outcome: "refused", problem: .needsStaff)
        }
        let attempts = try await store.read { try $0.attempts(.one, limit: 2) }
        #expect(
            attempts == [
                Attempt(
                    number: numbers[1],
                    subscriptionID: .one,
                    step: "limit",
                    startedAt: .at(1),
                    finishedAt: .at(2),
                    outcome: "made"
                ),
                Attempt(
                    number: numbers[2],
                    subscriptionID: .one,
                    step: "prove",
                    startedAt: .at(1),
                    finishedAt: .at(3),
                    outcome: "refused",
                    problem: .needsStaff
                ),
            ]
        )
        #expect(try await store.read { try $0.attempts(.one, limit: 9) }.first?.finishedAt == nil)
        #expect(try await store.read { try $0.attempts(.two, limit: 9) }.isEmpty)
    }
}
