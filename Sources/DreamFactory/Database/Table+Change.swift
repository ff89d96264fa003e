import JSON

extension Table {
    /// Changes the named fields of one row.
    @discardableResult
    package func update<Row: Decodable & Sendable>(
        _ key: RowKey,
        _ change: some Encodable,
        using verb: Verb = .patch,
        returning: Returning = .identifiers,
        as type: Row.Type = JSONValue.self
    ) async throws(PlatformError) -> Row {
        let call = PlatformCall.write("change the row")
        var request = request(call, verb.rawValue, key, returning.items)
        request.body = try Answer.body(call, change)
        return try Answer.one(call, try await client.send(request))
    }

    /// Changes several rows, each by the key that its change holds.
    @discardableResult
    package func update<Row: Decodable & Sendable>(
        _ changes: [some Encodable],
        keyedBy field: FieldName = "id",
        using verb: Verb = .patch,
        mode: BatchMode = .stopAtFirst,
        returning: Returning = .identifiers,
        as type: Row.Type = JSONValue.self
    ) async throws(PlatformError) -> [Row] {
        let call = PlatformCall.write("change the rows")
        let bodies = try Self.bodies(call, changes)
        try Self.check(call, bodies, field)
        return try await send(call, verb.rawValue, bodies, mode.items + returning.items)
    }

    /// Writes one change into several rows.
    @discardableResult
    package func update<Row: Decodable & Sendable>(
        keys: [RowKey],
        _ change: some Encodable,
        using verb: Verb = .patch,
        mode: BatchMode = .stopAtFirst,
        returning: Returning = .identifiers,
        as type: Row.Type = JSONValue.self
    ) async throws(PlatformError) -> [Row] {
        let call = PlatformCall.write("change the rows")
        let items = try Self.items(call, keys) + mode.items + returning.items
        return try await send(call, verb.rawValue, [try Answer.body(call, change)], items)
    }

    /// Writes one change into every row that the filter matches.
    ///
    /// - Returns: The rows that match the filter after the change, so none where the change makes
    ///   them leave it.
    @discardableResult
    package func update<Row: Decodable & Sendable>(
        where filter: Filter,
        _ change: some Encodable,
        using verb: Verb = .patch,
        returning: Returning = .identifiers,
        as type: Row.Type = JSONValue.self
    ) async throws(PlatformError) -> [Row] {
        let call = PlatformCall.write("change the rows")
        let items = [QueryItem("filter", filter.text)] + returning.items
        return try await send(call, verb.rawValue, [try Answer.body(call, change)], items)
    }

    /// Deletes one row; one that is gone already is `notFound`.
    @discardableResult
    package func delete<Row: Decodable & Sendable>(
        _ key: RowKey,
        returning: Returning = .identifiers,
        as type: Row.Type = JSONValue.self
    ) async throws(PlatformError) -> Row {
        let call = PlatformCall.write("delete the row")
        let request = request(call, "DELETE", key, returning.items)
        return try Answer.one(call, try await client.send(request))
    }

    /// Deletes several rows; one that is missing stops it, and those before it stay deleted.
    @discardableResult
    package func delete<Row: Decodable & Sendable>(
        keys: [RowKey],
        mode: BatchMode = .stopAtFirst,
        returning: Returning = .identifiers,
        as type: Row.Type = JSONValue.self
    ) async throws(PlatformError) -> [Row] {
        let call = PlatformCall.write("delete the rows")
        let items = try Self.items(call, keys) + mode.items + returning.items
        return try await send(call, "DELETE", nil, items)
    }

    /// Deletes the rows whose keys are in the records.
    @discardableResult
    package func delete<Row: Decodable & Sendable>(
        _ rows: [some Encodable],
        keyedBy field: FieldName = "id",
        mode: BatchMode = .stopAtFirst,
        returning: Returning = .identifiers,
        as type: Row.Type = JSONValue.self
    ) async throws(PlatformError) -> [Row] {
        let call = PlatformCall.write("delete the rows")
        let bodies = try Self.bodies(call, rows)
        try Self.check(call, bodies, field)
        return try await send(call, "DELETE", bodies, mode.items + returning.items)
    }

    /// Deletes every row that the filter matches, and gives them.
    @discardableResult
    package func delete<Row: Decodable & Sendable>(
        where filter: Filter,
        returning: Returning = .identifiers,
        as type: Row.Type = JSONValue.self
    ) async throws(PlatformError) -> [Row] {
        let call = PlatformCall.write("delete the rows")
        let items = [QueryItem("filter", filter.text)] + returning.items
        return try await send(call, "DELETE", nil, items)
    }

    private static func check(
        _ call: PlatformCall,
        _ bodies: [JSONValue],
        _ field: FieldName
    ) throws(PlatformError) {
        guard bodies.allSatisfy({ !($0[field.rawValue]?.isNull ?? true) }) else {
            throw PlatformError(call, .hazardous(.nothingNamed))
        }
    }

    private func send<Row: Decodable & Sendable>(
        _ call: PlatformCall,
        _ method: String,
        _ bodies: [JSONValue]?,
        _ items: [QueryItem]
    ) async throws(PlatformError) -> [Row] {
        var request = request(call, method, items)
        if let bodies { request.body = ["resource": .array(bodies)] }
        return try Answer.page(call, try await client.send(request)).rows
    }
}
