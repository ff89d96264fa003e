import DreamFactory

extension SimulatedPlatform {
    /// What is installed.
    func capabilities() async throws(PlatformError) -> Capabilities {
        try await make(.listResources) { [self] _ in
            Capabilities(
                resources: isOut(.noLimits)
                    ? ["role", "app"] : ["role", "app", "limit", "limit_cache"]
            )
        }
    }

    /// The one service, `shop`.
    func service(named name: RecordName) async throws(PlatformError) -> ServiceRecord? {
        try await make(.findService) { [self] _ in
            guard !isOut(.noService), name.rawValue == "shop" else { return nil }
            return RecordID<ServiceRecord>(7).map {
                ServiceRecord(id: $0, name: "shop", type: "sqlite", isActive: true)
            }
        }
    }

    /// Creates a role with its rules and its app.
    func createRole(_ role: NewRole) async throws(PlatformError) -> RoleRecord {
        try await make(.createRole) { try $0.insert(role) }
    }

    /// Creates roles, all or nothing.
    func createRoles(_ roles: [NewRole]) async throws(PlatformError) -> [RoleRecord] {
        try await make(.createRole) { state in try roles.map { try state.insert($0) } }
    }

    /// The role of an id.
    func role(_ id: RecordID<RoleRecord>) async throws(PlatformError) -> RoleRecord? {
        try await make(.findRole) { state in
            state.roles[id.rawValue] == nil ? nil : try state.role(id)
        }
    }

    /// The app of an id.
    func app(_ id: RecordID<AppRecord>) async throws(PlatformError) -> AppRecord? {
        try await make(.findApp) { $0.apps[id.rawValue] }
    }

    /// The roles of these ids.
    func roles(_ ids: [RecordID<RoleRecord>]) async throws(PlatformError) -> [RoleRecord] {
        try await make(.findRole) { state in
            try ids.filter { state.roles[$0.rawValue] != nil }.map { try state.role($0) }
        }
    }

    /// The apps of these ids.
    func apps(_ ids: [RecordID<AppRecord>]) async throws(PlatformError) -> [AppRecord] {
        try await make(.findApp) { state in ids.compactMap { state.apps[$0.rawValue] } }
    }

    /// The role of a name.
    func role(named name: RecordName) async throws(PlatformError) -> RoleRecord? {
        try await make(.findRole) { state in
            let found = state.roles.values.first { $0.name == name.rawValue }
            return try found.map { try state.role($0.id) }
        }
    }

    /// Changes a role; a removal of a rule that is gone leaves an empty one, as recorded.
    func changeRole(
        _ id: RecordID<RoleRecord>,
        isActive: Bool,
        rules: [RuleChange]
    ) async throws(PlatformError) -> RoleRecord {
        try await make(.changeRole) { state in
            guard var role = state.roles[id.rawValue] else { throw Refusal(.notFound) }
            role.isActive = isActive
            for change in rules {
                switch change {
                case .add(let rule):
                    role.rules.append(RuleRecord(id: try state.makeID(), rule: rule))
                case .set(let row, let rule):
                    role.rules.removeAll { $0.id == row }
                    role.rules.append(RuleRecord(id: row, rule: rule))
                case .remove(let row):
                    if role.rules.contains(where: { $0.id == row }) {
                        role.rules.removeAll { $0.id == row }
                    } else {
                        role.rules.append(RuleRecord(id: try state.makeID(), rule: nil))
                    }
                }
            }
            state.roles[id.rawValue] = role
            return try state.role(id)
        }
    }

    /// Deletes apps and makes another; one that is gone is taken for a new app without a name.
    func swapApps(
        of id: RecordID<RoleRecord>,
        removing old: [RecordID<AppRecord>],
        adding app: NewApp
    ) async throws(PlatformError) -> RoleRecord {
        try await make(.changeRole) { state in
            guard state.roles[id.rawValue] != nil else { throw Refusal(.notFound) }
            for app in old {
                guard state.apps.removeValue(forKey: app.rawValue) != nil else {
                    throw Refusal(.fault(status: 500))
                }
            }
            _ = try state.insert(app, on: id)
            return try state.role(id)
        }
    }

    /// Deletes a role and its limits; its apps keep the dead id, as on SQLite.
    func deleteRole(_ id: RecordID<RoleRecord>) async throws(PlatformError) {
        try await make(.deleteRole) { state in
            guard state.roles.removeValue(forKey: id.rawValue) != nil else {
                throw Refusal(.notFound)
            }
            state.limits = state.limits.filter { $0.value.roleID != id }
        }
    }

    /// Creates an app.
    func createApp(
        _ app: NewApp,
        on role: RecordID<RoleRecord>
    ) async throws(PlatformError) -> AppRecord {
        try await make(.createApp) { try $0.insert(app, on: role) }
    }

    /// The app of a name.
    func app(named name: RecordName) async throws(PlatformError) -> AppRecord? {
        try await make(.findApp) { state in
            state.apps.values.first { $0.name == name.rawValue }
        }
    }

    /// Lets an app's key be used, or not.
    func setApp(
        _ id: RecordID<AppRecord>,
        isActive: Bool
    ) async throws(PlatformError) {
        try await make(.changeApp) { state in
            guard state.apps[id.rawValue] != nil else { throw Refusal(.notFound) }
            state.apps[id.rawValue]?.isActive = isActive
        }
    }

    /// Deletes an app.
    func deleteApp(_ id: RecordID<AppRecord>) async throws(PlatformError) {
        try await make(.deleteApp) { state in
            guard state.apps.removeValue(forKey: id.rawValue) != nil else {
                throw Refusal(.notFound)
            }
        }
    }
}

extension SimulatedPlatform {
    /// Creates a limit; one of each period and verb fits on a role.
    func createLimit(_ limit: NewLimit) async throws(PlatformError) -> LimitRecord {
        try await make(.createLimit) { [self] state in
            try requireLimits()
            return try state.insert(limit, moment)
        }
    }

    /// Creates limits, all or nothing.
    func createLimits(_ limits: [NewLimit]) async throws(PlatformError) -> [LimitRecord] {
        try await make(.createLimit) { [self] state in
            try requireLimits()
            return try limits.map { try state.insert($0, moment) }
        }
    }

    /// The limits of a role.
    func limits(
        ofRole id: RecordID<RoleRecord>
    ) async throws(PlatformError) -> [LimitRecord] {
        try await limits { $0.roleID == id }
    }

    /// The limits of a name.
    func limits(named name: RecordName) async throws(PlatformError) -> [LimitRecord] {
        try await limits { $0.name == name.rawValue }
    }

    /// The limits of several roles.
    func limits(
        ofRoles ids: [RecordID<RoleRecord>]
    ) async throws(PlatformError) -> [LimitRecord] {
        try await limits { limit in limit.roleID.map(ids.contains) ?? false }
    }

    /// The limits whose names begin so.
    func limits(
        withPrefix prefix: RecordName
    ) async throws(PlatformError) -> [LimitRecord] {
        try await limits { $0.name.hasPrefix(prefix.rawValue) }
    }

    /// The roles whose names begin so.
    func roles(withPrefix prefix: RecordName) async throws(PlatformError) -> [RoleRecord] {
        try await make(.findRole) { state in
            try state.roles.values.filter { $0.name.hasPrefix(prefix.rawValue) }
                .sorted { $0.id.rawValue < $1.id.rawValue }.map { try state.role($0.id) }
        }
    }

    /// The apps whose names begin so.
    func apps(withPrefix prefix: RecordName) async throws(PlatformError) -> [AppRecord] {
        try await make(.findApp) { state in
            state.apps.values.filter { $0.name.hasPrefix(prefix.rawValue) }
                .sorted { $0.id.rawValue < $1.id.rawValue }
        }
    }

    private func limits(
        _ isWanted: @escaping (LimitRecord) -> Bool
    ) async throws(PlatformError) -> [LimitRecord] {
        try await make(.findLimits) { [self] state in
            try requireLimits()
            return state.limits.values.filter(isWanted).sorted { $0.id.rawValue < $1.id.rawValue }
        }
    }

    /// Sets the rate of a limit.
    func changeLimit(
        _ id: RecordID<LimitRecord>,
        rate: Int
    ) async throws(PlatformError) -> LimitRecord {
        try await make(.changeLimit) { [self] state in
            try requireLimits()
            guard var limit = state.limits[id.rawValue] else { throw Refusal(.notFound) }
            limit.rate = rate
            limit.isActive = true
            state.limits[id.rawValue] = limit
            return limit
        }
    }

    /// Deletes a limit.
    func deleteLimit(_ id: RecordID<LimitRecord>) async throws(PlatformError) {
        try await make(.deleteLimit) { [self] state in
            try requireLimits()
            guard state.limits.removeValue(forKey: id.rawValue) != nil else {
                throw Refusal(.notFound)
            }
        }
    }

    /// What a limit has counted.
    func counter(
        of id: RecordID<LimitRecord>
    ) async throws(PlatformError) -> LimitCounter {
        try await make(.readCounter) { [self] state in
            try requireLimits()
            guard let limit = state.limits[id.rawValue] else { throw Refusal(.notFound) }
            let attempts = state.counts[id.rawValue] ?? limit.rate
            return LimitCounter(id: id, rate: limit.rate, attempts: attempts)
        }
    }

    /// Begins a limit's count anew.
    func clearCounter(of id: RecordID<LimitRecord>) async throws(PlatformError) {
        try await make(.clearCounter) { [self] state in
            try requireLimits()
            guard state.limits[id.rawValue] != nil else { throw Refusal(.notFound) }
            state.counts[id.rawValue] = 0
            state.countedSince[id.rawValue] = moment
        }
    }

    /// What the platform does with a key.
    func probe(_ key: AppKey) async throws(PlatformError) -> KeyState {
        try await make(.probeKey) { [self] _ in answer(to: key) }
    }

    private func requireLimits() throws {
        guard !isOut(.noLimits) else { throw Refusal(.resourceMissing) }
    }
}

extension SimulatedPlatform.State {
    mutating func makeID<Record>() throws -> RecordID<Record> {
        nextID += 1
        guard let id = RecordID<Record>(nextID) else {
            throw SimulatedPlatform.Refusal(.fault(status: 500))
        }
        return id
    }

    mutating func insert(
        _ app: NewApp,
        on role: RecordID<RoleRecord>
    ) throws -> AppRecord {
        guard !apps.values.contains(where: { $0.name == app.name.rawValue }) else {
            throw SimulatedPlatform.Refusal(.alreadyExists)
        }
        let record = AppRecord(
            id: try makeID(),
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
            throw SimulatedPlatform.Refusal(.alreadyExists)
        }
        let id: RecordID<RoleRecord> = try makeID()
        roles[id.rawValue] = RoleRecord(
            id: id,
            name: role.name.rawValue,
            isActive: true,
            rules: try role.rules.map { RuleRecord(id: try makeID(), rule: $0) },
            apps: []
        )
        _ = try insert(role.app, on: id)
        return try self.role(id)
    }

    mutating func insert(_ limit: NewLimit, _ moment: Double) throws -> LimitRecord {
        guard roles[limit.roleID.rawValue] != nil else {
            throw SimulatedPlatform.Refusal(.refused(status: 400))
        }
        let isTaken = limits.values.contains {
            $0.roleID == limit.roleID && $0.period == limit.period && $0.verb == limit.verb
        }
        guard !isTaken else { throw SimulatedPlatform.Refusal(.alreadyExists) }
        let record = LimitRecord(
            id: try makeID(),
            name: limit.name.rawValue,
            roleID: limit.roleID,
            rate: limit.rate,
            period: limit.period,
            verb: limit.verb,
            isActive: true
        )
        limits[record.id.rawValue] = record
        countedSince[record.id.rawValue] = moment
        return record
    }

    func role(_ id: RecordID<RoleRecord>) throws -> RoleRecord {
        guard var role = roles[id.rawValue] else { throw SimulatedPlatform.Refusal(.notFound) }
        role.apps = apps.values.filter { $0.roleID == id }.sorted {
            $0.id.rawValue < $1.id.rawValue
        }
        return role
    }
}
