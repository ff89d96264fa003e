import JSON

/// Reads and shows system records of one kind.
struct Records {
    let exchange: Exchange
    let kind: RecordKind

    var store: Store { exchange.store }
    var call: Call { exchange.call }

    /// `DB_MAX_RECORDS_RETURNED`; also what a limit below one means.
    static let rowsMax = 100_000

    func row(_ id: JSONValue) throws -> [String: JSONValue]? {
        let (scope, values) = scope
        return try store.row(
            "SELECT * FROM \(Store.quoted(kind.table)) WHERE id = ? AND \(scope)",
            [id] + values
        )
    }

    /// The condition that holds for every record of the kind.
    private var scope: (sql: String, values: [JSONValue]) {
        guard let (column, value) = kind.scope.first else { return ("1", []) }
        return ("\(Store.quoted(column)) = ?", [value])
    }

    /// The row of an identifier from a path.
    func row(identifier: String) throws -> [String: JSONValue] {
        guard let id = Int64(identifier), let row = try row(.integer(id)) else {
            throw Refusal.notFound(identifier)
        }
        return row
    }

    func get(_ identifier: String) throws -> Answer {
        let record = try shown(
            row(identifier: identifier),
            fields: call.names("fields", "select") ?? ["*"]
        )
        return Answer(body: .object(record))
    }

    func list() throws -> Answer {
        if let ids = call.names("ids") { return try list(ids: ids) }
        let (condition, values) = try condition()
        let from = "FROM \(Store.quoted(kind.table)) WHERE \(condition)"
        let count = try store.scalar("SELECT count(*) \(from)", values) ?? 0
        if call.flag("count_only") { return Answer(body: count) }
        _ = try relations()
        let sql = "SELECT * \(from) ORDER BY \(try order()) LIMIT ? OFFSET ?"
        let rows = try store.rows(sql, values + [limit, offset])
        let meta: JSONValue? = call.flag("include_count") ? ["count": count] : nil
        let fields = call.names("fields", "select") ?? ["*"]
        if call.flag("as_list") {
            let name = call.option("id_field") ?? "id"
            return .list(rows.map { kind.record($0)[name] ?? .null }, meta: meta)
        }
        return .list(try rows.map { .object(try shown($0, fields: fields)) }, meta: meta)
    }

    private func list(ids: [String]) throws -> Answer {
        let fields = call.names("fields", "select") ?? ["*"]
        let answer = try exchange.batch(ids, "retrieved") { id in
            .object(try shown(row(identifier: id), fields: fields))
        }
        return answer
    }
}

// MARK: - Selecting

extension Records {
    private func condition() throws -> (String, [JSONValue]) {
        var (condition, values) = scope
        if let text = call.option("filter", "where") {
            let fields = kind.columns.map { column in
                Filter.Field(name: column.name, isInteger: column.kind == .integer)
            }
            let filter = try Filter(text, fields: fields)
            condition += " AND \(filter.sql)"
            values += filter.values
        }
        // A key sees only the services that its role has rules for.
        if kind.name == "service", !exchange.caller.isAdmin,
            let names = exchange.caller.role?.services
        {
            let marks = names.map { _ in "?" }.joined(separator: ", ")
            condition += " AND name IN (\(marks))"
            values += names.map(JSONValue.string)
        }
        return (condition, values)
    }

    private func order() throws -> String {
        guard let text = call.option("order", "sort", "order_by") else { return "id" }
        let terms = try text.split(separator: ",").map { term in
            let words = term.split(separator: " ")
            guard let name = words.first, kind.column(String(name)) != nil else {
                throw Refusal(500, "Invalid order by clause.", envelope: .exception)
            }
            let direction = words.dropFirst().first?.lowercased() == "desc" ? " DESC" : ""
            return Store.quoted(String(name)) + direction
        }
        return terms.joined(separator: ", ")
    }

    private var limit: JSONValue {
        let limit = call.option("limit", "top").flatMap(Int.init) ?? 0
        return .integer(Int64(limit < 1 ? Records.rowsMax : min(limit, Records.rowsMax)))
    }

    private var offset: JSONValue {
        .integer(Int64(max(0, call.option("offset", "skip").flatMap(Int.init) ?? 0)))
    }

    /// The relations that the call asks for.
    private func relations() throws(Refusal) -> [(name: String, relation: RecordKind.Relation)] {
        var relations: [(String, RecordKind.Relation)] = []
        for name in call.names("related") ?? [] where name != LimitResource.cacheRelation {
            guard let relation = kind.relations[name] else {
                throw Refusal(400, "Unknown relationship: \(name)")
            }
            relations.append((name, relation))
        }
        return relations
    }
}

// MARK: - Showing

extension Records {
    /// What an answer to a write shows: the id alone unless fields or relations are asked for.
    func shown(_ row: [String: JSONValue]) throws -> JSONValue {
        let fields = call.names("fields", "select")
        guard fields != nil || call.names("related") != nil else {
            return ["id": row["id"] ?? .null]
        }
        return .object(try shown(row, fields: fields ?? ["id"]))
    }

    func shown(
        _ row: [String: JSONValue],
        fields: [String]
    ) throws -> [String: JSONValue] {
        let whole = kind.record(row)
        var record: [String: JSONValue] = [:]
        if fields.contains("*") {
            record = whole
        } else {
            for name in fields where !kind.unselectable.contains(name) {
                // SQLite takes an unknown quoted name for a text, and the platform passes it on.
                if let value = whole[name] {
                    record[name] = value
                } else {
                    record["\"\(name)\""] = .string(name)
                }
            }
        }
        // The configuration itself is not shown, but what it needs to be read.
        if kind.name == "service", fields.contains("config") { record["type"] = whole["type"] }
        record.merge(kind.computed) { _, computed in computed }
        for (name, relation) in try relations() {
            record[name] = try related(relation, record)
        }
        return record
    }

    /// The related records; none where the column that leads to them is not among the fields.
    private func related(
        _ relation: RecordKind.Relation,
        _ record: [String: JSONValue]
    ) throws -> JSONValue {
        guard let target = relation.target else { return [] }
        let table = Store.quoted(target.table)
        switch relation.kind {
        case .hasMany:
            guard let id = record["id"] else { return [] }
            let key = Store.quoted(relation.key)
            let rows = try store.rows("SELECT * FROM \(table) WHERE \(key) = ? ORDER BY id", [id])
            return .array(rows.map { RelatedRecord.shown($0, target) })
        case .belongsTo:
            guard let id = record[relation.key], !id.isNull,
                let row = try store.row("SELECT * FROM \(table) WHERE id = ?", [id])
            else { return .null }
            return RelatedRecord.shown(row, target)
        }
    }
}

enum RelatedRecord {
    static func shown(_ row: [String: JSONValue], _ kind: RecordKind) -> JSONValue {
        .object(kind.record(row).merging(kind.computed) { _, computed in computed })
    }
}
