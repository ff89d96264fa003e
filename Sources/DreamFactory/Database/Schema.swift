import JSON

/// The description of a database's tables: `{service}/_schema`.
package struct Schema: Sendable {
    let client: PlatformClient
    let service: ResourceName

    /// The names of the tables; `refreshing` makes the platform look at the database anew.
    package func names(refreshing: Bool = false) async throws(PlatformError) -> [String] {
        let call = PlatformCall.read("list the tables")
        let items = refreshing ? [QueryItem("refresh", "true")] : []
        let page: Page<Named> = try Answer.page(call, try await send(call, "GET", [], items))
        return page.rows.map(\.name)
    }

    /// The descriptions of the named tables, or of all.
    package func tables<Row: Decodable & Sendable>(
        _ names: [ResourceName]? = nil,
        as type: Row.Type = TableSchema.self
    ) async throws(PlatformError) -> [Row] {
        let call = PlatformCall.read("describe the tables")
        let items =
            try names.map { names throws(PlatformError) in
                try Self.items(call, names)
            } ?? [QueryItem("fields", "*")]
        return try Answer.page(call, try await send(call, "GET", [], items)).rows
    }

    /// The description of one table.
    package func table<Row: Decodable & Sendable>(
        _ name: ResourceName,
        as type: Row.Type = TableSchema.self
    ) async throws(PlatformError) -> Row {
        let call = PlatformCall.read("describe the table")
        return try Answer.one(call, try await send(call, "GET", [name]))
    }

    /// Creates tables; gives their names only, where nothing else is asked for.
    ///
    /// To a table that exists the columns are added, unless `failingIfPresent` forbids it.
    @discardableResult
    package func create<Row: Decodable & Sendable>(
        _ tables: [some Encodable],
        failingIfPresent: Bool = false,
        returning: Returning = .identifiers,
        as type: Row.Type = TableSchema.self
    ) async throws(PlatformError) -> [Row] {
        let call = PlatformCall.write("create the tables")
        let body = try Self.wrapped(call, tables)
        let items = (failingIfPresent ? [QueryItem("check_exist", "true")] : []) + returning.items
        return try Answer.page(call, try await send(call, "POST", [], items, body)).rows
    }

    /// Adds columns to a table and changes those it has; none is dropped.
    @discardableResult
    package func alter<Row: Decodable & Sendable>(
        _ name: ResourceName,
        _ change: some Encodable,
        returning: Returning = .identifiers,
        as type: Row.Type = TableSchema.self
    ) async throws(PlatformError) -> Row {
        let call = PlatformCall.write("alter the table")
        let body = try Answer.body(call, change)
        return try Answer.one(call, try await send(call, "PATCH", [name], returning.items, body))
    }

    /// Alters several tables, each by the name in its description; no column is dropped.
    @discardableResult
    package func alter<Row: Decodable & Sendable>(
        _ changes: [some Encodable],
        as type: Row.Type = TableSchema.self
    ) async throws(PlatformError) -> [Row] {
        let call = PlatformCall.write("alter the tables")
        let body = try Self.wrapped(call, changes)
        return try Answer.page(call, try await send(call, "PATCH", [], [], body)).rows
    }

    /// Makes a table as described and drops every column that is not named.
    ///
    /// The data is gone even where the platform answers with a failure. A description without any
    /// column drops none.
    package func replace<Row: Decodable & Sendable>(
        _ name: ResourceName,
        with description: some Encodable,
        accepting: Set<Hazard>,
        as type: Row.Type = TableSchema.self
    ) async throws(PlatformError) -> Row {
        let call = PlatformCall.write("replace the table's schema")
        let body = try Answer.body(call, description)
        try accepting.check(call, body["field"] == nil ? [] : [.columnsDropped])
        return try Answer.one(call, try await send(call, "PUT", [name], [], body))
    }

    /// Drops a table and what is in it.
    package func drop(
        _ name: ResourceName,
        accepting: Set<Hazard>
    ) async throws(PlatformError) {
        let call = PlatformCall.write("drop the table")
        try accepting.check(call, [.dataDropped])
        try Answer.success(call, try await send(call, "DELETE", [name]))
    }

    /// Drops several tables and what is in them.
    @discardableResult
    package func drop(
        _ names: [ResourceName],
        accepting: Set<Hazard>
    ) async throws(PlatformError) -> [String] {
        let call = PlatformCall.write("drop the tables")
        try accepting.check(call, [.dataDropped])
        let items = try Self.items(call, names)
        let page: Page<Named> = try Answer.page(call, try await send(call, "DELETE", [], items))
        return page.rows.map(\.name)
    }

    func send(
        _ call: PlatformCall,
        _ method: String,
        _ parts: [ResourceName],
        _ items: [QueryItem] = [],
        _ body: JSONValue? = nil
    ) async throws(PlatformError) -> JSONValue {
        let path = [service.rawValue, "_schema"] + parts.map(\.rawValue)
        return try await client.send(
            PlatformRequest(call: call, method: method, path: path, query: items, body: body)
        )
    }

    static func items(
        _ call: PlatformCall,
        _ names: [ResourceName]
    ) throws(PlatformError) -> [QueryItem] {
        guard !names.isEmpty else { throw PlatformError(call, .hazardous(.nothingNamed)) }
        return [QueryItem("ids", names.map(\.rawValue).joined(separator: ","))]
    }

    static func wrapped(
        _ call: PlatformCall,
        _ descriptions: [some Encodable]
    ) throws(PlatformError) -> JSONValue {
        ["resource": .array(try Table.bodies(call, descriptions))]
    }
}
