import DreamFactory
import Foundation
import Simulation
import Subscriptions
import Synchronization
import Testing

@testable import Provisioning

/// A way from one state of rest to another.
enum Flow: String, CaseIterable, Sendable {
    case up, changePlan, upgradeLockedOut, renew, suspend, resume, end, endAsleep, endBeforeStart
    case restore, restoreAtOnce, rotate, rotateAtOnce, rotateAsleep, endWhileRotating
    case rotateThenAtOnce, suspendWhileRotating
    case rebuild, endAgain
    case adopt, adoptedSuspend, adoptedResume, adoptedEnd, adoptedEndAsleep, adoptedRestore
    case adoptedRotate, adoptedRotateAtOnce, adoptedEndWhileRotating

    /// How long an old key lives on.
    static let overlap = Duration.seconds(86_400)

    private var isAdopted: Bool { rawValue.hasPrefix("adopt") }

    func prepare(_ world: World) async throws {
        switch self {
        case .up: return
        case .endBeforeStart:
            world.calibrate()
            return
        default: break
        }
        if isAdopted { try world.adopt() } else { world.wish(.active) }
        if self == .adopt { return }
        try await world.settle()
        switch self {
        case .upgradeLockedOut:
            world.exhaust()
            world.platform.state.withLock { $0.freesLockedOut = false }
        case .renew: world.exhaust()
        case .endWhileRotating, .rotateThenAtOnce, .suspendWhileRotating,
            .adoptedEndWhileRotating:
            try await world.rotate(overlap: Self.overlap)
            try await world.provisioner.converge(World.id)
        case .up, .changePlan, .suspend, .end, .endBeforeStart, .restoreAtOnce, .rotate,
            .rotateAtOnce, .adopt, .adoptedSuspend, .adoptedEnd, .adoptedRestore, .adoptedRotate,
            .adoptedRotateAtOnce:
            break
        case .resume, .endAsleep, .rotateAsleep, .adoptedResume, .adoptedEndAsleep:
            world.wish(.suspended)
            try await world.settle()
        case .restore:
            world.wish(.ended)
            try await world.settle()
        case .rebuild:
            world.platform.state.withLock { ($0.roles, $0.apps, $0.limits) = ([:], [:], [:]) }
        case .endAgain:
            let old = world.platform.state.withLock { ($0.roles, $0.apps) }
            world.wish(.ended)
            try await world.settle()
            world.platform.state.withLock { ($0.roles, $0.apps) = old }
        }
    }

    func act(_ world: World) async throws {
        switch self {
        case .adopt: break
        case .adoptedResume: world.wish(.active)
        case .adoptedSuspend: world.wish(.suspended)
        case .adoptedEnd, .adoptedEndAsleep, .adoptedEndWhileRotating: world.wish(.ended)
        case .adoptedRotate: try await world.rotate(overlap: Self.overlap)
        case .adoptedRotateAtOnce: try await world.rotate(overlap: .zero)
        case .up, .resume, .restore: world.wish(.active)
        case .changePlan, .upgradeLockedOut: world.wish(.active, plan: World.otherPlan)
        case .renew:
            world.wish(.active, allowance: World.allowance + 30 * 86_400)
        case .suspend: world.wish(.suspended)
        case .end, .endAsleep, .endBeforeStart, .endWhileRotating: world.wish(.ended)
        case .rebuild, .endAgain: return try await world.repair()
        case .rotate: try await world.rotate(overlap: Self.overlap)
        case .rotateAtOnce, .rotateThenAtOnce: try await world.rotate(overlap: .zero)
        case .rotateAsleep:
            try await world.rotate(overlap: .zero)
            try await world.settle()
            world.wish(.active)
        case .suspendWhileRotating:
            world.wish(.suspended)
            _ = try? await world.provisioner.converge(World.id)
            world.restart()
            world.wish(.active)
        case .restoreAtOnce, .adoptedRestore:
            world.wish(.ended)
            _ = try? await world.provisioner.converge(World.id)
            world.restart()
            world.wish(.active)
        }
        try await world.settle()
    }

    func check(_ world: World, _ context: Comment) throws {
        switch self {
        case .adopt, .adoptedResume: try world.expectAdopted(isAwake: true, context)
        case .adoptedSuspend: try world.expectAdopted(isAwake: false, context)
        case .adoptedEnd, .adoptedEndAsleep: try world.expectAdoptedGone(context)
        case .adoptedEndWhileRotating:
            try world.expectAdoptedGone(context)
            try world.expectDown(context)
        case .adoptedRotate, .adoptedRotateAtOnce, .adoptedRestore:
            try world.expectAdoptedGone(context)
            try world.expectUp(context)
        case .up, .resume, .rebuild: try world.expectUp(context)
        case .changePlan: try world.expectUp(plan: World.otherPlan, context)
        case .upgradeLockedOut:
            try world.expectUp(plan: World.otherPlan, context)
            let isLocked = world.platform.state.withLock { state in
                state.limits.keys.contains { state.locked.contains($0) }
            }
            #expect(!isLocked, context)
        case .renew:
            try world.expectUp(context)
            let counts = world.platform.state.withLock { state in
                state.limits.values.filter { $0.period == .month }
                    .map { state.counts[$0.id.rawValue] ?? 0 }
            }
            #expect(counts == [0], context)
        case .suspend: try world.expectUp(context, isAwake: false)
        case .end, .endAsleep, .endBeforeStart, .endAgain: try world.expectDown(context)
        case .endWhileRotating: try world.expectDown(generation: 2, context)
        case .rotateThenAtOnce:
            try world.expectUp(generation: 3, context)
            #expect(try world.grant.observed.closedGeneration == 2, context)
        case .restore, .restoreAtOnce, .rotate, .rotateAtOnce, .rotateAsleep, .suspendWhileRotating:
            try world.expectUp(generation: 2, context)
            #expect(try world.grant.observed.closedGeneration == 1, context)
            #expect(world.platform.state.withLock { $0.answer(to: try? world.key(1)) } == .gone)
        }
    }
}

/// For every call of every flow: let it fail in every way, resume, and nothing is lost or twice.
@Suite struct ProvisionerLawTests {
    static let faults: [FakePlatform.Fault] = [
        .refused, .lostBefore, .lostAfter, .late(0.2), .late(5), .late(300), .garbageBefore,
        .garbageAfter, .fault, .crashBefore, .crashAfter, .crashLate(5), .crashLate(300),
    ]

    private func run(_ flow: Flow, failing number: Int?, _ fault: FakePlatform.Fault) async throws
        -> Int
    {
        let world = try World()
        try await flow.prepare(world)
        let before = world.platform.calls.count
        if let number { world.platform.faults.withLock { $0[before + number] = fault } }
        try await flow.act(world)
        try flow.check(world, "\(flow), call \(number ?? -1), \(fault)")
        return world.platform.calls.count - before
    }

    @Test(arguments: Flow.allCases, faults)
    func `whatever fails once, the flow ends as if nothing had`(
        _ flow: Flow,
        _ fault: FakePlatform.Fault
    ) async throws {
        let calls = try await run(flow, failing: nil, fault)
        for number in 0..<calls {
            _ = try await run(flow, failing: number, fault)
        }
    }

    @Test(arguments: Flow.allCases)
    func `many failures end as none would`(_ flow: Flow) async throws {
        for seed in 1...40 {
            var random = Sequence(seed: UInt64(seed))
            let world = try World()
            try await flow.prepare(world)
            let before = world.platform.calls.count
            for number in 0..<25 where random.next() % 3 == 0 {
                let fault = Self.faults[Int(random.next() % UInt64(Self.faults.count))]
                world.platform.faults.withLock { $0[before + number] = fault }
            }
            try await flow.act(world)
            try flow.check(world, "\(flow), seed \(seed)")
        }
    }

    @Test(arguments: 0..<7, faults)
    func `a revocation that meets a failing call is proved all the same`(
        _ number: Int,
        _ fault: FakePlatform.Fault
    ) async throws {
        let world = try World()
        world.calibrate()
        world.platform.faults.withLock { $0[number] = fault }
        world.platform.afterEffect.withLock { hook in
            hook = { [weak world] call, _ in
                if call == number { world?.wish(.ended) }
            }
        }
        world.wish(.active)
        try await world.settle()
        try world.expectDown("call \(number), \(fault)")
        #expect(!world.audit.contains("key.shown"))
    }

    @Test func `a call that fails while access ends does not hold up the end`() async throws {
        let world = try World()
        world.calibrate()
        world.platform.faults.withLock { $0[5] = .lostAfter }
        world.platform.afterEffect.withLock { hook in
            hook = { [weak world] call, _ in if call == 5 { world?.wish(.ended) } }
        }
        world.wish(.active)
        let grant = try #require(try await world.provisioner.converge(World.id))
        #expect(grant.isEndProved)
    }

    @Test(arguments: 0..<7)
    func `a revocation overtakes a provisioning in progress`(_ number: Int) async throws {
        let world = try World()
        world.calibrate()
        world.platform.afterEffect.withLock { hook in
            hook = { [weak world] call, _ in
                if call == number { world?.wish(.ended) }
            }
        }
        world.wish(.active)
        try await world.settle()
        #expect(!world.audit.contains("key.shown"))
        try world.expectDown("call \(number)")
        // Nothing more is made once the revocation is known; only the look-up of a service (call
        // 2) belongs to the creation that follows it.
        let later = world.platform.calls[(number == 2 ? 4 : number + 1)...]
        #expect(!later.contains { [.createRole, .createApp, .createLimit].contains($0) })
    }
}

/// A small generator (SplitMix64), so that a failing seed fails again.
struct Sequence {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var bits = state
        bits = (bits ^ (bits >> 30)) &* 0xbf58_476d_1ce4_e5b9
        bits = (bits ^ (bits >> 27)) &* 0x94d0_49bb_1331_11eb
        return bits ^ (bits >> 31)
    }
}
