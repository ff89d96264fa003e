import DreamFactory
import Foundation
import Simulation
import Subscriptions
import Synchronization
import Testing

@testable import Provisioning

@Suite struct WorkerTests {
    @Test(.timeLimit(.minutes(10)))
    func `the worker serves what is due and what it is woken for`() async throws {
        let world = try World(sleeping: { _ in try await Task.sleep(for: .seconds(3600)) })
        world.wish(.active)
        let provisioner = world.provisioner
        let worker = Task { await provisioner.run(concurrency: 2) }
        while try world.grant.observed.shownGeneration == 0 { await Task.yield() }
        world.wish(.suspended)
        provisioner.wake()
        while try world.grant.observed.proof?.answer != .asleep { await Task.yield() }
        worker.cancel()
        await worker.value
        try world.expectUp("suspended", isAwake: false)
    }

    @Test(.timeLimit(.minutes(10)))
    func `two who converge one subscription take turns`() async throws {
        let world = try World()
        world.wish(.active)
        let provisioner = world.provisioner
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask { _ = try await provisioner.converge(World.id) }
            }
            try await group.waitForAll()
        }
        try world.expectUp("all at once")
        #expect(world.platform.calls.filter { $0 == .createRole }.count == 1)
    }

    @Test(.timeLimit(.minutes(10)))
    func `whoever works beside the worker wakes it afterwards`() async throws {
        let world = try World()
        world.wish(.ended)
        var signals = world.provisioner.signals.makeAsyncIterator()
        // What became due while its turn was taken is known to nobody else.
        _ = try await world.provisioner.converge(World.id)
        await signals.next()
        _ = try await world.provisioner.proveAgain(World.id)
        await signals.next()
    }

    @Test func `patience waits for attempts after failures`() async throws {
        let world = try World()
        world.platform.faults.withLock { $0 = [3: .refused, 4: .fault, 7: .lostAfter] }
        world.wish(.active)
        let grant = try await world.provisioner.converge(World.id, patience: .seconds(60))
        #expect(grant?.observed.shownGeneration == 1)
    }

    @Test func `a subscription without a grant is nothing to do`() async throws {
        let world = try World()
        #expect(try await world.provisioner.converge(World.id) == nil)
        #expect(try await world.provisioner.proveAgain(World.id) == nil)
    }
}

@Suite struct GrantNamesTests {
    private func makeNames(_ id: String = "abcdefghijklmnopqrstuvwxy2") -> GrantNames? {
        GrantNames(
            mode: .live,
            installation: Installation(
                id: Installation.ID("qwertyabcdefghijklmnopqrst"),
                mode: .live,
                platformOrigin: "",
                createdAt: .distantPast
            ),
            subscription: Subscription.ID(id)
        )
    }

    @Test func `names are made of mode, installation, subscription and generation`() throws {
        let names = try #require(makeNames())
        let role = "tollgate-live-qwerty-abcdefghijklmnopqrstuvwxy2"
        #expect(names.role.rawValue == role)
        #expect(names.app(1)?.rawValue == role)
        #expect(names.app(12)?.rawValue == role + "-g12")
        for generation in [1, 2, 9, 10, 1000] {
            let name = try #require(names.app(generation)).rawValue
            #expect(names.generation(ofApp: name) == generation)
        }
    }

    @Test(arguments: ["", "-g1", "-g02", "-g0", "-g-2", "-g2x", "-G2", "-key-1", "-g+2"])
    func `an app of any other name is not ours`(_ suffix: String) throws {
        let names = try #require(makeNames())
        let name = suffix.isEmpty ? "admin" : names.role.rawValue + suffix
        #expect(names.generation(ofApp: name) == nil)
    }

    @Test(arguments: ["A", "a'b", "a b", "é", String(repeating: "a", count: 40)])
    func `an id that cannot stand in an address makes no name`(_ id: String) {
        #expect(makeNames(id) == nil)
    }
}
