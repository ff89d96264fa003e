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
