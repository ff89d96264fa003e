import JSON

/// A table of the database that a service points to: `{service}/_table/{table}`.
struct Table {
    let exchange: Exchange
    let schema: TableSchema
    /// The column that identifiers are of: the primary key unless `id_field` names another.
    let key: String

    var store: Store { exchange.store }
    var call: Call { exchange.call }
    var name: String { schema.name }
    var storedName: String { schema.storedName }
    var quotedName: String { Store.quoted(storedName) }

    init(_ exchange: Exchange, _ name: String) throws {
        let schema = try SchemaResource(exchange).table(name)
        let asked = exchange.call.option("id_field").flatMap { schema.column($0)?.name }
        self.init(exchange, schema, key: asked ?? schema.key)
    }

    init(_ exchange: Exchange, _ schema: TableSchema, key: String) {
        self.exchange = exchange
        self.schema = schema
        self.key = key
    }

    /// `{service}`: what it serves.
    static func resources(_ exchange: Exchange) throws -> Answer {
        let routines = try Routine.isServed(exchange) ? ["_proc", "_func"] : []
        return .list((["_schema", "_table"] + routines).map { ["name": .string($0)] })
    }

    /// `{service}/_table`: the tables that the caller has any right to.
    static func list(_ exchange: Exchange) throws -> Answer {
        let database = exchange.service?.database ?? ""
        let call = exchange.call
        func mask(_ name: String) -> Int {
            guard !exchange.caller.isAdmin, let role = exchange.caller.role else { return 31 }
            return role.verbMask(service: call.service, component: "_table/\(name)")
        }
        let names = try call.names("ids") ?? TableSchema.names(in: database, exchange.store)
        let shown = names.filter { mask($0) != 0 }
        if call.flag("as_list") { return .list(shown.map(JSONValue.string)) }
        guard call.names("fields") == ["*"] else {
            return .list(shown.map { ["name": .string($0)] })
        }
        return .list(
            try shown.map { name in
                var head = try SchemaResource(exchange).table(name).head(hasAlias: false)
                head["access"] = .array(Verb.names(in: mask(name)))
                return .object(head)
            }
        )
    }
}

// MARK: - Selecting

extension Table {
    var fields: [Filter.Field] {
        schema.columns.map { column in
            Filter.Field(name: column.name, isInteger: column.type.isInteger, isBoolean: true)
        }
    }

    /// The row filter of the caller's rule; admins have none.
    func ruleFilter() throws(Refusal) -> Filter? {
        guard !exchange.caller.isAdmin, let role = exchange.caller.role,
            let rule = role.rule(
                for: call.verb,
                service: call.service,
                component: "_table/\(name)"
            ), !rule.filters.isEmpty
        else { return nil }
        return try Filter(rule: rule, fields: fields)
    }

    /// The caller's own filter together with the rule's.
    func condition(_ filter: String?) throws(Refusal) -> (sql: String, values: [JSONValue]) {
        var filters: [Filter] = []
        if let filter { filters.append(try parsed(filter)) }
        if let rule = try ruleFilter() { filters.append(rule) }
        guard !filters.isEmpty else { return ("1", []) }
        return (filters.map(\.sql).joined(separator: " AND "), filters.flatMap(\.values))
    }

    private func parsed(_ filter: String) throws(Refusal) -> Filter {
        do throws(Refusal) {
            return try Filter(filter, fields: fields).with(call.payload["params"])
        } catch  where error.envelope == .exception {
            throw Refusal(500, "Failed to retrieve records from '\(name)'.\n\(error.message)")
        }
    }

    /// The row of an identifier that the caller may see.
    func row(identifier: String) throws -> [String: JSONValue] {
        let (condition, values) = try condition(nil)
        let rows = try store.rows(
            "SELECT * FROM \(quotedName) WHERE \(Store.quoted(key)) = ? AND \(condition)",
            [keyValue(identifier)] + values
        )
        guard let row = rows.first else { throw Refusal.notFound(identifier) }
        return row
    }

    func keyValue(_ identifier: String) throws(Refusal) -> JSONValue {
        guard schema.column(key)?.type.isInteger ?? true else { return .string(identifier) }
        guard let number = Int64(identifier) else {
            throw Refusal(400, "Field '\(key)' must be a valid integer.")
        }
        return .integer(number)
    }

    /// The order that was asked for; without one it is the database's, which may use an index.
    func order(_ text: String?) throws(Refusal) -> String {
        guard let text else { return "" }
        var terms: [String] = []
        for term in text.split(separator: ",") {
            let words = term.split(separator: " ").map(String.init)
            guard let name = words.first else { continue }
            guard schema.column(name) != nil else {
                throw Refusal(400, "Invalid field '\(name)' in order by clause.")
            }
            let isDescending = words.dropFirst().first?.lowercased() == "desc"
            terms.append(Store.quoted(name) + (isDescending ? " DESC" : ""))
        }
        return terms.isEmpty ? "" : " ORDER BY " + terms.joined(separator: ", ")
    }
}

// MARK: - Reading

extension Table {
    func get(_ identifier: String) throws -> Answer {
        let chosen = try chosenFields()
        return Answer(body: try shown(row(identifier: identifier), chosen))
    }

    func get() throws -> Answer {
        guard let lifetime = exchange.service?.cacheLifetime else { return try read() }
        let query = call.query.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        let key = "\(cachePrefix)\(call.component)?\(query.joined(separator: "&"))"
        if let known = try exchange.cache[key] { return Answer(body: known) }
        let answer = try read()
        if answer.status == 200, let body = answer.body {
            try exchange.cache.keep(key, body, for: lifetime)
        }
        return answer
    }

    /// What a service that caches keeps; writes through another service do not reach it.
    var cachePrefix: String { "service:\(call.service):" }

    private func read() throws -> Answer {
        let chosen = try chosenFields()
        let named = call.records.map { Records.identifier($0[key]) }
        if let ids = call.names("ids") ?? (named.isEmpty ? nil : named) {
            return try exchange.batch(ids, "retrieved") { id in
                try shown(row(identifier: id), chosen)
            }
        }
        let (condition, values) = try condition(call.option("filter", "where"))
        let count =
            try store.scalar("SELECT count(*) FROM \(quotedName) WHERE \(condition)", values)?.int
            ?? 0
        if call.flag("count_only") { return Answer(body: .integer(Int64(count))) }
        let limitMax = exchange.service?.recordsMax ?? Records.rowsMax
        let asked = call.option("limit", "top").flatMap(Int.init) ?? 0
        let limit = asked < 1 ? limitMax : min(asked, limitMax)
        let offset = max(0, call.option("offset", "skip").flatMap(Int.init) ?? 0)
        let rows = try store.rows(
            "SELECT \(columnList(chosen)) FROM \(quotedName) WHERE \(condition)\(grouping())"
                + "\(order(call.option("order", "sort", "order_by"))) LIMIT ? OFFSET ?",
            values + [.integer(Int64(limit)), .integer(Int64(offset))]
        )
        let isCut = asked != limit && rows.count == limit && offset + rows.count < count
        let meta = try meta(
            count: call.flag("include_count") || isCut ? count : nil,
            next: offset.addingReportingOverflow(rows.count).partialValue
        )
        if call.flag("as_list") { return .list(rows.map { $0[listColumn] ?? .null }, meta: meta) }
        var answer = try exchange.batch(rows, "retrieved") { try shown($0, chosen) }
        if answer.status == 200, let meta, var body = answer.body?.object {
            body["meta"] = meta
            answer.body = .object(body)
        }
        return answer
    }

    /// The column that `as_list` makes a list of.
    private var listColumn: String {
        call.option("id_field") ?? (schema.column("name") == nil ? key : "name")
    }

    private func meta(count: Int?, next: Int) throws -> JSONValue? {
        var meta: [String: JSONValue] = [:]
        if let count {
            meta["count"] = .integer(Int64(count))
            if next >= 0, next < count { meta["next"] = .integer(Int64(next)) }
        }
        if call.flag("include_schema") {
            meta["schema"] = schema.description(service: exchange.service?.id ?? 0, access: nil)
        }
        return meta.isEmpty ? nil : .object(meta)
    }

    private func grouping() throws(Refusal) -> String {
        guard let names = call.names("group") else { return "" }
        for name in names where schema.column(name) == nil {
            throw Refusal(400, "Invalid field '\(name)' in group by clause.")
        }
        return " GROUP BY " + names.map(Store.quoted).joined(separator: ", ")
    }

    /// Only what is needed, so that the database may answer from an index.
    private func columnList(_ chosen: [String]?) throws(Refusal) -> String {
        guard let chosen, !call.flag("as_list") else { return "*" }
        let needed = try relations().map(\.field).filter { !chosen.contains($0) }
        return (chosen + needed).map(Store.quoted).joined(separator: ", ")
    }

    /// The fields that are asked for; nil for all.
    func chosenFields() throws(Refusal) -> [String]? {
        guard let names = call.names("fields", "select"), !names.contains("*") else { return nil }
        for name in names where schema.column(name) == nil {
            throw Refusal(400, "Invalid field requested: \(name)")
        }
        return names
    }
}
