import DreamFactory
import Foundation
import Simulation
import Subscriptions
import Synchronization
import Testing
import Transport

@testable import Provisioning

@Suite struct CircuitBreakerTests {
    private final class Held {
        private(set) var breaker = CircuitBreaker()

        func gate(now: Date) -> CircuitBreaker.Gate { breaker.gate(now: now) }
        func probed(_ failure: Failure?, now: Date) -> Bool { breaker.probed(failure, now: now) }
        func succeed() { breaker.succeed() }
        func fail(_ id: String, _ failure: Failure, now: Date) -> Bool {
            breaker.fail(Subscription.ID(id), failure, now: now)
        }
    }

    private let start = Date(timeIntervalSince1970: 1_800_000_000)

    private func makeFailure(_ outage: Outage) -> Failure {
        Failure(.retriable, "It is down.", outage: outage)
    }

    private func fail(
        _ held: Held,
        _ outages: [(String, Outage)],
        at now: Date
    ) -> Bool {
        outages.map { id, outage in
            held.fail(id, makeFailure(outage), now: now)
        }.contains(true)
    }

    @Test(
        arguments: [
            ([("a", .certain), ("a", .certain), ("a", .certain)], true),
            ([("a", .certain), ("b", .certain)], false),
            ([("a", .suspected), ("a", .suspected), ("a", .suspected)], false),
            ([("a", .suspected), ("b", .suspected), ("a", .suspected)], true),
            ([("a", .certain), ("a", .certain), ("a", .none), ("a", .certain)], false),
        ] as [([(String, Outage)], Bool)]
    )
    func `it opens when the platform fails, not when one grant does`(
        _ failures: [(String, Outage)],
        _ opens: Bool
    ) {
        let held = Held()
        #expect(fail(held, failures, at: start) == opens)
        #expect((held.gate(now: start) == .passes) == !opens)
    }

    @Test func `it probes at growing intervals and closes at the first answer`() {
        let held = Held()
        _ = fail(held, Array(repeating: ("a", .certain), count: 3), at: start)
        var now = start
        for pause in [1.0, 2, 4, 8, 10, 10] {
            #expect(held.gate(now: now) == .waits(until: now + pause))
            now += pause
            #expect(held.gate(now: now) == .probes)
            // While one is under way there is no second.
            #expect(held.gate(now: now) != .probes)
            #expect(!held.probed(makeFailure(.certain), now: now))
        }
        guard case .open(since: start, _, sentence: "It is down.") = held.breaker.state else {
            Issue.record("it is not open")
            return
        }
        now += 10
        #expect(held.gate(now: now) == .probes)
        #expect(held.probed(nil, now: now))
        #expect(held.gate(now: now) == .passes)
    }

    @Test func `a platform that answers nothing but probes is not tried ever faster`() {
        let held = Held()
        let failures = [("a", Outage.suspected), ("b", .suspected), ("c", .suspected)]
        var now = start
        for pause in [1.0, 2, 4, 8, 10] {
            #expect(fail(held, failures, at: now))
            #expect(held.gate(now: now) == .waits(until: now + pause))
            now += pause
            #expect(held.gate(now: now) == .probes)
            #expect(held.probed(nil, now: now))
        }
        held.succeed()
        #expect(fail(held, failures, at: now))
        #expect(held.gate(now: now) == .waits(until: now + 1))
    }

    @Test func `a clock that is set back does not stretch the pause`() {
        let held = Held()
        _ = fail(held, Array(repeating: ("a", .certain), count: 3), at: start)
        let back = start - 86_400
        #expect(held.gate(now: back) == .waits(until: back + 10))
    }

    @Test(.timeLimit(.minutes(10)))
    func `while the platform is down the many wait for a few, and then all go on`() async throws {
        let world = try World()
        try world.crowd(200)
        world.platform.state.withLock { $0.outage = .transport(.connectionRefused) }
        let provisioner = world.provisioner
        let worker = Task { await provisioner.run(concurrency: 4) }
        // Probes are made and the clock passes, but no further grant tries.
        while world.platform.calls.count < 60 { await Task.yield() }
        #expect(world.store.tables.withLock { $0.attempts.count } <= 8)
        guard case .open = provisioner.breakerState else {
            Issue.record("the breaker is not open")
            return
        }
        world.platform.state.withLock { $0.outage = nil }
        while try await world.store.read({ try world.countShown(in: $0) }) < 200 {
            await Task.yield()
        }
        worker.cancel()
        await worker.value
        #expect(provisioner.breakerState == .closed)
    }

    @Test(.timeLimit(.minutes(10)))
    func `what a first key needs to know is learnt at the start`() async throws {
        let world = try World(sleeping: { _ in try await Task.sleep(for: .seconds(3600)) })
        let provisioner = world.provisioner
        let worker = Task { await provisioner.run() }
        while world.platform.calls != [.listResources, .probeKey, .findService] {
            await Task.yield()
        }
        world.wish(.active)
        provisioner.wake()
        while try world.grant.nextAttemptAt != nil { await Task.yield() }
        worker.cancel()
        await worker.value
        #expect(
            Array(world.platform.calls.dropFirst(3)) == [
                .createRole, .createLimit, .createLimit, .probeKey,
            ]
        )
    }

    @Test func `a revocation goes before a first key, and that before the rest`() throws {
        let world = try World()
        world.wish(.active)
        var grant = try world.grant
        #expect(grant.priority == .firstKey)
        grant.observed.shownGeneration = 1
        #expect(grant.priority == .rest)
        grant.observed.apps = [.init(id: 1, generation: 1, isActive: true)]
        grant.desired.access = .suspended
        #expect(grant.priority == .revocation)
        grant.observed.apps = []
        #expect(grant.priority == .rest)
        grant.desired.access = .ended
        #expect(grant.priority == .revocation)
    }
}

extension World {
    /// Many more subscribers who have paid.
    func crowd(_ count: Int) throws {
        let now = clock.now
        store.tables.withLock { tables in
            for number in 0..<count {
                let id = Subscription.ID("crowd\(number)")
                var grant = Grant(
                    subscriptionID: id,
                    desired: DesiredGrant(
                        access: .active,
                        reason: "",
                        plan: World.plan,
                        generation: 1
                    ),
                    changedAt: now
                )
                grant.nextAttemptAt = now
                tables.addSubscriber(id, now)
                tables.grants[id] = grant
                tables.keys.append(
                    keyRing.makeKey(
                        mode: .test,
                        subscription: id,
                        generation: 1,
                        now: now,
                        random: { Array(repeating: UInt8(truncatingIfNeeded: number), count: $0) }
                    )
                )
            }
        }
    }

    func countShown(in reader: any StoreReader) throws -> Int {
        try (0..<200).filter { number in
            try reader.grant(Subscription.ID("crowd\(number)"))?.isShown == true
        }.count
    }
}
