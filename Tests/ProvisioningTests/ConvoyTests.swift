import DreamFactory
import Foundation
import Simulation
import Subscriptions
import Synchronization
import Testing

@testable import Provisioning

/// Many grants, of which one call makes what is due.
struct ConvoyTests {
    static let ids = "bcdefghij".map { Subscription.ID("\($0)bcdefghijklmnopqrstuvwxy2") }

    /// So many subscribers whose first keys are due.
    private func world(
        _ ids: [Subscription.ID],
        sleeping pause: (@Sendable (Duration) async throws -> Void)? = nil
    ) throws -> World {
        let world = try World(sleeping: pause)
        world.calibrate()
        let now = world.clock.now
        world.store.tables.withLock { tables in
            for (number, id) in ids.enumerated() {
                tables.subscriptions[id] = Subscription(
                    id: id,
                    provider: .stripe,
                    mode: .test,
                    providerID: "sub_of_\(id)",
                    customerID: Customer.ID("customer"),
                    createdAt: now
                )
                tables.keys.append(
                    world.keyRing.makeKey(
                        mode: .test,
                        subscription: id,
                        generation: 1,
                        now: now,
                        random: { Array(repeating: UInt8(number), count: $0) }
                    )
                )
                var grant = Grant(
                    subscriptionID: id,
                    desired: DesiredGrant(
                        access: .active,
                        reason: "",
                        plan: World.plan,
                        generation: 1,
                        allowance: World.allowance
                    ),
                    changedAt: now
                )
                grant.isBulk = true
                grant.nextAttemptAt = now
                tables.grants[id] = grant
            }
        }
        return world
    }

    /// Lets the convoy go, and each grant the rest of its way, through crashes and failures.
    private func travel(_ ids: [Subscription.ID], in world: World) async throws {
        for _ in 0..<5 {
            do {
                await world.provisioner.prepare()
                try await world.provisioner.convoy(ids)
                break
            } catch is MemoryStore.Crash {
                world.restart()
                world.clock.advance(by: 1)
            }
        }
        for id in ids { try await settle(id, in: world) }
        world.platform.commitLate()
    }

    private func settle(_ id: Subscription.ID, in world: World) async throws {
        for _ in 0..<300 {
            do {
                let grant = try await world.provisioner.converge(id)
                guard let next = grant?.nextAttemptAt else { return }
                world.clock.advance(to: next)
            } catch is MemoryStore.Crash {
                world.restart()
                world.clock.advance(by: 1)
            }
        }
        Issue.record("\(id) does not come to rest")
    }

    private func expectUp(_ ids: [Subscription.ID], in world: World, _ context: Comment) throws {
        let state = world.platform.state.withLock { $0 }
        let grants = world.store.tables.withLock { $0.grants }
        let names = Set(ids.map { "tollgate-test-qwerty-\($0)" })
        #expect(Set(state.roles.values.map(\.name)) == names, context)
        #expect(state.roles.count == ids.count && state.apps.count == ids.count, context)
        #expect(state.limits.count == 2 * ids.count, context)
        for id in ids {
            let grant = try #require(grants[id])
            #expect(grant.observed.shownGeneration == 1 && grant.problem == nil, context)
            #expect(!grant.isBulk, context)
            let role = state.roles.values.first { $0.name.hasSuffix(id.rawValue) }
            #expect(state.limits.values.filter { $0.roleID == role?.id }.count == 2, context)
        }
        #expect(world.violations.withLock { $0 } == [], context)
    }

    @Test func `one call makes all roles, and one each limit of all`() async throws {
        let world = try world(Self.ids)
        await world.provisioner.prepare()
        let before = world.platform.calls.count
        try await world.provisioner.convoy(Self.ids)
        #expect(
            world.platform.calls[before...].filter(\.isWrite)
                == [.createRole, .createLimit, .createLimit]
        )
        #expect(world.store.tables.withLock { $0.grants.values.allSatisfy { $0.isBulk } })
        #expect(!world.audit.contains("key.shown"), "each is proved by a call of its own")
        try await travel(Self.ids, in: world)
        try expectUp(Self.ids, in: world, "as one")
    }

    @Test(arguments: ProvisionerLawTests.faults)
    func `whatever fails once, all end as if nothing had`(_ fault: FakePlatform.Fault) async throws
    {
        let ids = Array(Self.ids.prefix(3))
        let calm = try world(ids)
        try await travel(ids, in: calm)
        for number in 0..<calm.platform.calls.count {
            let world = try world(ids)
            world.platform.faults.withLock { $0[number] = fault }
            try await travel(ids, in: world)
            try expectUp(ids, in: world, "call \(number), \(fault)")
        }
    }

    @Test func `the one that is refused goes alone, and the others together`() async throws {
        let world = try world(Self.ids)
        let foreign = "tollgate-test-qwerty-\(Self.ids[4])"
        world.platform.state.withLock { state in
            let id: RecordID<RoleRecord> = state.makeID()
            state.roles[id.rawValue] = RoleRecord(
                id: id,
                name: foreign,
                isActive: true,
                rules: [],
                apps: []
            )
        }
        try await travel(Self.ids, in: world)
        try expectUp(Self.ids, in: world, "one role was there")
    }

    @Test func `a revocation in the middle of a convoy ends its key and no other`() async throws {
        let world = try world(Self.ids)
        let id = Self.ids[3]
        world.platform.afterEffect.withLock { hook in
            hook = { [weak world] _, call in
                guard call == .createRole, let world else { return }
                let now = world.clock.now
                world.store.tables.withLock { tables in
                    tables.grants[id]?.desired.access = .ended
                    tables.grants[id]?.nextAttemptAt = now
                }
            }
        }
        try await travel(Self.ids, in: world)
        let grant = try #require(world.store.tables.withLock { $0.grants[id] })
        #expect(grant.isEndProved && grant.observed.shownGeneration == 0)
        let names = world.platform.state.withLock { $0.roles.values.map(\.name) }
        #expect(names.count == Self.ids.count - 1 && !names.contains { $0.hasSuffix(id.rawValue) })
    }

    @Test func `bulk work goes behind a first key that somebody waits for`() throws {
        let world = try world(Self.ids)
        let grants = world.store.tables.withLock { $0.grants }
        #expect(grants.values.allSatisfy { $0.priority == .rest && $0.mayTravel })
        var waited = try #require(grants[Self.ids[0]])
        waited.isBulk = false
        #expect(waited.priority == .firstKey)
        waited.desired.access = .ended
        #expect(waited.priority == .revocation && !waited.mayTravel)
    }

    @Test(.timeLimit(.minutes(10)))
    func `the worker sends them off together`() async throws {
        let world = try world(Self.ids) { _ in try await Task.sleep(for: .seconds(3600)) }
        await world.provisioner.prepare()
        let before = world.platform.calls.count
        let worker = Task { await world.provisioner.run(concurrency: 4) }
        while try await world.store.read({ try $0.bulkWork().underWay }) > 0 { await Task.yield() }
        worker.cancel()
        await worker.value
        try expectUp(Self.ids, in: world, "by the worker")
        let roles = world.platform.calls[before...].filter { $0 == .createRole }
        #expect(roles.count < Self.ids.count)
    }
}
