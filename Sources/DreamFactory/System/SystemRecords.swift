import JSON

/// The records of one kind at the platform: ``PlatformClient/roles`` and its like.
///
/// Records are sent as anything `Encodable` or as `JSONValue`, and come back as the kind's own type
/// or as any `Decodable` that the call names.
package struct SystemRecords<Record: SystemRecord>: Sendable {
    let client: PlatformClient

    /// An id of such a record.
    package typealias ID = RecordID<Record.Subject>

    /// Lists records.
    package func list<Row: Decodable & Sendable>(
        _ query: RecordQuery = RecordQuery(),
        as type: Row.Type
    ) async throws(PlatformError) -> Page<Row> {
        let call = PlatformCall.read("list the \(Record.noun)s")
        let json = try await client.send(request(call, "GET", query: query.items))
        return try page(call, json)
    }

    /// Reads all records, page after page, by their ids.
    package func all<Row: Decodable & Sendable>(
        _ query: RecordQuery = RecordQuery(),
        pageSize: Int = 100,
        paging: Paging = .key("id"),
        as type: Row.Type
    ) -> RecordSequence<Row> {
        RecordSequence(query: query, pageSize: max(1, pageSize), paging: paging) {
            query throws(PlatformError) in
            try await list(query, as: JSONValue.self)
        }
    }

    /// How many records there are.
    package func count(where filter: Filter? = nil) async throws(PlatformError) -> Int {
        let call = PlatformCall.read("count the \(Record.noun)s")
        var items = [QueryItem("count_only", "true")]
        if let filter { items.append(QueryItem("filter", filter.text)) }
        guard let count = try await client.send(request(call, "GET", query: items)).int else {
            throw PlatformError(call, .unreadable(status: 200))
        }
        return count
    }

    /// Reads one record.
    package func get<Row: Decodable & Sendable>(
        _ id: ID,
        fields: Fields? = nil,
        related: [Related] = [],
        as type: Row.Type
    ) async throws(PlatformError) -> Row {
        let call = PlatformCall.read("read the \(Record.noun)")
        let items = Returning(fields, related: related).items
        let json = try await client.send(request(call, "GET", id, query: items))
        return try one(call, json)
    }

    /// Reads several records; one that is missing fails the call.
    package func get<Row: Decodable & Sendable>(
        ids: [ID],
        fields: Fields? = nil,
        related: [Related] = [],
        mode: BatchMode = .stopAtFirst,
        as type: Row.Type
    ) async throws(PlatformError) -> [Row] {
        let call = PlatformCall.read("read the \(Record.noun)s")
        let items =
            try ids.items(call) + Returning(fields, related: related).items + mode.items
        return try page(call, try await client.send(request(call, "GET", query: items))).rows
    }

    /// Creates records; each failure's fate stands in the error's ``PlatformError/batch``.
    package func create<Row: Decodable & Sendable>(
        _ records: [some Encodable],
        mode: BatchMode = .stopAtFirst,
        returning: Returning = .identifiers,
        accepting: Set<Hazard> = [],
        options: [CreateOption] = [],
        as type: Row.Type
    ) async throws(PlatformError) -> [Row] {
        let call = PlatformCall.write("create the \(Record.noun)s")
        let bodies = try bodies(call, records)
        try accepting.check(call, bodies.flatMap(Record.hazards(inNew:)))
        var request = request(call, "POST", query: mode.items + returning.items)
        request.query += options.map { QueryItem($0.rawValue, "true") }
        request.body = ["resource": .array(bodies)]
        let page: Page<Row> = try page(call, try await client.send(request))
        guard page.rows.count == records.count else {
            throw PlatformError(call, .unreadable(status: 200))
        }
        return page.rows
    }

    /// Changes the named fields of one record; all others stay.
    package func update<Row: Decodable & Sendable>(
        _ id: ID,
        _ change: some Encodable,
        returning: Returning = .identifiers,
        accepting: Set<Hazard> = [],
        options: [CreateOption] = [],
        as type: Row.Type
    ) async throws(PlatformError) -> Row {
        let call = PlatformCall.write("change the \(Record.noun)")
        let body = try body(call, change)
        try accepting.check(call, Record.hazards(inChange: body))
        var request = request(call, "PATCH", id, query: returning.items)
        request.query += options.map { QueryItem($0.rawValue, "true") }
        request.body = body
        return try one(call, try await client.send(request))
    }

    /// Changes several records, each by the id that its change holds.
    package func update<Row: Decodable & Sendable>(
        _ changes: [some Encodable],
        mode: BatchMode = .stopAtFirst,
        returning: Returning = .identifiers,
        accepting: Set<Hazard> = [],
        as type: Row.Type
    ) async throws(PlatformError) -> [Row] {
        let call = PlatformCall.write("change the \(Record.noun)s")
        let bodies = try bodies(call, changes)
        guard bodies.allSatisfy({ ($0["id"]?.integer ?? 0) > 0 }) else {
            throw PlatformError(call, .hazardous(.nothingNamed))
        }
        return try await change(call, bodies, [], mode, returning, accepting)
    }

    /// Writes one change into several records.
    package func update<Row: Decodable & Sendable>(
        ids: [ID],
        _ change: some Encodable,
        mode: BatchMode = .stopAtFirst,
        returning: Returning = .identifiers,
        accepting: Set<Hazard> = [],
        as type: Row.Type
    ) async throws(PlatformError) -> [Row] {
        let call = PlatformCall.write("change the \(Record.noun)s")
        let items = try ids.items(call)
        let bodies = [try body(call, change)]
        return try await self.change(call, bodies, items, mode, returning, accepting)
    }

    /// Deletes one record; one that is gone already is `notFound`.
    package func delete(_ id: ID) async throws(PlatformError) {
        let call = PlatformCall.write("delete the \(Record.noun)")
        guard try await client.send(request(call, "DELETE", id))["id"]?.integer == id.rawValue
        else { throw PlatformError(call, .unreadable(status: 200)) }
    }

    /// Deletes one record and gives what it was.
    package func delete<Row: Decodable & Sendable>(
        _ id: ID,
        returning: Returning,
        as type: Row.Type
    ) async throws(PlatformError) -> Row {
        let call = PlatformCall.write("delete the \(Record.noun)")
        return try one(
            call,
            try await client.send(request(call, "DELETE", id, query: returning.items))
        )
    }

    /// Deletes several records.
    package func delete<Row: Decodable & Sendable>(
        ids: [ID],
        mode: BatchMode = .stopAtFirst,
        returning: Returning = .identifiers,
        as type: Row.Type
    ) async throws(PlatformError) -> [Row] {
        let call = PlatformCall.write("delete the \(Record.noun)s")
        let items = try ids.items(call) + mode.items + returning.items
        return try page(call, try await client.send(request(call, "DELETE", query: items))).rows
    }
}

/// What else happens with a new or changed record.
package enum CreateOption: String, Hashable, Sendable {
    /// A user gets an invitation by mail.
    case sendInvite = "send_invite"
}

extension SystemRecords {
    private func change<Row: Decodable & Sendable>(
        _ call: PlatformCall,
        _ bodies: [JSONValue],
        _ items: [QueryItem],
        _ mode: BatchMode,
        _ returning: Returning,
        _ accepting: Set<Hazard>
    ) async throws(PlatformError) -> [Row] {
        // The platform writes the first limit's role into all, whichever way several are named.
        guard Record.allowsBulkChange else {
            throw PlatformError(call, .hazardous(.limitsInBulk))
        }
        try accepting.check(call, bodies.flatMap(Record.hazards(inChange:)))
        var request = request(call, "PATCH", query: items + mode.items + returning.items)
        request.body = ["resource": .array(bodies)]
        return try page(call, try await client.send(request)).rows
    }

    func request(
        _ call: PlatformCall,
        _ method: String,
        _ id: ID? = nil,
        query: [QueryItem] = []
    ) -> PlatformRequest {
        let path = ["system", Record.resource] + (id.map { [$0.description] } ?? [])
        return PlatformRequest(call: call, method: method, path: path, query: query)
    }

    private func bodies(
        _ call: PlatformCall,
        _ records: [some Encodable]
    ) throws(PlatformError) -> [JSONValue] {
        guard !records.isEmpty else { throw PlatformError(call, .hazardous(.nothingNamed)) }
        var bodies: [JSONValue] = []
        for record in records { bodies.append(try body(call, record)) }
        return bodies
    }

    private func body(
        _ call: PlatformCall,
        _ record: some Encodable
    ) throws(PlatformError) -> JSONValue {
        try Answer.body(call, record)
    }

    private func page<Row: Decodable & Sendable>(
        _ call: PlatformCall,
        _ json: JSONValue
    ) throws(PlatformError) -> Page<Row> {
        try Answer.page(call, json)
    }

    private func one<Row: Decodable & Sendable>(
        _ call: PlatformCall,
        _ json: JSONValue
    ) throws(PlatformError) -> Row {
        try Answer.one(call, json)
    }
}
