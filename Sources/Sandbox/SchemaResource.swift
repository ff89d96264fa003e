import Foundation
import JSON

/// `{service}/_schema`: the tables of a database, described, made, changed and dropped.
struct SchemaResource {
    let exchange: Exchange
    private let database: String

    var store: Store { exchange.store }
    var call: Call { exchange.call }

    init(_ exchange: Exchange) {
        self.exchange = exchange
        database = exchange.service?.database ?? ""
    }

    // MARK: Describing

    /// The verbs that the caller has on a table, as the bits of a mask.
    private func mask(_ table: String) -> Int {
        guard !exchange.caller.isAdmin, let role = exchange.caller.role else { return 31 }
        return role.verbMask(service: call.service, component: "_schema/\(table)")
    }

    func table(_ name: String) throws -> TableSchema {
        guard let table = try TableSchema(name, in: database, store) else {
            throw Refusal(404, "Table \"\(name)\" does not exist in the database.")
        }
        return table
    }

    private func described(_ table: TableSchema) -> JSONValue {
        table.description(service: exchange.service?.id ?? 0, access: mask(table.name))
    }

    func list() throws -> Answer {
        let sent = call.records.compactMap { $0.string ?? $0["name"]?.string }
        if let names = call.names("ids") ?? (sent.isEmpty ? nil : sent) {
            return .list(
                try names.map { name in
                    guard let table = try TableSchema(name, in: database, store) else {
                        throw Refusal(404, "Table '\(name)' does not exist in the database.")
                    }
                    return described(table)
                }
            )
        }
        let names = try TableSchema.names(in: database, store).filter { mask($0) != 0 }
        if call.flag("as_list") { return .list(names.map(JSONValue.string)) }
        guard call.names("fields") == ["*"] else {
            return .list(names.map { ["name": .string($0)] })
        }
        return .list(
            try names.map { name in
                var head = try table(name).head()
                head["access"] = .array(Verb.names(in: mask(name)))
                return .object(head)
            }
        )
    }

    func get(_ name: String) throws -> Answer { Answer(body: described(try table(name))) }

    // MARK: Making and changing

    func create() throws -> Answer {
        let tables = call.records
        guard !tables.isEmpty else {
            throw Refusal(400, "No data in schema create request.")
        }
        return .list(try tables.map { try save($0.object ?? [:]) })
    }

    func updateList() throws -> Answer {
        let tables = call.records
        guard !tables.isEmpty else {
            throw Refusal(400, "No data in schema update request.")
        }
        return .list(
            try tables.map { sent in
                _ = try table(sent["name"]?.string ?? "")
                return try save(sent.object ?? [:])
            }
        )
    }

    /// `POST`, `PATCH` and `PUT` of one; a wrapped body is as good as none.
    func update(_ name: String) throws -> Answer {
        var sent = call.payload.object ?? [:]
        if call.verb != .post { _ = try table(name) }
        sent["name"] = .string(name)
        let answer = Answer(body: try save(sent))
        // What was added stays although the rest, which SQLite cannot do, fails.
        let named = Set(fields(of: sent).compactMap { $0["name"]?.string })
        let drops = try table(name).columns.contains { !named.contains($0.name) }
        let isReplaced = call.verb == .put && sent["field"] != nil
        return isReplaced && drops ? SchemaResource.dropsColumn.answer : answer
    }

    static let dropsColumn = Refusal(
        500,
        "Dropping DB column is not supported by SQLite.",
        envelope: .exception
    )

    private func fields(of sent: [String: JSONValue]) -> [[String: JSONValue]] {
        (sent["field"]?.array ?? sent["fields"]?.array ?? []).compactMap(\.object)
    }

    /// Makes the table, or adds to the one that exists.
    private func save(_ sent: [String: JSONValue]) throws -> JSONValue {
        guard let name = sent["name"]?.string, !name.isEmpty else {
            throw Refusal(400, "Table schema received does not have a valid name.")
        }
        let known = try TableSchema(name, in: database, store)
        if known != nil, call.flag("check_exist") {
            throw Refusal(
                500,
                "A table with name '\(name)' already exist in the database.",
                envelope: .exception
            )
        }
        let fields = fields(of: sent)
        if let known {
            for field in fields { try save(field, in: known) }
        } else {
            try make(name, fields)
        }
        let stored = known?.name ?? name
        try remember(sent, ["label", "plural", "description", "alias"], "", of: stored)
        guard call.names("fields") == ["*"] else { return ["name": .string(stored)] }
        return described(try table(stored))
    }

    private func remember(
        _ sent: [String: JSONValue],
        _ members: Set<String>,
        _ field: String,
        of table: String
    ) throws {
        let extra = sent.filter { members.contains($0.key) && !$0.value.isNull }
        try TableSchema.remember(extra, field: field, of: table, in: database, store)
    }

    private func rememberField(_ field: [String: JSONValue], of table: String) throws {
        let members: Set = ["label", "description", "alias", "picklist", "validation", "type"]
        try remember(field, members, field["name"]?.string ?? "", of: table)
    }

    private func make(_ name: String, _ fields: [[String: JSONValue]]) throws {
        guard !fields.isEmpty else {
            throw Refusal(
                500,
                "No valid fields exist in the received table schema.",
                envelope: .exception
            )
        }
        // The platform pastes the name between quotes, and a quote in it ends them.
        if let quote = name.firstIndex(of: "\"") {
            let rest = name[name.index(after: quote)...].prefix { $0 != "\"" }
            throw Refusal(
                500,
                "SQLSTATE[HY000]: General error: 1 near \"\(rest)\": syntax error",
                code: "HY000",
                envelope: .exception
            )
        }
        let columns = fields.map(definition).joined(separator: ", ")
        let stored = TableSchema.stored(name, in: database)
        try store.run("CREATE TABLE \(Store.quoted(stored)) (\(columns))")
        for field in fields {
            try rememberField(field, of: name)
            try makeIndex(field, of: name)
        }
    }

    private func makeIndex(_ field: [String: JSONValue], of table: String) throws {
        let isUnique = field["is_unique"]?.bool == true
        guard isUnique || field["is_index"]?.bool == true, let name = field["name"]?.string else {
            return
        }
        let index = "\(database)/\(isUnique ? "undx" : "ndx")_\(table)_\(name)"
        try store.run(
            "CREATE \(isUnique ? "UNIQUE " : "")INDEX \(Store.quoted(index)) "
                + "ON \(Store.quoted(TableSchema.stored(table, in: database))) "
                + "(\(Store.quoted(name)))"
        )
    }

    /// A column's definition; columns are NOT NULL unless `allow_null` is sent.
    private func definition(_ field: [String: JSONValue]) -> String {
        let name = Store.quoted(field["name"]?.string ?? "")
        if ["id", "pk"].contains(field["type"]?.string ?? "") {
            return "\(name) integer NOT NULL PRIMARY KEY AUTOINCREMENT"
        }
        let type = ColumnType(field: field).declared.filter { character in
            character.isLetter || character.isNumber || "(), _".contains(character)
        }
        var sql = "\(name) \(type) \(field["allow_null"]?.bool == true ? "NULL" : "NOT NULL")"
        switch field["default"] {
        case .string(let text)?:
            sql += " DEFAULT '\(text.replacingOccurrences(of: "'", with: "''"))'"
        case .integer(let number)?: sql += " DEFAULT \(number)"
        case .number(let number)?: sql += " DEFAULT \(number)"
        case .bool(let flag)?: sql += " DEFAULT \(flag ? 1 : 0)"
        default: break
        }
        if field["is_unique"]?.bool == true { sql += " UNIQUE" }
        guard field["type"]?.string == "reference", let table = field["ref_table"]?.string else {
            return sql
        }
        let target = Store.quoted(TableSchema.stored(table, in: database))
        sql += " REFERENCES \(target) (\(Store.quoted(field["ref_field"]?.string ?? "id")))"
        let rules = ["CASCADE", "SET NULL", "SET DEFAULT", "RESTRICT", "NO ACTION"]
        for (member, event) in [("ref_on_update", "UPDATE"), ("ref_on_delete", "DELETE")] {
            guard let rule = field[member]?.string?.uppercased(), rules.contains(rule) else {
                continue
            }
            sql += " ON \(event) \(rule)"
        }
        return sql
    }

    /// Adds the column, or takes note of what is said about the one that exists.
    func save(_ field: [String: JSONValue], in table: TableSchema) throws {
        guard let name = field["name"]?.string, !name.isEmpty else { return }
        if let known = table.column(name) {
            let saysType = field["type"] != nil || field["db_type"] != nil
            let isOther = ColumnType(field: field).declared != known.type.declared
            if saysType, isOther, known.reference == nil, !known.isCounted {
                throw Refusal(
                    500,
                    "Altering a DB column is not supported by SQLite.",
                    envelope: .exception
                )
            }
        } else {
            let stored = Store.quoted(table.storedName)
            try store.run("ALTER TABLE \(stored) ADD COLUMN \(definition(field))")
            try makeIndex(field, of: table.name)
        }
        try rememberField(field, of: table.name)
    }

    // MARK: Dropping

    func delete(_ name: String) throws -> Answer {
        try drop(table(name))
        return .success
    }

    /// Drops one after the other; what was dropped before a missing one stays dropped.
    func deleteList() throws -> Answer {
        let sent = call.records.compactMap { $0.string ?? $0["name"]?.string }
        let names = call.names("ids") ?? sent
        guard !names.isEmpty else { throw Refusal(400, "No data in schema delete request.") }
        for name in names {
            guard let table = try TableSchema(name, in: database, store) else {
                return Refusal(404, "Table '\(name)' not found.").answer
            }
            try drop(table)
        }
        return .list(names.map { ["name": .string($0)] })
    }

    private func drop(_ table: TableSchema) throws {
        try store.run("DROP TABLE \(Store.quoted(table.storedName))")
        try store.run(
            "DELETE FROM schema_extra WHERE database = ? AND table_name = ?",
            [.string(database), .string(table.name)]
        )
    }
}
