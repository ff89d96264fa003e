import DreamFactory
import Foundation
import Simulation
import Subscriptions
import Synchronization
import Testing

@testable import Provisioning

/// A key that sleeps is proved to, and later once more.
struct SleepTests {
    private func asleep() async throws -> World {
        let world = try World()
        world.wish(.active)
        try await world.settle()
        world.wish(.suspended)
        _ = try await world.provisioner.converge(World.id)
        return world
    }

    @Test func `it is asked again half a minute later, and then left alone`() async throws {
        let world = try await asleep()
        let first = try #require(try world.grant.observed.proof)
        #expect(first.answer == .asleep && first.since == first.at)
        #expect(try world.grant.nextAttemptAt == first.at.addingTimeInterval(Situation.settling))
        let calls = world.platform.calls.count
        world.clock.advance(by: Situation.settling - 1)
        _ = try await world.provisioner.converge(World.id)
        #expect(world.platform.calls.count == calls)
        world.clock.advance(by: 1)
        _ = try await world.provisioner.converge(World.id)
        #expect(Array(world.platform.calls[calls...]) == [.probeKey])
        let second = try #require(try world.grant.observed.proof)
        #expect(second.since == first.at && second.at == world.clock.now)
        #expect(try world.grant.nextAttemptAt == nil)
        #expect(world.audit == ["key.shown", "key.asleep"])
    }

    @Test func `a cache that was refilled meanwhile is found, and the key sleeps again`()
        async throws
    {
        let world = try await asleep()
        world.platform.state.withLock { $0.sleepless = 1 }
        world.clock.advance(by: Situation.settling)
        let grant = try #require(try await world.provisioner.converge(World.id))
        #expect(grant.problem?.sentence.contains("still accepts the key that sleeps") == true)
        try await world.settle()
        try world.expectUp("asleep again", isAwake: false)
        let proof = try #require(try world.grant.observed.proof)
        #expect(proof.answer == .asleep)
        #expect(try proof.at.timeIntervalSince(#require(proof.since)) >= Situation.settling)
    }

    @Test func `a key that wakes in between is not asked whether it sleeps`() async throws {
        let world = try await asleep()
        world.wish(.active)
        try await world.settle()
        try world.expectUp("awake")
        #expect(try world.grant.observed.proof?.answer == .alive)
    }

    @Test func `a proof of before this was asked is not repeated`() async throws {
        let world = try await asleep()
        world.store.tables.withLock { $0.grants[World.id]?.observed.proof?.since = nil }
        let calls = world.platform.calls.count
        world.clock.advance(by: 3_600)
        _ = try await world.provisioner.converge(World.id)
        #expect(world.platform.calls.count == calls)
        #expect(try world.grant.nextAttemptAt == nil)
    }
}
