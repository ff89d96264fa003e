import DreamFactory
import Foundation
import Simulation
import Subscriptions
import Synchronization
import Testing
import Transport

@testable import Provisioning

/// What the platform may do to us, and what staff read then.
@Suite struct TroubleTests {
    @Test(arguments: [
        (PlatformError.Reason.transport(.connectionRefused), GrantProblem.Kind.retriable),
        (.loginRefused(status: 401), .needsStaff), (.sessionRefused, .needsStaff),
        (.unavailable(status: 503), .retriable), (.unreadable(status: 200), .retriable),
    ])
    func `while the platform cannot be used the grant waits and says why`(
        _ reason: PlatformError.Reason,
        _ kind: GrantProblem.Kind
    ) async throws {
        let world = try World()
        world.platform.state.withLock { $0.outage = reason }
        world.wish(.active)
        for _ in 0..<20 {
            let grant = try #require(try await world.provisioner.converge(World.id))
            #expect(grant.problem?.kind == kind)
            #expect(grant.problem?.sentence.hasPrefix("Could not ") == true)
            world.clock.advance(to: try #require(grant.nextAttemptAt))
        }
        let grant = try world.grant
        #expect(grant.failures == 20)
        #expect(try #require(grant.problem).since < world.clock.now - 900)
        world.platform.state.withLock { $0.outage = nil }
        try await world.settle()
        try world.expectUp("after the outage")
    }

    @Test func `nothing is made on a platform without limits`() async throws {
        let world = try World()
        world.platform.state.withLock { $0.hasLimits = false }
        world.wish(.active)
        let grant = try #require(try await world.provisioner.converge(World.id))
        #expect(grant.problem?.kind == .needsStaff)
        #expect(grant.problem?.sentence.contains("df-limits") == true)
        #expect(world.platform.calls == [.listResources, .probeKey])
        world.platform.state.withLock { $0.hasLimits = true }
        try await world.settle()
        try world.expectUp("once the package is installed")
    }

    @Test(arguments: [KeyState.alive, .asleep, .inconclusive(status: 200)])
    func `nothing is made where a random key is not refused`(_ answer: KeyState) async throws {
        let world = try World()
        world.platform.state.withLock { $0.randomKeyState = answer }
        world.wish(.active)
        let provisioner = world.provisioner
        for _ in 0..<3 {
            let grant = try #require(try await provisioner.converge(World.id))
            #expect(grant.problem != nil)
            world.clock.advance(to: try #require(grant.nextAttemptAt))
        }
        #expect(!world.platform.calls.contains(.createRole))
        world.platform.state.withLock { $0.randomKeyState = .gone }
        try await world.settle()
        try world.expectUp("once it is refused")
    }

    @Test func `a refusal proves nothing where no key of ours was ever accepted`() async throws {
        let world = try World()
        world.wish(.ended)
        let provisioner = world.provisioner
        for _ in 0..<5 {
            let grant = try #require(try await provisioner.converge(World.id))
            #expect(!grant.isEndProved)
            #expect(grant.isUnproved)
            world.clock.advance(to: try #require(grant.nextAttemptAt))
        }
        #expect(try world.grant.problem?.sentence.contains("proves nothing") == true)
        world.calibrate()
        try await world.settle()
        try world.expectDown("after calibration")
    }

    @Test func `where a limit is refused for good the app goes and staff are told`() async throws {
        let world = try World()
        world.platform.state.withLock { $0.failing[.createLimit] = .refused(status: 400) }
        world.wish(.active)
        let provisioner = world.provisioner
        for _ in 0..<4 {
            let grant = try #require(try await provisioner.converge(World.id))
            #expect(grant.problem?.kind == .permanent)
            #expect(grant.problem?.sentence.contains("plans apply") == true)
            #expect(grant.observed.shownGeneration == 0)
            world.clock.advance(to: try #require(grant.nextAttemptAt))
        }
        #expect(world.platform.state.withLock { $0.apps.isEmpty })
        world.platform.state.withLock { $0.failing = [:] }
        try await world.settle()
        try world.expectUp("once the limit is accepted")
    }

    @Test func `a plan for a service that is not there waits for staff`() async throws {
        let world = try World()
        world.platform.state.withLock { $0.serviceExists = false }
        world.wish(.active)
        let grant = try #require(try await world.provisioner.converge(World.id))
        #expect(grant.problem?.kind == .needsStaff)
        #expect(grant.problem?.sentence.contains("service shop") == true)
        #expect(world.platform.state.withLock { $0.roles.isEmpty })
        world.platform.state.withLock { $0.serviceExists = true }
        try await world.settle()
        try world.expectUp("once the service is there")
    }

    @Test func `a revoked key that is accepted again loses its role and staff are told`()
        async throws
    {
        let world = try World()
        world.wish(.active)
        try await world.settle()
        let key = try world.key(1)
        world.platform.state.withLock { _ = $0.staleKeys.insert(key) }
        world.wish(.ended)
        let provisioner = world.provisioner
        for _ in 0..<6 {
            let grant = try #require(try await provisioner.converge(World.id))
            #expect(!grant.isEndProved)
            #expect(grant.problem?.kind == .needsStaff)
            #expect(grant.problem?.sentence.contains("cache") == true)
            world.clock.advance(to: try #require(grant.nextAttemptAt))
        }
        #expect(world.platform.state.withLock { $0.roles.isEmpty })
        #expect(world.audit.filter { $0 == "key.back" }.count == 1)
        world.platform.state.withLock { $0.staleKeys = [] }
        try await world.settle()
        try world.expectDown("after the cache was cleared")
    }

    @Test func `a key that comes back before the repetition is caught by it`() async throws {
        let world = try World()
        world.wish(.active)
        try await world.settle()
        world.wish(.ended)
        try await world.provisioner.converge(World.id)
        let key = try world.key(1)
        world.platform.state.withLock { _ = $0.staleKeys.insert(key) }
        world.clock.advance(by: 30)
        let grant = try #require(try await world.provisioner.converge(World.id))
        #expect(grant.problem?.kind == .needsStaff)
        #expect(grant.observed.closedGeneration == 0)
        world.platform.state.withLock { $0.staleKeys = [] }
        try await world.settle()
        try world.expectDown("after the cache was cleared")
    }

    @Test func `a key that sleeps and is still accepted is put to sleep again`() async throws {
        let world = try World()
        world.wish(.active)
        try await world.settle()
        world.platform.state.withLock { $0.sleepless = 3 }
        world.wish(.suspended)
        try await world.settle()
        try world.expectUp("suspended", isAwake: false)
        #expect(world.platform.calls.filter { $0 == .changeApp }.count == 4)
    }

    @Test func `what stands there under our name is adopted and repaired`() async throws {
        let world = try World()
        world.wish(.active)
        try await world.settle()
        // As a database restored from before the sign-up sees it, on a platform changed by hand.
        world.store.tables.withLock { tables in
            tables.grants[World.id]?.observed = ObservedGrant()
        }
        let foreign = try #require(AppKey(String(repeating: "f", count: 64)))
        world.platform.state.withLock { state in
            for id in state.roles.keys {
                state.roles[id]?.rules.removeFirst()
                let junk = RuleRecord(id: state.makeID(), rule: nil)
                state.roles[id]?.rules.append(junk)
                state.roles[id]?.isActive = false
            }
            for id in state.apps.keys {
                state.apps[id]?.apiKey = foreign
                state.apps[id]?.isActive = false
            }
            let limits = state.limits.keys.sorted()
            state.limits[limits[0]]?.rate = 1
            state.limits[limits[1]]?.isActive = false
        }
        world.wish(.active)
        try await world.settle()
        try world.expectUp("adopted")
        #expect(world.platform.state.withLock { $0.answer(to: foreign) } == .gone)
    }

    @Test func `a missing key row stops the grant and nothing is called`() async throws {
        let world = try World()
        world.wish(.active)
        world.store.tables.withLock { $0.keys = [] }
        let grant = try #require(try await world.provisioner.converge(World.id))
        #expect(grant.problem?.kind == .needsStaff)
        #expect(world.platform.calls == [])
    }

    @Test func `no problem and no attempt holds a key`() async throws {
        let world = try World()
        world.platform.faults.withLock { $0 = [2: .lostAfter, 3: .fault, 5: .garbageAfter] }
        world.wish(.active)
        try await world.settle()
        let key = try world.key(1).rawValue
        let texts = world.store.tables.withLock { tables in
            tables.attempts.map { "\($0)" } + tables.audit.map { "\($0)" }
                + tables.grants.values.map { "\($0)" }
        }
        #expect(texts.allSatisfy { !$0.contains(key) })
    }
}
