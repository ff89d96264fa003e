import DreamFactory
import Foundation
import Synchronization
import Transport

/// A platform in memory, with the recorded behaviour that the provisioner depends on.
final class FakePlatform: SystemAPI {
    /// What goes wrong with one call.
    enum Fault: Hashable, Sendable {
        /// It surely did not arrive.
        case refused
        /// The answer is lost and nothing happened.
        case lostBefore
        /// The answer is lost and it took effect.
        case lostAfter
        /// The answer is lost and it takes effect so many seconds later.
        case late(Double)
        /// It took effect and something else answered.
        case garbageAfter
        /// Something else answered, and nothing happened.
        case garbageBefore
        /// The platform failed inside, and nothing happened.
        case fault
        /// Our process dies before the call arrives.
        case crashBefore
        /// Our process dies after the call took effect.
        case crashAfter
        /// Our process dies and the call takes effect so many seconds later.
        case crashLate(Double)
    }

    struct State {
        var roles: [Int64: RoleRecord] = [:]
        var apps: [Int64: AppRecord] = [:]
        var limits: [Int64: LimitRecord] = [:]
        /// What each limit has counted.
        var counts: [Int64: Int] = [:]
        /// The limits that lock their subscriber out.
        var locked: Set<Int64> = []
        var nextID: Int64 = 10
        var calls: [PlatformCall] = []
        var late: [(due: Date, effect: @Sendable (inout State) throws -> Void)] = []
        /// Keys that a cache still accepts although their app is gone.
        var staleKeys: Set<AppKey> = []
        /// Keys that a cache takes for an app of some role, whatever app has them now.
        var cachedRoles: [AppKey: Int] = [:]
        /// How often a key that sleeps is still accepted.
        var sleepless = 0
        /// Every call fails like this while it is set.
        var outage: PlatformError.Reason?
        /// Every call of these kinds fails like this.
        var failing: [PlatformCall: PlatformError.Reason] = [:]
        var hasLimits = true
        var serviceExists = true
        var randomKeyState = KeyState.gone
        var freesLockedOut = true
    }

    let state = Mutex(State())
    let now: @Sendable () -> Date
    /// Says what goes wrong with the call of this number, counted from 0.
    let faults: Mutex<[Int: Fault]>
    /// Called after the effect of each call, with its number.
    let afterEffect: Mutex<@Sendable (Int, PlatformCall) async -> Void>
    let onCrash: @Sendable () -> Void

    init(
        faults: [Int: Fault] = [:],
        now: @escaping @Sendable () -> Date,
        onCrash: @escaping @Sendable () -> Void
    ) {
        self.faults = Mutex(faults)
        self.now = now
        self.onCrash = onCrash
        afterEffect = Mutex { _, _ in }
    }

    var calls: [PlatformCall] { state.withLock { $0.calls } }

    /// Lets everything come true that is still on its way.
    func commitLate(until date: Date = .distantFuture) {
        state.withLock { state in
            let due = state.late.filter { $0.due <= date }
            state.late.removeAll { $0.due <= date }
            // What a constraint refuses by then fails silently, as nobody waits for it.
            for entry in due { try? entry.effect(&state) }
        }
    }

    /// Makes one call: bookkeeping, the fault if there is one, and the effect.
    private func make<T: Sendable>(
        _ call: PlatformCall,
        _ effect: @escaping @Sendable (inout State) throws -> T
    ) async throws(PlatformError) -> T {
        commitLate(until: now())
        let (number, standing) = state.withLock { state in
            state.calls.append(call)
            return (state.calls.count - 1, state.outage ?? state.failing[call])
        }
        if let standing { throw PlatformError(call, standing) }
        let fault = faults.withLock { $0[number] }
        let result: Result<T, PlatformError>
        do {
            result = .success(try await suffer(fault, call, effect))
        } catch {
            result = .failure(error)
        }
        let hook = afterEffect.withLock { $0 }
        await hook(number, call)
        return try result.get()
    }

    private func suffer<T: Sendable>(
        _ fault: Fault?,
        _ call: PlatformCall,
        _ effect: @escaping @Sendable (inout State) throws -> T
    ) async throws(PlatformError) -> T {
        switch fault {
        case nil: return try apply(call, effect)
        case .refused: throw PlatformError(call, .transport(.connectionRefused))
        case .lostBefore: throw PlatformError(call, .transport(.timedOut))
        case .lostAfter:
            _ = try apply(call, effect)
            throw PlatformError(call, .transport(.connectionLost))
        case .late(let seconds):
            let due = now().addingTimeInterval(seconds)
            state.withLock { $0.late.append((due, { _ = try effect(&$0) })) }
            throw PlatformError(call, .transport(.timedOut))
        case .garbageAfter:
            _ = try apply(call, effect)
            throw PlatformError(call, .unreadable(status: 200))
        case .garbageBefore: throw PlatformError(call, .unreadable(status: 404))
        case .fault: throw PlatformError(call, .fault(status: 500))
        case .crashBefore:
            onCrash()
            throw PlatformError(call, .transport(.cancelled))
        case .crashLate(let seconds):
            let due = now().addingTimeInterval(seconds)
            state.withLock { $0.late.append((due, { _ = try effect(&$0) })) }
            onCrash()
            throw PlatformError(call, .transport(.cancelled))
        case .crashAfter:
            _ = try apply(call, effect)
            onCrash()
            throw PlatformError(call, .transport(.cancelled))
        }
    }

    private func apply<T: Sendable>(
        _ call: PlatformCall,
        _ effect: @Sendable (inout State) throws -> T
    ) throws(PlatformError) -> T {
        do {
            return try state.withLock { state in
                var copy = state
                let value = try effect(&copy)
                state = copy
                return value
            }
        } catch let reason as PlatformError.Reason {
            throw PlatformError(call, reason)
        } catch {
            throw PlatformError(call, .fault(status: 500))
        }
    }
}

extension PlatformError.Reason: Error {}

extension FakePlatform {
    func capabilities() async throws(PlatformError) -> Capabilities {
        try await make(.listResources) { state in
            Capabilities(
                resources: state.hasLimits
                    ? ["role", "app", "limit", "limit_cache"] : ["role", "app"]
            )
        }
    }

    func service(named name: RecordName) async throws(PlatformError) -> ServiceRecord? {
        try await make(.findService) { state in
            guard state.serviceExists, name.rawValue == "shop", let id = RecordID<ServiceRecord>(7)
            else { return nil }
            return ServiceRecord(id: id, name: "shop", type: "sqlite", isActive: true)
        }
    }

    func createRole(_ role: NewRole) async throws(PlatformError) -> RoleRecord {
        try await make(.createRole) { try $0.insert(role) }
    }

    func createRoles(_ roles: [NewRole]) async throws(PlatformError) -> [RoleRecord] {
        try await make(.createRole) { state in try roles.map { try state.insert($0) } }
    }

    func role(_ id: RecordID<RoleRecord>) async throws(PlatformError) -> RoleRecord? {
        try await make(.findRole) { state in
            state.roles[id.rawValue] == nil ? nil : try state.role(id)
        }
    }

    func app(_ id: RecordID<AppRecord>) async throws(PlatformError) -> AppRecord? {
        try await make(.findApp) { $0.apps[id.rawValue] }
    }

    func roles(_ ids: [RecordID<RoleRecord>]) async throws(PlatformError) -> [RoleRecord] {
        try await make(.findRole) { state in
            try ids.filter { state.roles[$0.rawValue] != nil }.map { try state.role($0) }
        }
    }

    func apps(_ ids: [RecordID<AppRecord>]) async throws(PlatformError) -> [AppRecord] {
        try await make(.findApp) { state in ids.compactMap { state.apps[$0.rawValue] } }
    }

    func role(named name: RecordName) async throws(PlatformError) -> RoleRecord? {
        try await make(.findRole) { state in
            let found = state.roles.values.first { $0.name == name.rawValue }
            return try found.map { try state.role($0.id) }
        }
    }

    func changeRole(
        _ id: RecordID<RoleRecord>,
        isActive: Bool,
        rules: [RuleChange]
    ) async throws(PlatformError) -> RoleRecord {
        try await make(.changeRole) { state in
            guard var role = state.roles[id.rawValue] else { throw PlatformError.Reason.notFound }
            role.isActive = isActive
            for change in rules {
                switch change {
                case .add(let rule):
                    role.rules.append(RuleRecord(id: state.makeID(), rule: rule))
                case .set(let row, let rule):
                    role.rules.removeAll { $0.id == row }
                    role.rules.append(RuleRecord(id: row, rule: rule))
                case .remove(let row):
                    // A removal of what is gone leaves an empty rule, as recorded.
                    if role.rules.contains(where: { $0.id == row }) {
                        role.rules.removeAll { $0.id == row }
                    } else {
                        role.rules.append(RuleRecord(id: state.makeID(), rule: nil))
                    }
                }
            }
            state.roles[id.rawValue] = role
            return try state.role(id)
        }
    }

    func swapApps(
        of id: RecordID<RoleRecord>,
        removing old: [RecordID<AppRecord>],
        adding app: NewApp
    ) async throws(PlatformError) -> RoleRecord {
        try await make(.changeRole) { state in
            guard state.roles[id.rawValue] != nil else { throw PlatformError.Reason.notFound }
            for app in old {
                // What is gone is taken for a new app, which lacks a name.
                guard state.apps.removeValue(forKey: app.rawValue) != nil else {
                    throw PlatformError.Reason.fault(status: 500)
                }
            }
            _ = try state.insert(app, on: id)
            return try state.role(id)
        }
    }

    func deleteRole(_ id: RecordID<RoleRecord>) async throws(PlatformError) {
        try await make(.deleteRole) { state in
            guard state.roles.removeValue(forKey: id.rawValue) != nil else {
                throw PlatformError.Reason.notFound
            }
            // SQLite keeps the dead id in the apps; limits go with their role.
            state.limits = state.limits.filter { $0.value.roleID != id }
        }
    }

    func createApp(
        _ app: NewApp,
        on role: RecordID<RoleRecord>
    ) async throws(PlatformError) -> AppRecord {
        try await make(.createApp) { try $0.insert(app, on: role) }
    }

    func app(named name: RecordName) async throws(PlatformError) -> AppRecord? {
        try await make(.findApp) { state in
            state.apps.values.first { $0.name == name.rawValue }
        }
    }

    func setApp(_ id: RecordID<AppRecord>, isActive: Bool) async throws(PlatformError) {
        try await make(.changeApp) { state in
            guard state.apps[id.rawValue] != nil else { throw PlatformError.Reason.notFound }
            state.apps[id.rawValue]?.isActive = isActive
        }
    }

    func deleteApp(_ id: RecordID<AppRecord>) async throws(PlatformError) {
        try await make(.deleteApp) { state in
            guard state.apps.removeValue(forKey: id.rawValue) != nil else {
                throw PlatformError.Reason.notFound
            }
        }
    }

    func createLimit(_ limit: NewLimit) async throws(PlatformError) -> LimitRecord {
        try await make(.createLimit) { try $0.insert(limit) }
    }

    func createLimits(_ limits: [NewLimit]) async throws(PlatformError) -> [LimitRecord] {
        try await make(.createLimit) { state in try limits.map { try state.insert($0) } }
    }

    func limits(ofRole id: RecordID<RoleRecord>) async throws(PlatformError) -> [LimitRecord] {
        try await make(.findLimits) { state in
            guard state.hasLimits else { throw PlatformError.Reason.resourceMissing }
            return state.limits.values.filter { $0.roleID == id }
        }
    }

    func limits(named name: RecordName) async throws(PlatformError) -> [LimitRecord] {
        try await make(.findLimits) { state in
            guard state.hasLimits else { throw PlatformError.Reason.resourceMissing }
            return state.limits.values.filter { $0.name == name.rawValue }
        }
    }

    func changeLimit(
        _ id: RecordID<LimitRecord>,
        rate: Int
    ) async throws(PlatformError) -> LimitRecord {
        try await make(.changeLimit) { state in
            guard var limit = state.limits[id.rawValue] else {
                throw PlatformError.Reason.notFound
            }
            // As recorded, a changed rate frees whoever is locked out.
            if state.freesLockedOut, state.locked.remove(id.rawValue) != nil {
                state.counts[id.rawValue] = 0
            }
            limit.rate = rate
            limit.isActive = true
            state.limits[id.rawValue] = limit
            return limit
        }
    }

    func deleteLimit(_ id: RecordID<LimitRecord>) async throws(PlatformError) {
        try await make(.deleteLimit) { state in
            guard state.limits.removeValue(forKey: id.rawValue) != nil else {
                throw PlatformError.Reason.notFound
            }
        }
    }

    func counter(of id: RecordID<LimitRecord>) async throws(PlatformError) -> LimitCounter {
        try await make(.readCounter) { state in
            guard let limit = state.limits[id.rawValue] else { throw PlatformError.Reason.notFound }
            let isLocked = state.locked.contains(id.rawValue)
            let attempts = isLocked ? limit.rate : state.counts[id.rawValue] ?? 0
            return LimitCounter(id: id, rate: limit.rate, attempts: attempts)
        }
    }

    func clearCounter(of id: RecordID<LimitRecord>) async throws(PlatformError) {
        try await make(.clearCounter) { state in
            guard state.limits[id.rawValue] != nil else { throw PlatformError.Reason.notFound }
            state.counts[id.rawValue] = 0
            state.locked.remove(id.rawValue)
        }
    }

    func probe(_ key: AppKey) async throws(PlatformError) -> KeyState {
        try await make(.probeKey) { state in
            let answer = state.answer(to: key)
            guard answer == .asleep, state.sleepless > 0 else { return answer }
            state.sleepless -= 1
            return .alive
        }
    }
}

extension FakePlatform {
    func roles(withPrefix prefix: RecordName) async throws(PlatformError) -> [RoleRecord] {
        try await make(.findRole) { state in
            try state.roles.values.filter { $0.name.hasPrefix(prefix.rawValue) }
                .map { try state.role($0.id) }
        }
    }

    func apps(withPrefix prefix: RecordName) async throws(PlatformError) -> [AppRecord] {
        try await make(.findApp) { state in
            state.apps.values.filter { $0.name.hasPrefix(prefix.rawValue) }
        }
    }

    func limits(withPrefix prefix: RecordName) async throws(PlatformError) -> [LimitRecord] {
        try await make(.findLimits) { state in
            guard state.hasLimits else { throw PlatformError.Reason.resourceMissing }
            return state.limits.values.filter { $0.name.hasPrefix(prefix.rawValue) }
        }
    }

    func limits(
        ofRoles ids: [RecordID<RoleRecord>]
    ) async throws(PlatformError) -> [LimitRecord] {
        try await make(.findLimits) { state in
            guard state.hasLimits else { throw PlatformError.Reason.resourceMissing }
            return state.limits.values.filter { limit in limit.roleID.map(ids.contains) ?? false }
        }
    }
}

extension FakePlatform.State {
    mutating func makeID<Record>() -> RecordID<Record> {
        nextID += 1
        guard let id = RecordID<Record>(nextID) else { preconditionFailure("ids are positive") }
        return id
    }

    mutating func insert(
        _ app: NewApp,
        on role: RecordID<RoleRecord>
    ) throws -> AppRecord {
        guard !apps.values.contains(where: { $0.name == app.name.rawValue }) else {
            throw PlatformError.Reason.alreadyExists
        }
        let record = AppRecord(
            id: makeID(),
            name: app.name.rawValue,
            apiKey: app.apiKey,
            isActive: app.isActive,
            roleID: role
        )
        apps[record.id.rawValue] = record
        return record
    }

    mutating func insert(_ role: NewRole) throws -> RoleRecord {
        guard !roles.values.contains(where: { $0.name == role.name.rawValue }) else {
            throw PlatformError.Reason.alreadyExists
        }
        let id: RecordID<RoleRecord> = makeID()
        roles[id.rawValue] = RoleRecord(
            id: id,
            name: role.name.rawValue,
            isActive: true,
            rules: role.rules.map { RuleRecord(id: makeID(), rule: $0) },
            apps: []
        )
        _ = try insert(role.app, on: id)
        return try self.role(id)
    }

    mutating func insert(_ limit: NewLimit) throws -> LimitRecord {
        guard hasLimits else { throw PlatformError.Reason.resourceMissing }
        guard roles[limit.roleID.rawValue] != nil else {
            throw PlatformError.Reason.refused(status: 400)
        }
        let isTaken = limits.values.contains {
            $0.roleID == limit.roleID && $0.period == limit.period && $0.verb == limit.verb
        }
        guard !isTaken else { throw PlatformError.Reason.alreadyExists }
        let record = LimitRecord(
            id: makeID(),
            name: limit.name.rawValue,
            roleID: limit.roleID,
            rate: limit.rate,
            period: limit.period,
            verb: limit.verb,
            isActive: true
        )
        limits[record.id.rawValue] = record
        return record
    }

    func role(_ id: RecordID<RoleRecord>) throws -> RoleRecord {
        guard var role = roles[id.rawValue] else { throw PlatformError.Reason.notFound }
        role.apps = apps.values.filter { $0.roleID == id }.sorted {
            $0.id.rawValue < $1.id.rawValue
        }
        return role
    }

    func answer(to key: AppKey?) -> KeyState {
        guard let key else { return .gone }
        if let roleID = cachedRoles[key] {
            return roles[Int64(roleID)] == nil ? .teardownUnfinished : .alive
        }
        guard let app = apps.values.first(where: { $0.apiKey == key }) else {
            if staleKeys.contains(key) { return .alive }
            return key.rawValue.allSatisfy(\.isNumber) ? randomKeyState : .gone
        }
        guard app.isActive else { return .asleep }
        guard let roleID = app.roleID else { return .gone }
        guard let role = roles[roleID.rawValue] else { return .teardownUnfinished }
        return role.isActive ? .alive : .asleep
    }
}
