import JSON

/// Ask for everything that a role's creation or change wrote.
private let withRelations = "fields=*&related=role_service_access_by_role_id,app_by_role_id"
private let appFields = "fields=id,name,api_key,role_id,is_active"

extension PlatformClient: SystemAPI {
    /// The names of the System API's resources.
    package func capabilities() async throws(PlatformError) -> Capabilities {
        let names = try await list(.listResources, "") { $0["name"]?.string }
        return Capabilities(resources: Set(names))
    }

    /// The service of exactly that name.
    package func service(named name: RecordName) async throws(PlatformError) -> ServiceRecord? {
        let path = "service?\(filter(name))&fields=id,name,type,is_active"
        return try await list(.findService, path, ServiceRecord.init)
            .first { $0.name == name.rawValue }
    }

    /// Creates a role with its rules and its app in one call.
    package func createRole(_ role: NewRole) async throws(PlatformError) -> RoleRecord {
        let created = try await create(
            .createRole,
            "role?\(withRelations)",
            role.json,
            RoleRecord.init
        )
        guard created.name == role.name.rawValue else {
            throw PlatformError(.createRole, .differs)
        }
        return created
    }

    /// The role of exactly that name, with rules and apps.
    package func role(named name: RecordName) async throws(PlatformError) -> RoleRecord? {
        let relations = "related=role_service_access_by_role_id,app_by_role_id"
        return try await list(.findRole, "role?\(filter(name))&\(relations)", RoleRecord.init)
            .first { $0.name == name.rawValue }
    }

    /// Changes whether a role is active and some of its rules; what is not named stays.
    package func changeRole(
        _ id: RecordID<RoleRecord>,
        isActive: Bool,
        rules: [RuleChange]
    ) async throws(PlatformError) -> RoleRecord {
        var body: [String: JSONValue] = ["is_active": .bool(isActive)]
        if !rules.isEmpty {
            body["role_service_access_by_role_id"] = .array(rules.map(\.json))
        }
        return try await one(
            .changeRole,
            "PATCH",
            "role/\(id)?\(withRelations)",
            .object(body)
        ) { json in
            RoleRecord(json).flatMap { $0.id == id ? $0 : nil }
        }
    }

    /// Deletes apps of a role and makes another, all or nothing; it must not be repeated without
    /// looking, because the platform takes an app that is gone for a new one.
    package func swapApps(
        of id: RecordID<RoleRecord>,
        removing old: [RecordID<AppRecord>],
        adding app: NewApp
    ) async throws(PlatformError) -> RoleRecord {
        let removals = old.map { id -> JSONValue in
            ["id": .integer(id.rawValue), "role_id": nil]
        }
        let body: JSONValue = ["app_by_role_id": .array(removals + [.object(app.members)])]
        let path = "role/\(id)?\(withRelations)"
        let role = try await one(.changeRole, "PATCH", path, body) { json in
            RoleRecord(json).flatMap { $0.id == id ? $0 : nil }
        }
        let isThere = role.apps.contains { $0.name == app.name.rawValue && $0.apiKey == app.apiKey }
        guard isThere, !role.apps.contains(where: { old.contains($0.id) }) else {
            throw PlatformError(.changeRole, .differs)
        }
        return role
    }

    /// Deletes a role; a role that is gone already is `notFound`.
    package func deleteRole(_ id: RecordID<RoleRecord>) async throws(PlatformError) {
        try await delete(.deleteRole, "role/\(id)", id.rawValue)
    }

    /// Creates an app on a role; its key may be another one than asked for, where that was taken.
    package func createApp(
        _ app: NewApp,
        on role: RecordID<RoleRecord>
    ) async throws(PlatformError) -> AppRecord {
        let body = app.json(on: role)
        let created = try await create(.createApp, "app?\(appFields)", body, AppRecord.init)
        guard created.name == app.name.rawValue, created.roleID == role else {
            throw PlatformError(.createApp, .differs)
        }
        return created
    }

    /// The app of exactly that name.
    package func app(named name: RecordName) async throws(PlatformError) -> AppRecord? {
        try await list(.findApp, "app?\(filter(name))&\(appFields)", AppRecord.init)
            .first { $0.name == name.rawValue }
    }

    /// Lets an app's key be used, or not.
    package func setApp(
        _ id: RecordID<AppRecord>,
        isActive: Bool
    ) async throws(PlatformError) {
        let path = "app/\(id)?fields=id,is_active"
        let stored = try await one(.changeApp, "PATCH", path, ["is_active": .bool(isActive)]) {
            $0["id"]?.integer == id.rawValue ? $0["is_active"]?.bool : nil
        }
        guard stored == isActive else { throw PlatformError(.changeApp, .differs) }
    }

    /// Deletes an app and with it its key; an app that is gone already is `notFound`.
    package func deleteApp(_ id: RecordID<AppRecord>) async throws(PlatformError) {
        try await delete(.deleteApp, "app/\(id)", id.rawValue)
    }
}

extension PlatformClient {
    /// Creates a limit on a role and compares what the platform says it stored.
    package func createLimit(_ limit: NewLimit) async throws(PlatformError) -> LimitRecord {
        let created = try await create(
            .createLimit,
            "limit?fields=*",
            limit.json,
            LimitRecord.init
        )
        guard limit.isStored(as: created) else { throw PlatformError(.createLimit, .differs) }
        return created
    }

    /// The limits that count a role's calls.
    package func limits(
        ofRole id: RecordID<RoleRecord>
    ) async throws(PlatformError) -> [LimitRecord] {
        try await list(.findLimits, "limit?filter=role_id%3D\(id)", LimitRecord.init)
            .filter { $0.roleID == id }
    }

    /// The limits of exactly that name.
    package func limits(named name: RecordName) async throws(PlatformError) -> [LimitRecord] {
        try await list(.findLimits, "limit?\(filter(name))", LimitRecord.init)
            .filter { $0.name == name.rawValue }
    }

    /// Sets a limit's rate, makes it active, and compares what the platform says it stored.
    package func changeLimit(
        _ id: RecordID<LimitRecord>,
        rate: Int
    ) async throws(PlatformError) -> LimitRecord {
        let body: JSONValue = ["rate": .integer(Int64(rate)), "is_active": true]
        let stored = try await one(
            .changeLimit,
            "PATCH",
            "limit/\(id)?fields=*",
            body,
            LimitRecord.init
        )
        guard stored.id == id, stored.rate == rate, stored.isActive else {
            throw PlatformError(.changeLimit, .differs)
        }
        return stored
    }

    /// Deletes a limit; a limit that is gone already is `notFound`.
    package func deleteLimit(_ id: RecordID<LimitRecord>) async throws(PlatformError) {
        try await delete(.deleteLimit, "limit/\(id)", id.rawValue)
    }

    /// How much of a limit is used.
    package func counter(
        of id: RecordID<LimitRecord>
    ) async throws(PlatformError) -> LimitCounter {
        try await one(.readCounter, "GET", "limit_cache/\(id)", nil) { json in
            LimitCounter(json).flatMap { $0.id == id ? $0 : nil }
        }
    }

    /// Starts a limit's count anew and lifts its lock.
    package func clearCounter(of id: RecordID<LimitRecord>) async throws(PlatformError) {
        try await delete(.clearCounter, "limit_cache/\(id)", id.rawValue)
    }
}

extension PlatformClient {
    private func filter(_ name: RecordName) -> String { "filter=name%3D%27\(name)%27" }

    private func list<Record>(
        _ call: PlatformCall,
        _ path: String,
        _ read: (JSONValue) -> Record?
    ) async throws(PlatformError) -> [Record] {
        let json = try await send(call, "GET", path)
        guard let rows = json["resource"]?.array else {
            throw PlatformError(call, .unreadable(status: 200))
        }
        let records = rows.compactMap(read)
        // A row that cannot be read must not look like a row that is absent.
        guard records.count == rows.count else {
            throw PlatformError(call, .unreadable(status: 200))
        }
        return records
    }

    private func create<Record>(
        _ call: PlatformCall,
        _ path: String,
        _ body: JSONValue,
        _ read: (JSONValue) -> Record?
    ) async throws(PlatformError) -> Record {
        let json = try await send(call, "POST", path, ["resource": [body]])
        guard let rows = json["resource"]?.array, rows.count == 1, let record = read(rows[0])
        else { throw PlatformError(call, .unreadable(status: 200)) }
        return record
    }

    private func one<Record>(
        _ call: PlatformCall,
        _ method: String,
        _ path: String,
        _ body: JSONValue?,
        _ read: (JSONValue) -> Record?
    ) async throws(PlatformError) -> Record {
        guard let record = read(try await send(call, method, path, body)) else {
            throw PlatformError(call, .unreadable(status: 200))
        }
        return record
    }

    private func delete(
        _ call: PlatformCall,
        _ path: String,
        _ id: Int64
    ) async throws(PlatformError) {
        guard try await send(call, "DELETE", path)["id"]?.integer == id else {
            throw PlatformError(call, .unreadable(status: 200))
        }
    }
}
