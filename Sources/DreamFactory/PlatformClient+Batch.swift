import JSON

/// Calls that make several records, all or nothing.
///
/// Where one is refused, nothing was made, and the error's ``PlatformError/batch`` says which one.
extension PlatformClient {
    /// Creates roles with their rules and apps in one call.
    package func createRoles(_ roles: [NewRole]) async throws(PlatformError) -> [RoleRecord] {
        let relations = "fields=*&related=role_service_access_by_role_id,app_by_role_id"
        let created = try await createAll(
            .createRole,
            "role?rollback=true&\(relations)",
            roles.map(\.json),
            RoleRecord.init
        )
        guard zip(roles, created).allSatisfy({ $0.name.rawValue == $1.name }) else {
            throw PlatformError(.createRole, .differs)
        }
        return created
    }

    /// Creates limits in one call and compares what the platform says it stored.
    package func createLimits(_ limits: [NewLimit]) async throws(PlatformError) -> [LimitRecord] {
        let created = try await createAll(
            .createLimit,
            "limit?rollback=true&fields=*",
            limits.map(\.json),
            LimitRecord.init
        )
        guard zip(limits, created).allSatisfy({ $0.isStored(as: $1) }) else {
            throw PlatformError(.createLimit, .differs)
        }
        return created
    }

    private func createAll<Record>(
        _ call: PlatformCall,
        _ path: String,
        _ bodies: [JSONValue],
        _ read: (JSONValue) -> Record?
    ) async throws(PlatformError) -> [Record] {
        guard !bodies.isEmpty else { throw PlatformError(call, .hazardous(.nothingNamed)) }
        let json = try await send(call, "POST", path, ["resource": .array(bodies)])
        let records = (json["resource"]?.array ?? []).compactMap(read)
        guard records.count == bodies.count else {
            throw PlatformError(call, .unreadable(status: 200))
        }
        return records
    }

    /// The app of that id, whatever its name is.
    package func app(_ id: RecordID<AppRecord>) async throws(PlatformError) -> AppRecord? {
        let path = "app/\(id)?fields=id,name,api_key,role_id,is_active"
        return try await found(.findApp, path) { json in
            AppRecord(json).flatMap { $0.id == id ? $0 : nil }
        }
    }

    /// The role of that id, whatever its name is, with rules and apps.
    package func role(_ id: RecordID<RoleRecord>) async throws(PlatformError) -> RoleRecord? {
        let path = "role/\(id)?related=role_service_access_by_role_id,app_by_role_id"
        return try await found(.findRole, path) { json in
            RoleRecord(json).flatMap { $0.id == id ? $0 : nil }
        }
    }

    private func found<Record>(
        _ call: PlatformCall,
        _ path: String,
        _ read: (JSONValue) -> Record?
    ) async throws(PlatformError) -> Record? {
        let json: JSONValue
        do {
            json = try await send(call, "GET", path)
        } catch {
            guard error.reason == .notFound else { throw error }
            return nil
        }
        guard let record = read(json) else { throw PlatformError(call, .unreadable(status: 200)) }
        return record
    }
}
