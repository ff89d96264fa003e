import DreamFactory
import Foundation
import Simulation
import Subscriptions
import Synchronization
import Testing

@testable import Provisioning

/// An app that was there before: it lives as access says, and ends when its owner says so.
struct AdoptedTests {
    private func settled() async throws -> World {
        let world = try World()
        try world.adopt()
        try await world.settle()
        return world
    }

    private func calls(_ world: World) async throws -> [PlatformCall] {
        let before = world.platform.calls.count
        try await world.provisioner.converge(World.id)
        return Array(world.platform.calls[before...])
    }

    @Test func `taken over it is asked whether it lives, and nothing is written`() async throws {
        let world = try World()
        try world.adopt()
        #expect(try await calls(world) == [.findApp, .probeKey])
        #expect(try await calls(world) == [])
        world.wish(.active, allowance: World.allowance + 31 * 86_400)
        world.wish(.active, plan: World.otherPlan)
        #expect(try await calls(world) == [])
        try world.expectAdopted(isAwake: true, "taken over")
    }

    @Test func `its end is proved while it sleeps, and again once it is deleted`() async throws {
        let world = try await settled()
        world.wish(.ended)
        #expect(
            try await calls(world) == [
                .findApp, .changeApp, .findApp, .probeKey, .findApp, .deleteApp, .probeKey,
                .findRole, .findLimits, .findApp,
            ]
        )
        #expect(try !world.grant.isUnproved)
        world.clock.advance(by: 30)
        #expect(try await calls(world) == [.findRole, .findLimits, .findApp, .probeKey])
        try world.expectAdoptedGone("ended")
    }

    @Test func `with a grace it lives on beside the new key, and not a moment longer`()
        async throws
    {
        let world = try await settled()
        try await world.rotate(overlap: .seconds(3_600))
        try await world.provisioner.converge(World.id)
        #expect(try world.grant.isShown && world.grant.desired.generation == 1)
        #expect(try world.adoptedAnswer == .alive)
        let end = try #require(try world.grant.previousUntil)
        #expect(try world.grant.nextAttemptAt == end)
        world.clock.advance(to: end.addingTimeInterval(-1))
        #expect(try await calls(world) == [])
        world.clock.advance(to: end)
        try await world.provisioner.converge(World.id)
        #expect(try world.adoptedAnswer == .gone)
        try await world.settle()
        try world.expectAdoptedGone("after the grace")
        try world.expectUp("after the grace")
    }

    @Test func `a process that died after the deletion has the proof of before`() async throws {
        let world = try await settled()
        world.wish(.ended)
        let number = world.platform.calls.count + 5
        world.platform.faults.withLock { $0[number] = .crashAfter }
        try await world.settle()
        #expect(world.platform.calls[number] == .deleteApp)
        let adopted = try #require(try world.grant.observed.adopted)
        #expect(adopted.isKeyLost && adopted.wasRefused)
        try world.expectAdoptedGone("after the crash")
    }

    @Test func `what somebody else has deleted ends without a proof that nobody could make`()
        async throws
    {
        let world = try await settled()
        world.platform.state.withLock { $0.apps[World.adoptedID] = nil }
        world.wish(.ended)
        try await world.settle()
        let grant = try world.grant
        #expect(grant.problem == nil && !grant.isUnproved)
        #expect(grant.observed.adopted?.endedAt != nil)
        #expect(grant.observed.revocation?.provedAt == nil)
        #expect(!world.audit.contains("key.refused"))
    }

    @Test func `as long as a cache lets its key in it is not deleted, and staff are told`()
        async throws
    {
        let world = try await settled()
        world.platform.state.withLock { $0.sleepless = 2 }
        world.wish(.ended)
        let grant = try #require(try await world.provisioner.converge(World.id))
        #expect(grant.isUnproved && grant.problem?.kind == .needsStaff)
        #expect(grant.problem?.sentence.contains("clear the platform's cache") == true)
        #expect(!world.platform.calls.contains(.deleteApp))
        try await world.settle()
        try world.expectAdoptedGone("once the cache was cleared")
    }

    @Test func `a key that a cache lets in again, and that is lost, stays open for five hours`()
        async throws
    {
        let world = try await settled()
        let key = try World.adoptedKey()
        world.platform.afterEffect.withLock { hook in
            hook = { [platform = world.platform] _, call in
                guard call == .deleteApp else { return }
                platform.state.withLock { _ = $0.staleKeys.insert(key) }
            }
        }
        world.wish(.ended)
        let told = try #require(try await world.provisioner.converge(World.id))
        #expect(told.isUnproved && told.problem?.kind == .needsStaff)
        let acceptedAt = try #require(told.observed.adopted?.acceptedAt)
        world.restart()
        world.clock.advance(by: 600)
        let lost = try #require(try await world.provisioner.converge(World.id))
        #expect(lost.isUnproved && lost.observed.adopted?.isKeyLost == true)
        #expect(lost.problem?.sentence.contains("cannot be asked again") == true)
        world.platform.state.withLock { $0.staleKeys = [] }
        try await world.settle()
        let endedAt = try #require(try world.grant.observed.adopted?.endedAt)
        #expect(endedAt.timeIntervalSince(acceptedAt) >= Situation.cacheLife)
    }

    @Test func `one that is gone while access is active is staff's to replace`() async throws {
        let world = try await settled()
        world.platform.state.withLock { $0.apps[World.adoptedID] = nil }
        world.wish(.suspended)
        try await world.settle()
        world.wish(.active)
        let grant = try #require(try await world.provisioner.converge(World.id))
        #expect(grant.problem?.sentence.contains("tollgate keys rotate") == true)
        #expect(!world.platform.calls.contains(.createRole))
        try await world.rotate(overlap: .seconds(60))
        try await world.settle()
        #expect(try world.grant.isShown && world.grant.problem == nil)
    }

    @Test func `an id that is another app's by now is never written to`() async throws {
        let world = try await settled()
        world.platform.state.withLock { state in
            state.apps[World.adoptedID]?.name = "somebody else's"
            state.apps[World.adoptedID]?.apiKey = AppKey(String(repeating: "q", count: 64))
        }
        world.wish(.ended)
        try await world.settle()
        #expect(!world.platform.calls.contains { [.changeApp, .deleteApp].contains($0) })
        #expect(world.platform.state.withLock { $0.apps[World.adoptedID] }?.isActive == true)
    }

    // MARK: Drift

    @Test func `what is as it was is no difference and no orphan`() async throws {
        let world = try await settled()
        let scan = try await world.provisioner.scan()
        #expect(scan.compared == 1 && scan.drift.isEmpty)
    }

    @Test(arguments: ["gone", "key", "name", "role", "asleep"])
    func `what was changed by hand is told, and only access is brought back`(
        _ what: String
    ) async throws {
        let world = try await settled()
        world.platform.state.withLock { state in
            switch what {
            case "gone": state.apps[World.adoptedID] = nil
            case "key":
                state.apps[World.adoptedID]?.apiKey = AppKey(String(repeating: "q", count: 64))
            case "name": state.apps[World.adoptedID]?.name = "new"
            case "role": state.apps[World.adoptedID]?.roleID = nil
            default: state.apps[World.adoptedID]?.isActive = false
            }
        }
        let drift = try await world.provisioner.scan().drift
        #expect(drift.map(\.kind) == [what == "gone" ? .missing : .changed])
        #expect(drift.allSatisfy { !$0.isDeleted && !$0.isGrave })
        _ = try await world.provisioner.repair(drift, actor: "staff:ada")
        if what == "role" { return }
        try await world.settle()
        let again = try await world.provisioner.scan().drift
        #expect(again.count == (what == "gone" ? 1 : 0))
        if what == "asleep" { try world.expectAdopted(isAwake: true, "woken") }
        #expect(!world.platform.calls.contains(.deleteApp))
    }
}

/// Which apps can be taken over.
struct CandidateTests {
    private func app(
        _ name: String = "Ada's",
        key: String? = String(repeating: "0a1B", count: 16),
        isActive: Bool = true,
        hasRole: Bool = true
    ) throws -> AppRecord {
        AppRecord(
            id: try #require(RecordID<AppRecord>(12)),
            name: name,
            apiKey: key.flatMap(AppKey.init),
            isActive: isActive,
            roleID: hasRole ? RecordID<RoleRecord>(3) : nil
        )
    }

    private func role(reach: RuleRecord.Reach? = nil, isActive: Bool = true) throws -> RoleRecord {
        RoleRecord(
            id: try #require(RecordID<RoleRecord>(3)),
            name: "before",
            isActive: isActive,
            rules: [RuleRecord(id: try #require(RecordID<RuleRecord>(4)), rule: nil, reach: reach)],
            apps: []
        )
    }

    private func judge(
        _ app: AppRecord?,
        _ role: RoleRecord? = nil,
        ownKey: AppKey? = nil
    ) throws -> NamedApp {
        Candidate(id: 12, app: app, role: try role ?? self.role())
            .judge(ownKey: ownKey, systemService: RecordID<ServiceRecord>(1))
    }

    @Test func `an app with a key and a role is taken over with what is left of its key`() throws {
        let key = String(repeating: "0a1B", count: 16)
        guard case .fits(let adopted) = try judge(app()) else {
            Issue.record("it is refused")
            return
        }
        #expect(adopted.id == 12 && adopted.name == "Ada's" && adopted.roleID == 3)
        #expect(adopted.lastFour == "0a1B" && adopted.holds(key: key))
        #expect(!"\(adopted)".contains(key))
    }

    @Test func `what nobody may sell, or nobody could use, is refused in one sentence`() throws {
        let system = try #require(RecordID<ServiceRecord>(1))
        let own = try app()
        let refused: [(NamedApp, String)] = [
            (try judge(nil), "has no app 12"),
            (try judge(app("admin")), "comes with"), (try judge(app("api_docs")), "comes with"),
            (try judge(app("file_manager")), "comes with"),
            (try judge(app("tollgate-live-aaaaaa-bbbb")), "by a Tollgate"),
            (try judge(app("tollgate-test-qwerty-bbbb")), "by a Tollgate"),
            (try judge(app(key: nil)), "has no key"), (try judge(app(key: "short")), "has no key"),
            (try judge(own, ownKey: own.apiKey), "calls the platform"),
            (try judge(app(hasRole: false)), "has no role"),
            (try judge(app(isActive: false)), "sleeps"),
            (try judge(app(), role(isActive: false)), "sleeps"),
            (try judge(app(), role(reach: .service(system))), "service system"),
            (try judge(app(), role(reach: .allServices)), "service system"),
        ]
        for (named, words) in refused {
            guard case .refused(let sentence) = named else {
                Issue.record("taken though: \(words)")
                continue
            }
            #expect(sentence.contains(words) && sentence.hasSuffix("."))
        }
    }

    @Test func `apps are read together, and their roles once each`() async throws {
        let world = try World()
        try world.adopt()
        let named = try await world.provisioner.namedApps([500, 501, 502], ownKey: nil)
        #expect(world.platform.calls == [.findApp, .findRole, .findService])
        #expect(named.count == 3)
        #expect(named[502] == .refused("The platform has no app 502."))
    }
}
