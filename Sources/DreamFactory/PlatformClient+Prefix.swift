import JSON

/// The records whose names begin alike, or of many ids, page after page.
extension PlatformClient {
    /// The roles whose names begin so, with rules and apps.
    package func roles(
        withPrefix prefix: RecordName
    ) async throws(PlatformError) -> [RoleRecord] {
        let query = RecordQuery(
            filter: try Self.filter(prefix),
            related: [Role.withRules, Role.withApps]
        )
        return try await Self.records(roles.all(query, as: JSONValue.self), RoleRecord.init)
            .filter { $0.name.hasPrefix(prefix.rawValue) }
    }

    /// The apps whose names begin so.
    package func apps(
        withPrefix prefix: RecordName
    ) async throws(PlatformError) -> [AppRecord] {
        let query = RecordQuery(
            filter: try Self.filter(prefix),
            fields: ["id", "name", "api_key", "role_id", "is_active"]
        )
        return try await Self.records(apps.all(query, as: JSONValue.self), AppRecord.init)
            .filter { $0.name.hasPrefix(prefix.rawValue) }
    }

    /// The limits whose names begin so.
    package func limits(
        withPrefix prefix: RecordName
    ) async throws(PlatformError) -> [LimitRecord] {
        let query = RecordQuery(filter: try Self.filter(prefix))
        return try await Self.records(limits.all(query, as: JSONValue.self), LimitRecord.init)
            .filter { $0.name.hasPrefix(prefix.rawValue) }
    }

    /// The limits that count the calls of any of these roles, whatever their names are.
    package func limits(
        ofRoles ids: [RecordID<RoleRecord>]
    ) async throws(PlatformError) -> [LimitRecord] {
        var found: [LimitRecord] = []
        for start in stride(from: 0, to: ids.count, by: Self.idsMax) {
            let part = ids[start..<min(start + Self.idsMax, ids.count)]
            let query = RecordQuery(
                filter: try Self.filter("role_id", part.map(\.rawValue), .findLimits)
            )
            found += try await Self.records(
                limits.all(query, as: JSONValue.self),
                LimitRecord.init
            )
        }
        let wanted = Set(ids)
        return found.filter { limit in limit.roleID.map(wanted.contains) ?? false }
    }

    /// The apps of these ids that there are, whatever their names are.
    package func apps(
        _ ids: [RecordID<AppRecord>]
    ) async throws(PlatformError) -> [AppRecord] {
        var found: [AppRecord] = []
        for start in stride(from: 0, to: ids.count, by: Self.idsMax) {
            let part = ids[start..<min(start + Self.idsMax, ids.count)]
            let query = RecordQuery(
                filter: try Self.filter("id", part.map(\.rawValue), .findApp),
                fields: ["id", "name", "api_key", "role_id", "is_active"]
            )
            found += try await Self.records(apps.all(query, as: JSONValue.self), AppRecord.init)
        }
        let wanted = Set(ids)
        return found.filter { wanted.contains($0.id) }
    }

    /// The roles of these ids that there are, whatever their names are, with rules and apps.
    package func roles(
        _ ids: [RecordID<RoleRecord>]
    ) async throws(PlatformError) -> [RoleRecord] {
        var found: [RoleRecord] = []
        for start in stride(from: 0, to: ids.count, by: Self.idsMax) {
            let part = ids[start..<min(start + Self.idsMax, ids.count)]
            let query = RecordQuery(
                filter: try Self.filter("id", part.map(\.rawValue), .findRole),
                related: [Role.withRules, Role.withApps]
            )
            found += try await Self.records(roles.all(query, as: JSONValue.self), RoleRecord.init)
        }
        let wanted = Set(ids)
        return found.filter { wanted.contains($0.id) }
    }

    private static func filter(
        _ field: FieldName,
        _ ids: [Int64],
        _ call: PlatformCall
    ) throws(PlatformError) -> Filter {
        do {
            return try Filter.isIn(field, ids.map { .integer($0) })
        } catch {
            throw PlatformError(call, .refused(status: 0))
        }
    }

    /// As many ids as an address line surely holds.
    private static let idsMax = 100

    private static func filter(_ prefix: RecordName) throws(PlatformError) -> Filter {
        do {
            return try Filter("name", .like, .text(prefix.rawValue + "%"))
        } catch {
            throw PlatformError(.readPages, .refused(status: 0))
        }
    }

    private static func records<Record>(
        _ rows: RecordSequence<JSONValue>,
        _ read: (JSONValue) -> Record?
    ) async throws(PlatformError) -> [Record] {
        var records: [Record] = []
        var iterator = rows.makeAsyncIterator()
        while let row = try await iterator.next() {
            // A row that cannot be read must not look like a row that is absent.
            guard let record = read(row) else {
                throw PlatformError(.readPages, .unreadable(status: 200))
            }
            records.append(record)
        }
        return records
    }
}
