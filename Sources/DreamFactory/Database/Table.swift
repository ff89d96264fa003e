import JSON

/// The rows of a table: `{service}/_table/{table}`.
///
/// Rows are sent as anything `Encodable` or as `JSONValue`, and come back as `JSONValue` or as any
/// `Decodable` that the call names. There is no call that empties a table.
package struct Table: Sendable {
    let client: PlatformClient
    let service: ResourceName
    let name: ResourceName

    /// With which verb rows are changed; both leave the fields that are not named.
    ///
    /// A role may allow one and not the other.
    package enum Verb: String, Hashable, Sendable {
        case patch = "PATCH"
        case put = "PUT"
    }

    /// Lists rows.
    package func list<Row: Decodable & Sendable>(
        _ query: RecordQuery = RecordQuery(),
        as type: Row.Type = JSONValue.self
    ) async throws(PlatformError) -> Page<Row> {
        let call = PlatformCall.read("list the rows")
        return try Answer.page(call, try await client.send(request(call, "GET", query.items)))
    }

    /// Reads all rows, page after page.
    package func all<Row: Decodable & Sendable>(
        _ query: RecordQuery = RecordQuery(),
        pageSize: Int = 100,
        paging: Paging = .key("id"),
        as type: Row.Type = JSONValue.self
    ) -> RecordSequence<Row> {
        RecordSequence(query: query, pageSize: max(1, pageSize), paging: paging) {
            query throws(PlatformError) in
            try await list(query, as: JSONValue.self)
        }
    }

    /// How many rows there are.
    package func count(where filter: Filter? = nil) async throws(PlatformError) -> Int {
        let call = PlatformCall.read("count the rows")
        var items = [QueryItem("count_only", "true")]
        if let filter { items.append(QueryItem("filter", filter.text)) }
        guard let count = try await client.send(request(call, "GET", items)).int else {
            throw PlatformError(call, .unreadable(status: 200))
        }
        return count
    }

    /// Reads one row.
    package func get<Row: Decodable & Sendable>(
        _ key: RowKey,
        fields: Fields? = nil,
        related: [Related] = [],
        by field: FieldName? = nil,
        as type: Row.Type = JSONValue.self
    ) async throws(PlatformError) -> Row {
        let call = PlatformCall.read("read the row")
        let items = Returning(fields, related: related).items + Self.items(by: field)
        return try Answer.one(call, try await client.send(request(call, "GET", key, items)))
    }

    /// Reads several rows; one that is missing fails the call.
    package func get<Row: Decodable & Sendable>(
        keys: [RowKey],
        fields: Fields? = nil,
        related: [Related] = [],
        by field: FieldName? = nil,
        mode: BatchMode = .stopAtFirst,
        as type: Row.Type = JSONValue.self
    ) async throws(PlatformError) -> [Row] {
        let call = PlatformCall.read("read the rows")
        let items =
            try Self.items(call, keys) + Returning(fields, related: related).items
            + Self.items(by: field) + mode.items
        return try Answer.page(call, try await client.send(request(call, "GET", items))).rows
    }

    /// Creates rows; a column that the table does not have is dropped without a word.
    package func create<Row: Decodable & Sendable>(
        _ rows: [some Encodable],
        mode: BatchMode = .stopAtFirst,
        returning: Returning = .identifiers,
        as type: Row.Type = JSONValue.self
    ) async throws(PlatformError) -> [Row] {
        let call = PlatformCall.write("create the rows")
        let bodies = try Self.bodies(call, rows)
        var request = request(call, "POST", mode.items + returning.items)
        request.body = ["resource": .array(bodies)]
        let page: Page<Row> = try Answer.page(call, try await client.send(request))
        guard page.rows.count == rows.count else {
            throw PlatformError(call, .unreadable(status: 200))
        }
        return page.rows
    }

    func request(
        _ call: PlatformCall,
        _ method: String,
        _ key: RowKey? = nil,
        _ items: [QueryItem] = []
    ) -> PlatformRequest {
        let path =
            [service.rawValue, "_table", name.rawValue] + (key.map { [$0.description] } ?? [])
        return PlatformRequest(call: call, method: method, path: path, query: items)
    }

    func request(
        _ call: PlatformCall,
        _ method: String,
        _ items: [QueryItem]
    ) -> PlatformRequest {
        request(call, method, nil, items)
    }

    static func items(_ call: PlatformCall, _ keys: [RowKey]) throws(PlatformError) -> [QueryItem] {
        guard !keys.isEmpty else { throw PlatformError(call, .hazardous(.nothingNamed)) }
        return [QueryItem("ids", keys.map(\.description).joined(separator: ","))]
    }

    static func items(by field: FieldName?) -> [QueryItem] {
        field.map { [QueryItem("id_field", $0.rawValue)] } ?? []
    }

    static func bodies(
        _ call: PlatformCall,
        _ rows: [some Encodable]
    ) throws(PlatformError) -> [JSONValue] {
        guard !rows.isEmpty else { throw PlatformError(call, .hazardous(.nothingNamed)) }
        var bodies: [JSONValue] = []
        for row in rows { bodies.append(try Answer.body(call, row)) }
        return bodies
    }
}
