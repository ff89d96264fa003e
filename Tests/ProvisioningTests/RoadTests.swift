import DreamFactory
import Foundation
import Simulation
import Subscriptions
import Synchronization
import Testing

@testable import Provisioning

/// How many calls the two promises take, and in which order.
@Suite struct RoadTests {
    @Test func `a payment takes one call, one for each limit and one proof`() async throws {
        let world = try World()
        world.wish(.active)
        try await world.settle()
        #expect(
            world.platform.calls == [
                .listResources, .probeKey, .findService, .createRole, .createLimit, .createLimit,
                .probeKey,
            ]
        )
        let installation = world.store.tables.withLock { $0.installation }
        #expect(installation?.provesRefusals == true)
        #expect(world.audit == ["key.shown"])
        let key = world.store.tables.withLock { $0.keys.first }
        #expect(key?.shownAt != nil && key?.endedAt == nil)
        let attempts = world.store.tables.withLock { $0.attempts }
        #expect(
            attempts.map(\.step) == [
                "check_platform", "create_role", "create_limit", "create_limit", "prove",
            ]
        )
        #expect(attempts.allSatisfy { $0.outcome == "done" && $0.problem == nil })
    }

    @Test func `a revocation is proved after one call and one proof`() async throws {
        let world = try World()
        world.wish(.active)
        try await world.settle()
        let before = world.platform.calls.count
        let provedAt = Mutex<Int?>(nil)
        world.platform.afterEffect.withLock { hook in
            hook = { [weak world] number, _ in
                guard let grant = try? world?.grant, grant.isEndProved else { return }
                provedAt.withLock { $0 = $0 ?? number - before }
            }
        }
        world.wish(.ended)
        let grant = try #require(try await world.provisioner.converge(World.id))
        #expect(
            Array(world.platform.calls[before...]) == [
                .deleteApp, .probeKey, .deleteLimit, .deleteLimit, .deleteRole, .findRole,
                .findApp, .findLimits,
            ]
        )
        // Known to be proved while the third call is under way.
        #expect(provedAt.withLock { $0 } == 2)
        #expect(grant.isEndProved)
        #expect(grant.observed.closedGeneration == 0)
        #expect(grant.nextAttemptAt == world.clock.now + 30)
        #expect(grant.problem == nil)
    }

    @Test func `look-up and proof are repeated before a revocation is closed`() async throws {
        let world = try World()
        world.wish(.active)
        try await world.settle()
        world.wish(.ended)
        try await world.provisioner.converge(World.id)
        let before = world.platform.calls.count
        world.clock.advance(by: 29)
        try await world.provisioner.converge(World.id)
        #expect(world.platform.calls.count == before)
        world.clock.advance(by: 1)
        let grant = try #require(try await world.provisioner.converge(World.id))
        #expect(
            Array(world.platform.calls[before...]) == [
                .findRole, .findApp, .findLimits, .probeKey,
            ]
        )
        #expect(grant.observed.closedGeneration == 1)
        #expect(grant.nextAttemptAt == nil)
        #expect(world.audit == ["key.shown", "key.refused", "key.ended"])
    }

    @Test func `after a create of unknown outcome it is closed ten minutes later`() async throws {
        let world = try World()
        world.calibrate()
        world.platform.faults.withLock { $0[3] = .late(500) }
        world.wish(.active)
        let started = world.clock.now
        world.platform.afterEffect.withLock { hook in
            hook = { [weak world] number, _ in if number == 3 { world?.wish(.ended) } }
        }
        try await world.settle()
        try world.expectDown("late create")
        let closedAt = try #require(try world.grant.observed.revocation?.closedAt)
        #expect(closedAt >= started + 600)
    }

    @Test func `resuming reads the limits back before the key wakes`() async throws {
        let world = try World()
        world.wish(.active)
        try await world.settle()
        world.wish(.suspended)
        try await world.settle()
        world.platform.state.withLock { $0.limits = [:] }
        let before = world.platform.calls.count
        world.wish(.active)
        try await world.settle()
        #expect(
            Array(world.platform.calls[before...]) == [
                .findRole, .findLimits, .createLimit, .createLimit, .changeApp, .probeKey,
            ]
        )
        try world.expectUp("resumed")
        #expect(world.audit == ["key.shown", "key.asleep", "key.awake"])
    }

    @Test func `a proof can be asked for again`() async throws {
        let world = try World()
        world.wish(.active)
        try await world.settle()
        world.wish(.ended)
        try await world.settle()
        let before = world.platform.calls.count
        let grant = try #require(try await world.provisioner.proveAgain(World.id))
        #expect(Array(world.platform.calls[before...]) == [.probeKey])
        #expect(grant.isEndProved && grant.problem == nil && grant.nextAttemptAt == nil)
        #expect(grant.observed.proof?.answer == .gone)
        world.platform.state.withLock { state in
            _ = (try? world.key(1)).map { state.staleKeys.insert($0) }
        }
        let back = try #require(try await world.provisioner.proveAgain(World.id))
        #expect(!back.isEndProved)
        #expect(back.problem?.kind == .needsStaff)
        world.platform.state.withLock { $0.staleKeys = [] }
        try await world.settle()
        try world.expectDown("after the cache was cleared")
    }

    @Test func `a key that is due again is not asked for as a refused one`() async throws {
        let world = try World()
        world.wish(.active)
        try await world.settle()
        world.wish(.ended)
        try await world.settle()
        world.wish(.active)
        let before = world.platform.calls.count
        #expect(try await world.provisioner.proveAgain(World.id) == nil)
        #expect(world.platform.calls.count == before)
        try await world.settle()
        try world.expectUp(generation: 2, "restored")
    }
}
