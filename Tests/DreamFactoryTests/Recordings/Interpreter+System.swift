import JSON

@testable import DreamFactory

extension Interpreter {
    func system(_ parts: [String]) async throws -> JSONValue {
        switch parts[0] {
        case "role": return try await records(client.roles, parts)
        case "app": return try await records(client.apps, parts)
        case "limit": return try await records(client.limits, parts)
        case "limit_cache": return try await counters(parts)
        case "service": return try await records(client.services, parts)
        case "user": return try await records(client.users, parts)
        case "admin" where parts.count > 1 && Int64(parts[1]) == nil:
            return try await user(.administrators, Array(parts.dropFirst()))
        case "admin": return try await records(client.admins, parts)
        case "service_type": return try await serviceTypes(parts)
        case "environment":
            guard parts.count == 1 else { throw NotOffered.address }
            return try await plain { try await client.environment().json }
        case "cache": return try await cache(parts)
        default: throw NotOffered.address
        }
    }

    private func records<Record: SystemRecord>(
        _ records: SystemRecords<Record>,
        _ parts: [String]
    ) async throws -> JSONValue {
        guard call.method != "PUT" else { throw NotOffered.alias }
        let query = try QueryReader(call.query, others: ["send_invite"])
        guard query.idField == nil else { throw NotOffered.parameter }
        guard parts.count < 3 else { throw NotOffered.address }
        if parts.count == 2 {
            guard let id = Int64(parts[1]).flatMap(RecordID<Record.Subject>.init) else {
                throw NotOffered.address
            }
            return try await one(records, id, query)
        }
        switch call.method {
        case "GET": return try await list(records, query)
        case "POST": return try await create(records, query)
        case "PATCH": return try await change(records, query)
        default:
            guard query.query.filter == nil, call.body == nil else {
                throw NotOffered.systemFilter
            }
            guard let ids = query.ids else { throw NotOffered.hazard }
            return Self.wrapped(
                try await records.delete(
                    ids: query.recordIDs(ids),
                    mode: query.mode,
                    returning: query.returning,
                    as: JSONValue.self
                )
            )
        }
    }

    private func list<Record: SystemRecord>(
        _ records: SystemRecords<Record>,
        _ query: QueryReader
    ) async throws -> JSONValue {
        try only("GET")
        if query.countOnly {
            return .integer(Int64(try await records.count(where: query.query.filter)))
        }
        if let ids = query.ids {
            return Self.wrapped(
                try await records.get(
                    ids: query.recordIDs(ids),
                    fields: query.query.fields,
                    related: query.query.related,
                    mode: query.mode,
                    as: JSONValue.self
                )
            )
        }
        let page = try await records.list(query.query, as: JSONValue.self)
        // What the client knows of the kind must be able to hold every row with an id.
        for row in page.rows where row["id"] != nil {
            guard Wire.decode(row, as: Record.self) != nil else {
                throw PlatformError(.readPages, .unreadable(status: 200))
            }
        }
        return Self.wrapped(page)
    }

    private func one<Record: SystemRecord>(
        _ records: SystemRecords<Record>,
        _ id: RecordID<Record.Subject>,
        _ query: QueryReader
    ) async throws -> JSONValue {
        switch call.method {
        case "GET":
            try only("GET")
            let returning = query.returning
            let row = try await records.get(
                id,
                fields: returning.fields,
                related: returning.related,
                as: JSONValue.self
            )
            guard Wire.decode(row, as: Record.self) != nil || row["id"] == nil else {
                throw PlatformError(.readPages, .unreadable(status: 200))
            }
            return row
        case "PATCH":
            let change = try record()
            try refused(Record.hazards(inChange: change))
            return try await records.update(
                id,
                change,
                returning: query.returning,
                accepting: Set(Hazard.allCases),
                options: query.others.keys.compactMap(CreateOption.init),
                as: JSONValue.self
            )
        case "DELETE":
            guard query.returning == .identifiers else {
                return try await records.delete(id, returning: query.returning, as: JSONValue.self)
            }
            try await records.delete(id)
            return ["id": .integer(id.rawValue)]
        default: throw NotOffered.operation
        }
    }

    private func create<Record: SystemRecord>(
        _ records: SystemRecords<Record>,
        _ query: QueryReader
    ) async throws -> JSONValue {
        let rows = try self.records()
        try refused(rows.flatMap(Record.hazards(inNew:)))
        let made = try await records.create(
            rows,
            mode: query.mode,
            returning: query.returning,
            accepting: Set(Hazard.allCases),
            options: query.others.keys.compactMap(CreateOption.init),
            as: JSONValue.self
        )
        for row in made where Wire.decode(row, as: Record.self) == nil {
            throw PlatformError(.readPages, .unreadable(status: 200))
        }
        return Self.wrapped(made)
    }

    private func change<Record: SystemRecord>(
        _ records: SystemRecords<Record>,
        _ query: QueryReader
    ) async throws -> JSONValue {
        guard query.query.filter == nil else { throw NotOffered.systemFilter }
        guard Record.allowsBulkChange else { throw NotOffered.hazard }
        let changes = try self.records()
        try refused(changes.flatMap(Record.hazards(inChange:)))
        if let ids = query.ids {
            guard changes.count == 1 else { throw NotOffered.noRecord }
            return Self.wrapped(
                try await records.update(
                    ids: query.recordIDs(ids),
                    changes[0],
                    mode: query.mode,
                    returning: query.returning,
                    accepting: Set(Hazard.allCases),
                    as: JSONValue.self
                )
            )
        }
        guard changes.allSatisfy({ $0["id"]?.integer != nil }) else { throw NotOffered.hazard }
        return Self.wrapped(
            try await records.update(
                changes,
                mode: query.mode,
                returning: query.returning,
                accepting: Set(Hazard.allCases),
                as: JSONValue.self
            )
        )
    }

    /// Hazards that no call may accept.
    private func refused(_ hazards: [Hazard]) throws {
        guard hazards.allSatisfy(\.canBeAccepted) else { throw NotOffered.hazard }
    }

    private func counters(_ parts: [String]) async throws -> JSONValue {
        let query = try QueryReader(call.query)
        let id = parts.count > 1 ? Int64(parts[1]).flatMap(RecordID<LimitRecord>.init) : nil
        switch (call.method, id) {
        case ("GET", nil) where call.query.isEmpty && parts.count == 1:
            let counters = try await client.limitCounters.list()
            return Self.wrapped(counters.map(\.json))
        case ("GET", let id?) where call.query.isEmpty:
            return try await client.limitCounters.get(id).json
        case ("DELETE", let id?):
            try await client.limitCounters.clear(id)
            return ["id": .integer(id.rawValue)]
        case ("DELETE", nil):
            guard let ids = query.ids else { throw NotOffered.hazard }
            try await client.limitCounters.clear(query.recordIDs(ids))
            return try answered()
        default: throw NotOffered.operation
        }
    }

    private func serviceTypes(_ parts: [String]) async throws -> JSONValue {
        try only("GET")
        let group = call.query.first { $0.name == "group" }?.value
        let query = try QueryReader(call.query.filter { $0.name != "group" })
        if parts.count == 1 {
            let types = try await client.serviceTypes.list(
                group: group.flatMap(ResourceName.init),
                fields: query.query.fields
            )
            let names = call.answerJSON?["resource"]?.array?.compactMap { $0["name"]?.string }
            guard types.map(\.name) == names else { throw NotOffered.address }
            return try answered()
        }
        guard let name = ResourceName(parts[1]) else { throw NotOffered.address }
        let type = try await client.serviceTypes.get(name, fields: query.query.fields)
        guard type.name == call.answerJSON?["name"]?.string else { throw NotOffered.address }
        return try answered()
    }

    private func cache(_ parts: [String]) async throws -> JSONValue {
        try only("DELETE")
        if parts.count == 1 {
            try await client.cache.clear()
        } else {
            guard let name = ResourceName(parts[1]) else { throw NotOffered.address }
            try await client.cache.clear(name)
        }
        return ["success": true]
    }

    static func wrapped(_ rows: [JSONValue]) -> JSONValue { ["resource": .array(rows)] }

    static func wrapped(_ page: Page<JSONValue>) -> JSONValue {
        var members: [String: JSONValue] = ["resource": .array(page.rows)]
        var meta: [String: JSONValue] = [:]
        meta["count"] = page.count.map { .integer(Int64($0)) }
        meta["next"] = page.next.map { .integer(Int64($0)) }
        meta["schema"] = page.schema
        if !meta.isEmpty { members["meta"] = .object(meta) }
        return .object(members)
    }
}

extension Counter {
    var json: JSONValue {
        var members: [String: JSONValue] = ["id": .integer(id.rawValue)]
        members["key"] = key.map(JSONValue.string)
        members["max"] = max.map { .integer(Int64($0)) }
        members["attempts"] = attempts.map { .integer(Int64($0)) }
        members["remaining"] = remaining.map { .integer(Int64($0)) }
        return .object(members)
    }
}
