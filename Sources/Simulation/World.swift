import DreamFactory
import Provisioning
import Subscriptions
import Synchronization

import struct Foundation.Date

/// Provider, server, platform, clock, staff and subscribers of one history.
///
/// Unchecked, because a history is one task: nothing of it ever runs beside another part of it.
final class World: @unchecked Sendable {
    let memory = MemoryStore()
    let platform: SimulatedPlatform
    var provider = SimulatedProvider()
    let keyRing: KeyRing
    let access: AccessDesk
    let clock = WorldClock()
    /// Whether the server asks the provider for what an event is about.
    let fetches: Bool
    var provisioner: Provisioner?

    var callCount = 0
    var faults: [Int: Fault] = [:]
    var during: [Int: [Deed]] = [:]
    var writeCount = 0
    var crashes: [Int: Bool] = [:]
    var deliveryFaults: [Int: DeliveryFault] = [:]
    var deliveries: [(due: Double, event: Int)] = []
    var scheduledCount = 0
    /// Events that are known to the server for sure.
    var acknowledged: Set<Int> = []
    /// Contracts of which the server cannot know all, or not in which order.
    var unclear: Set<Int> = []
    /// Grants that are being worked on.
    var busy: Set<Subscription.ID> = []
    var isSilent = false
    var tokens: [Int: [String]] = [:]

    var violation: String?
    var transcript: [String]?
    var ledger = Ledger()

    init(seed: UInt64, isRecording: Bool) {
        guard let master = MasterKey(hex: String(repeating: "ab", count: 32)) else {
            preconditionFailure("64 hex digits are a master key")
        }
        keyRing = KeyRing(current: master)
        fetches = seed % 2 == 0
        transcript = isRecording ? [] : nil
        platform = SimulatedPlatform { [clock] in clock.time }
        let bytes = Bytes(seed)
        access = AccessDesk(mode: .test, keyRing: keyRing) { bytes.next($0) }
        memory.tables.withLock { tables in
            tables.installation = Installation(
                id: Installation.ID("qwertyabcdefghijklmnopqrst"),
                mode: .test,
                platformOrigin: "http://127.0.0.1:8081",
                createdAt: clock.now
            )
            tables.versions = SimulatedPlans.versions(at: clock.now)
        }
        connect()
    }

    private func connect() {
        platform.pass = { [clock] in clock.time += $0 }
        platform.onCrash = { [memory] in memory.isDead.withLock { $0 = true } }
        platform.arriving = { [unowned self] call in await self.arrive(call) }
        platform.leaving = { [unowned self] call in await self.leave(call) }
    }

    var isDead: Bool { memory.isDead.withLock { $0 } }

    /// The provisioner of the process that lives now.
    func liveProvisioner() -> Provisioner {
        if let provisioner { return provisioner }
        let bytes = Bytes(7)
        let made = Provisioner(
            store: HistoryStore(world: self),
            api: platform,
            mode: .test,
            keyRing: keyRing,
            environment: Provisioner.Environment(
                now: { [clock] in clock.now },
                sleep: { _ in },
                random: { bytes.next($0) },
                jitter: { 0.5 },
                report: { _ in }
            )
        )
        provisioner = made
        return made
    }

    /// Starts a new process, which knows what the store has committed.
    func restart() {
        note { "the server starts again" }
        memory.isDead.withLock { $0 = false }
        provisioner = nil
        clock.time += 1
    }

    func note(_ line: () -> String) {
        guard transcript != nil else { return }
        let seconds = clock.time - WorldClock.start
        transcript?.append("\(Self.text(seconds))  \(line())")
    }

    private static func text(_ seconds: Double) -> String {
        let days = Int(seconds / 86_400)
        let rest = Int((seconds - Double(days) * 86_400) * 100)
        return "day \(days) +\(rest / 100).\(rest % 100 / 10)s"
    }

    func fail(_ sentence: @autoclosure () -> String) {
        guard violation == nil else { return }
        let sentence = sentence()
        violation = sentence
        note { "VIOLATION: \(sentence)" }
    }

    private func arrive(_ call: PlatformCall) async -> Fault? {
        let number = callCount
        callCount += 1
        clock.time += 0.02
        let fault = faults.removeValue(forKey: number)
        note { "  platform: \(call.rawValue)\(fault.map { " — \($0)" } ?? "")" }
        if number % 2 == 0 { await interrupt(number) }
        return fault
    }

    private func leave(_ call: PlatformCall) async {
        checkPlatform()
        let number = callCount - 1
        if number % 2 == 1 { await interrupt(number) }
    }

    /// What happens in the middle of a call.
    private func interrupt(_ number: Int) async {
        guard let deeds = during.removeValue(forKey: number), !isDead else { return }
        for deed in deeds {
            note { "  meanwhile: \(deed)" }
            await perform(deed)
            // A process that died in the middle starts again once the call has come back.
            _ = try? await serve(withPlatform: false)
        }
    }
}

/// True time, and the server's clock.
final class WorldClock: @unchecked Sendable {
    static let start: Double = 1_800_000_000

    var time = start
    var skew: Double = 0

    var now: Date { Date(timeIntervalSince1970: time + skew) }
}

/// Bytes from a seed, for ids and salts.
final class Bytes: @unchecked Sendable {
    private var random: SeededRandom

    init(_ seed: UInt64) { random = SeededRandom(seed ^ 0xb17e5) }

    func next(_ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            withUnsafeBytes(of: random.next()) { bytes.append(contentsOf: $0) }
        }
        return Array(bytes.prefix(count))
    }
}

/// The store of the process under test: it can die before or after any commit, and every commit is
/// looked at.
struct HistoryStore: Store {
    let world: World

    func read<T: Sendable>(
        _ body: @escaping @Sendable (any StoreReader) throws -> T
    ) async throws -> T {
        guard !world.isDead else { throw MemoryStore.Crash() }
        return try await world.memory.read(body)
    }

    func write<T: Sendable>(
        _ body: @escaping @Sendable (any StoreTransaction) throws -> T
    ) async throws -> T {
        let crash = world.isDead ? nil : world.crashes.removeValue(forKey: world.writeCount)
        world.writeCount += 1
        if crash == false {
            world.note { "  the server dies before a commit" }
            world.memory.isDead.withLock { $0 = true }
        }
        let value = try await world.memory.write(body)
        world.checkStore()
        guard crash == true else { return value }
        world.note { "  the server dies after a commit" }
        world.memory.isDead.withLock { $0 = true }
        throw MemoryStore.Crash()
    }
}
