import JSON

/// A table of the database that a service points to: `{service}/_table/{table}`.
struct Table {
    struct Column {
        let name: String
        let isInteger: Bool
        let isRequired: Bool
        let hasDefault: Bool
    }

    let exchange: Exchange
    /// The table's name as callers know it.
    let name: String
    /// The table's name in the sandbox's database.
    let storedName: String
    let columns: [Column]
    /// The primary key's column.
    let key: String

    var store: Store { exchange.store }
    var call: Call { exchange.call }
    var quotedName: String { Store.quoted(storedName) }

    init(_ exchange: Exchange, _ name: String) throws {
        self.exchange = exchange
        let prefix = (exchange.service?.database ?? "") + "/"
        let found = try exchange.store.scalar(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND lower(name) = lower(?)",
            [.string(prefix + name)]
        )
        guard let storedName = found?.string else {
            throw Refusal(404, "Table \"\(name)\" does not exist in the database.")
        }
        self.storedName = storedName
        self.name = String(storedName.dropFirst(prefix.count))
        let info = try exchange.store.rows(
            "SELECT name, type, \"notnull\", dflt_value, pk FROM pragma_table_info(?) ORDER BY cid",
            [.string(storedName)]
        )
        columns = info.map { row in
            Column(
                name: row["name"]?.string ?? "",
                isInteger: row["type"]?.string?.uppercased().contains("INT") ?? false,
                isRequired: row["notnull"]?.int == 1,
                hasDefault: row["dflt_value"]?.isNull == false
            )
        }
        key = info.first { $0["pk"]?.int == 1 }?["name"]?.string ?? "rowid"
    }

    /// `{service}`: what it serves.
    static func resources(_ exchange: Exchange) throws -> Answer {
        .list(["_schema", "_table"].map { ["name": $0] })
    }

    /// `{service}/_table`: the tables that the caller has any right to.
    static func list(_ exchange: Exchange) throws -> Answer {
        let prefix = (exchange.service?.database ?? "") + "/"
        let rows = try exchange.store.rows(
            """
            SELECT substr(name, length(?1) + 1) AS name FROM sqlite_schema
            WHERE type = 'table' AND substr(name, 1, length(?1)) = ?1 ORDER BY name
            """,
            [.string(prefix)]
        )
        let names = rows.compactMap { $0["name"]?.string }.filter { name in
            guard !exchange.caller.isAdmin, let role = exchange.caller.role else { return true }
            let component = "_table/\(name)"
            return role.verbMask(service: exchange.call.service, component: component) != 0
        }
        let isList = exchange.call.flag("as_list")
        return .list(names.map { isList ? .string($0) : ["name": .string($0)] })
    }
}

// MARK: - Selecting

extension Table {
    var fields: [Filter.Field] {
        columns.map { Filter.Field(name: $0.name, isInteger: $0.isInteger, isBoolean: true) }
    }

    /// The row filter of the caller's rule; admins have none.
    func ruleFilter() throws(Refusal) -> Filter? {
        guard !exchange.caller.isAdmin, let role = exchange.caller.role,
            let rule = role.rule(
                for: call.verb,
                service: call.service,
                component: call.component
            ), !rule.filters.isEmpty
        else { return nil }
        return try Filter(rule: rule, fields: fields)
    }

    /// The caller's own filter together with the rule's.
    func condition(_ filter: String?) throws(Refusal) -> (sql: String, values: [JSONValue]) {
        var filters: [Filter] = []
        if let filter { filters.append(try Filter(filter, fields: fields)) }
        if let rule = try ruleFilter() { filters.append(rule) }
        guard !filters.isEmpty else { return ("1", []) }
        return (filters.map(\.sql).joined(separator: " AND "), filters.flatMap(\.values))
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
        guard columns.first(where: { $0.name == key })?.isInteger ?? true else {
            return .string(identifier)
        }
        guard let number = Int64(identifier) else {
            throw Refusal(400, "Field '\(key)' must be a valid integer.")
        }
        return .integer(number)
    }

    private func order() throws(Refusal) -> String {
        guard let text = call.option("order", "sort", "order_by") else { return Store.quoted(key) }
        var terms: [String] = []
        for term in text.split(separator: ",") {
            let words = term.split(separator: " ").map(String.init)
            guard let name = words.first else { continue }
            guard columns.contains(where: { $0.name == name }) else {
                throw Refusal(400, "Invalid field '\(name)' in order by clause.")
            }
            let isDescending = words.dropFirst().first?.lowercased() == "desc"
            terms.append(Store.quoted(name) + (isDescending ? " DESC" : ""))
        }
        return terms.isEmpty ? Store.quoted(key) : terms.joined(separator: ", ")
    }
}

// MARK: - Reading

extension Table {
    func get(_ identifier: String) throws -> Answer {
        let chosen = try chosenFields()
        return Answer(body: try shown(row(identifier: identifier), chosen))
    }

    func get() throws -> Answer {
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
        let asked = call.option("limit", "top").flatMap(Int.init) ?? 0
        let limit = asked < 1 ? Records.rowsMax : min(asked, Records.rowsMax)
        let offset = max(0, call.option("offset", "skip").flatMap(Int.init) ?? 0)
        let rows = try store.rows(
            """
            SELECT * FROM \(quotedName) WHERE \(condition) ORDER BY \(order()) LIMIT ? OFFSET ?
            """,
            values + [.integer(Int64(limit)), .integer(Int64(offset))]
        )
        var meta: [String: JSONValue] = [:]
        if call.flag("include_count") {
            meta["count"] = .integer(Int64(count))
            let next = offset.addingReportingOverflow(rows.count)
            if !next.overflow, next.partialValue < count {
                meta["next"] = .integer(Int64(next.partialValue))
            }
        }
        return .list(rows.map { shown($0, chosen) }, meta: meta.isEmpty ? nil : .object(meta))
    }

    /// The fields that are asked for; nil for all.
    func chosenFields() throws(Refusal) -> [String]? {
        guard let names = call.names("fields", "select"), !names.contains("*") else { return nil }
        for name in names where !columns.contains(where: { $0.name == name }) {
            throw Refusal(400, "Invalid field requested: \(name)")
        }
        return names
    }

    func shown(_ row: [String: JSONValue], _ fields: [String]?) -> JSONValue {
        guard let fields else { return .object(row) }
        return .object(row.filter { fields.contains($0.key) })
    }

    /// What an answer to a write shows: the key alone unless fields are asked for.
    func written(_ row: [String: JSONValue]) throws(Refusal) -> JSONValue {
        let hasChoice = call.names("fields", "select") != nil
        return shown(row, hasChoice ? try chosenFields() : [key])
    }
}
