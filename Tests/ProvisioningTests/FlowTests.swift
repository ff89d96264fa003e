import DreamFactory
import Foundation
import Simulation
import Subscriptions
import Synchronization
import Testing
import Transport

@testable import Provisioning

/// How many calls the flows after the first key take, and in which order.
@Suite struct FlowTests {
    private func makeUp() async throws -> World {
        let world = try World()
        world.wish(.active)
        try await world.settle()
        return world
    }

    /// The calls that converging once makes.
    private func calls(_ world: World) async throws -> [PlatformCall] {
        let before = world.platform.calls.count
        try await world.provisioner.converge(World.id)
        return Array(world.platform.calls[before...])
    }

    @Test func `a rotation with grace makes and proves the new key, then waits`() async throws {
        let world = try await makeUp()
        try await world.rotate(overlap: .seconds(240))
        #expect(try await calls(world) == [.createApp, .probeKey])
        let until = world.clock.now + 240
        #expect(try world.grant.previousUntil == until)
        #expect(try world.grant.nextAttemptAt == until)
        let answers = try world.platform.state.withLock { state in
            [state.answer(to: try world.key(1)), state.answer(to: try world.key(2))]
        }
        #expect(answers == [.alive, .alive])
        world.clock.advance(by: 239)
        #expect(try await calls(world) == [])
        world.clock.advance(by: 1)
        #expect(try await calls(world) == [.deleteApp, .probeKey])
        #expect(try !world.grant.isUnproved)
        world.clock.advance(by: 30)
        let repeated = try await calls(world)
        #expect(repeated == [.findRole, .findApp, .findLimits, .probeKey])
        try world.expectUp(generation: 2, "rotated")
        #expect(world.audit.suffix(4) == ["key.rotated", "key.shown", "key.refused", "key.ended"])
    }

    @Test func `the old key keeps its grace while the new one cannot be made`() async throws {
        let world = try await makeUp()
        world.platform.state.withLock { $0.failing[.createApp] = .unavailable(status: 503) }
        try await world.rotate(overlap: .seconds(60))
        for _ in 0..<12 {
            let grant = try #require(try await world.provisioner.converge(World.id))
            #expect(grant.visibleGeneration == 1 && grant.isShown)
            world.clock.advance(to: try #require(grant.nextAttemptAt))
        }
        let key = try world.key(1)
        #expect(world.platform.state.withLock { $0.answer(to: key) } == .alive)
        world.platform.state.withLock { $0.failing = [:] }
        try await world.settle()
        try world.expectUp(generation: 2, "rotated")
    }

    @Test func `a rotation at once is one call and two proofs`() async throws {
        let world = try await makeUp()
        try await world.rotate(overlap: .zero)
        #expect(try world.grant.isUnproved)
        #expect(try await calls(world) == [.changeRole, .probeKey, .probeKey])
        #expect(try !world.grant.isUnproved)
        #expect(try world.grant.isShown)
        world.clock.advance(by: 30)
        #expect(try await calls(world) == [.findRole, .findApp, .findLimits, .probeKey])
        try world.expectUp(generation: 2, "rotated")
    }

    @Test(arguments: [
        PlatformError.Reason.fault(status: 500), .transport(.timedOut), .refused(status: 400),
        .differs,
    ])
    func `where the one call fails it is not repeated and the old app goes first`(
        _ reason: PlatformError.Reason
    ) async throws {
        let world = try await makeUp()
        world.platform.state.withLock { $0.failing[.changeRole] = reason }
        try await world.rotate(overlap: .zero)
        let before = world.platform.calls.count
        try await world.settle()
        let calls = world.platform.calls[before...]
        #expect(calls.filter { $0 == .changeRole }.count == 1)
        #expect(calls.dropFirst().first == .deleteApp)
        try world.expectUp(generation: 2, "rotated")
    }

    @Test func `a leaked key that a cache still holds loses its role`() async throws {
        let world = try await makeUp()
        let key = try world.key(1)
        world.platform.state.withLock { _ = $0.staleKeys.insert(key) }
        try await world.rotate(overlap: .zero)
        let grant = try #require(try await world.provisioner.converge(World.id))
        #expect(grant.isUnproved)
        #expect(grant.problem?.sentence.contains("cache") == true)
        world.platform.state.withLock { $0.staleKeys = [] }
        try await world.settle()
        try world.expectUp(generation: 2, "after the cache was cleared")
    }

    @Test func `a leaked key without its role keeps no paid key waiting`() async throws {
        let world = try await makeUp()
        let (leaked, roleID) = (try world.key(1), try #require(try world.grant.observed.roleID))
        world.platform.state.withLock { $0.cachedRoles[leaked] = roleID }
        try await world.rotate(overlap: .zero)
        let grant = try #require(
            try await world.provisioner.converge(World.id, patience: .seconds(20))
        )
        let answers = try [1, 2].map { generation in
            let key = try world.key(generation)
            return world.platform.state.withLock { $0.answer(to: key) }
        }
        #expect(answers == [.teardownUnfinished, .alive])
        #expect(grant.isUnproved && grant.isShown)
        #expect(grant.problem?.sentence.contains("something of it is left") == true)
        world.platform.state.withLock { $0.cachedRoles = [:] }
        try await world.settle()
        try world.expectUp(generation: 2, "after the cache was cleared")
    }

    @Test func `a key whose app was made anew is asked once more`() async throws {
        let world = try await makeUp()
        let (key, roleID) = (try world.key(1), try #require(try world.grant.observed.roleID))
        try world.loseRole()
        try await world.provisioner.converge(World.id)
        try world.expectUp("made anew")
        world.platform.state.withLock { $0.cachedRoles[key] = roleID }
        let calls = world.platform.calls.count
        world.clock.advance(by: Situation.settling)
        let grant = try #require(try await world.provisioner.converge(World.id))
        #expect(world.platform.calls[calls...].first == .probeKey)
        #expect(grant.problem?.sentence.contains("refuses the key that should live") == true)
        world.platform.state.withLock { $0.cachedRoles = [:] }
        try await world.settle()
        try world.expectUp("after the cache was cleared")
        #expect(try world.grant.nextAttemptAt == nil)
    }

    @Test func `while a rotation is under way both keys sleep and wake together`() async throws {
        let world = try await makeUp()
        try await world.rotate(overlap: .seconds(3_600))
        try await world.provisioner.converge(World.id)
        world.wish(.suspended)
        #expect(
            try await calls(world) == [.changeApp, .changeApp, .probeKey, .probeKey]
        )
        let keys = [try world.key(1), try world.key(2)]
        #expect(
            world.platform.state.withLock { state in keys.map { state.answer(to: $0) } }
                == [.asleep, .asleep]
        )
        world.wish(.active)
        #expect(
            try await calls(world) == [
                .findRole, .findLimits, .changeApp, .probeKey, .changeApp, .probeKey,
            ]
        )
        #expect(
            world.platform.state.withLock { state in keys.map { state.answer(to: $0) } }
                == [.alive, .alive]
        )
    }

    @Test func `a plan change takes one call for rules and one or two for a limit`() async throws {
        let world = try await makeUp()
        world.wish(.active, plan: World.otherPlan)
        #expect(
            try await calls(world) == [
                .findRole, .changeRole, .changeLimit, .createLimit, .deleteLimit, .readCounter,
            ]
        )
        try world.expectUp(plan: World.otherPlan, "changed")
    }

    @Test func `a period that is paid begins the monthly count anew and reads it back`()
        async throws
    {
        let world = try await makeUp()
        world.exhaust()
        world.wish(.active, allowance: World.allowance + 31 * 86_400)
        #expect(try await calls(world) == [.readCounter, .clearCounter, .readCounter])
        #expect(world.platform.state.withLock { $0.locked.count } == 1)
        #expect(try await calls(world) == [])
    }

    @Test func `a counter that stays full is cleared until it is not`() async throws {
        let world = try await makeUp()
        world.exhaust()
        world.platform.faults.withLock { faults in
            faults[world.platform.calls.count + 1] = .lostBefore
        }
        world.wish(.active, allowance: World.allowance + 31 * 86_400)
        try await world.settle()
        try world.expectUp("renewed")
    }
}
