import DreamFactory
import Transport

/// A platform in memory, with the recorded behaviour that the provisioner depends on, faults,
/// late effects and a cache of keys.
///
/// Unchecked, because a history is one task: nothing of it ever runs beside another part of it.
final class SimulatedPlatform: SystemAPI, @unchecked Sendable {
    /// What is stored there.
    struct State {
        var roles: [Int64: RoleRecord] = [:]
        var apps: [Int64: AppRecord] = [:]
        var limits: [Int64: LimitRecord] = [:]
        /// When each limit last began to count.
        var countedSince: [Int64: Double] = [:]
        var counts: [Int64: Int] = [:]
        var nextID: Int64 = 10
    }

    /// A key that a cache lets in from and until a time whatever its app is.
    struct Cached {
        var roleID: RecordID<RoleRecord>?
        var from: Double
        var until: Double
    }

    var state = State()
    /// The apps that were there before, as they were, and their role.
    var legacyApps: [Int64: AppRecord] = [:]
    var legacyRole: RoleRecord?
    var cached: [AppKey: Cached] = [:]
    var cacheFaults: [CacheFault] = []
    var outages: [PlatformTrouble: Double] = [:]
    private var late: [(due: Double, effect: (inout State) throws -> Void)] = []
    /// Whether effects that came late may have undone what the provisioner relied on.
    var hadLateEffect = false

    private let time: () -> Double
    var moment: Double { time() }
    /// Before a call arrives: what goes wrong with it.
    var arriving: (PlatformCall) async -> Fault? = { _ in nil }
    /// After a call took effect and before it is answered.
    var leaving: (PlatformCall) async -> Void = { _ in }
    /// Waits so many seconds.
    var pass: (Double) -> Void = { _ in }
    /// The process dies.
    var onCrash: () -> Void = {}

    init(time: @escaping () -> Double) { self.time = time }

    /// Lets come true what is still on its way.
    func commitLate(until date: Double) {
        let due = late.filter { $0.due <= date }
        guard !due.isEmpty else { return }
        late.removeAll { $0.due <= date }
        for entry in due {
            // What a constraint refuses by then fails silently, as nobody waits for it.
            guard (try? change(entry.effect)) != nil else { continue }
            hadLateEffect = true
        }
    }

    /// What the platform says to a key now.
    func answer(to key: AppKey) -> KeyState {
        let now = time()
        if let entry = cached[key], entry.from <= now, now < entry.until {
            guard let id = entry.roleID, let role = state.roles[id.rawValue] else {
                return .teardownUnfinished
            }
            return role.isActive ? .alive : .asleep
        }
        return stored(key)
    }

    /// What it says without a cache.
    func stored(_ key: AppKey) -> KeyState {
        guard let app = state.apps.values.first(where: { $0.apiKey == key }) else {
            if isOut(.acceptsRandomKeys), key.rawValue.allSatisfy(\.isNumber) { return .alive }
            return .gone
        }
        guard app.isActive else { return .asleep }
        guard let roleID = app.roleID else { return .gone }
        guard let role = state.roles[roleID.rawValue] else { return .teardownUnfinished }
        return role.isActive ? .alive : .asleep
    }

    func isOut(_ outage: PlatformTrouble) -> Bool { outages[outage].map { time() < $0 } ?? false }

    /// All or nothing.
    private func change<T>(_ effect: (inout State) throws -> T) throws -> T {
        var after = state
        let value = try effect(&after)
        let before = state
        state = after
        remember(before)
        return value
    }

    /// A cache that goes wrong goes on with an app that was deleted or put to sleep.
    private func remember(_ before: State) {
        guard !cacheFaults.isEmpty else { return }
        let now = time()
        for (id, app) in before.apps.sorted(by: { $0.key < $1.key }) {
            guard app.isActive, state.apps[id]?.isActive != true, let key = app.apiKey,
                !cacheFaults.isEmpty
            else { continue }
            switch cacheFaults.removeFirst() {
            case .stale(let seconds):
                cached[key] = Cached(roleID: app.roleID, from: now, until: now + seconds)
            case .refilled(let after, let lasting):
                let from = now + after
                cached[key] = Cached(roleID: app.roleID, from: from, until: from + lasting)
            }
        }
    }

    /// Makes one call: the fault if there is one, and the effect.
    func make<T: Sendable>(
        _ call: PlatformCall,
        _ effect: @escaping (inout State) throws -> T
    ) async throws(PlatformError) -> T {
        let fault = await arriving(call)
        commitLate(until: time())
        if isOut(.unreachable) { throw PlatformError(call, .transport(.connectionRefused)) }
        if isOut(.unavailable) { throw PlatformError(call, .unavailable(status: 503)) }
        if isOut(.loginRefused), call != .probeKey {
            throw PlatformError(call, .loginRefused(status: 401))
        }
        let result: Result<T, PlatformError>
        do {
            result = .success(try suffer(fault, call, effect))
        } catch {
            result = .failure(error)
        }
        await leaving(call)
        return try result.get()
    }

    private func suffer<T>(
        _ fault: Fault?,
        _ call: PlatformCall,
        _ effect: @escaping (inout State) throws -> T
    ) throws(PlatformError) -> T {
        switch fault {
        case nil: return try apply(call, effect)
        case .refused: throw PlatformError(call, .transport(.connectionRefused))
        case .lostBefore: throw PlatformError(call, .transport(.timedOut))
        case .lostAfter:
            _ = try apply(call, effect)
            throw PlatformError(call, .transport(.connectionLost))
        case .late(let seconds):
            late.append((time() + seconds, { _ = try effect(&$0) }))
            throw PlatformError(call, .transport(.timedOut))
        case .garbageBefore: throw PlatformError(call, .unreadable(status: 404))
        case .garbageAfter:
            _ = try apply(call, effect)
            throw PlatformError(call, .unreadable(status: 200))
        case .failureBefore: throw PlatformError(call, .fault(status: 500))
        case .failureAfter:
            _ = try apply(call, effect)
            throw PlatformError(call, .fault(status: 500))
        case .slow(let seconds):
            let value = try apply(call, effect)
            pass(seconds)
            return value
        case .crashBefore:
            onCrash()
            throw PlatformError(call, .transport(.cancelled))
        case .crashAfter:
            _ = try apply(call, effect)
            onCrash()
            throw PlatformError(call, .transport(.cancelled))
        case .crashLate(let seconds):
            late.append((time() + seconds, { _ = try effect(&$0) }))
            onCrash()
            throw PlatformError(call, .transport(.cancelled))
        }
    }

    private func apply<T>(
        _ call: PlatformCall,
        _ effect: (inout State) throws -> T
    ) throws(PlatformError) -> T {
        do {
            return try change(effect)
        } catch let refusal as Refusal {
            throw PlatformError(call, refusal.reason)
        } catch {
            throw PlatformError(call, .fault(status: 500))
        }
    }

    struct Refusal: Error {
        let reason: PlatformError.Reason

        init(_ reason: PlatformError.Reason) { self.reason = reason }
    }
}
