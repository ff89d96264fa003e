import JSON

extension Table {
    /// A stored row as the API shows it: the fields asked for and the related rows.
    ///
    /// The column that leads to related rows is shown whether it was asked for or not.
    func shown(_ row: [String: JSONValue], _ fields: [String]?) throws -> JSONValue {
        var record = plain(row, fields)
        for relation in try relations() {
            guard let target = try other(relation.table, .get) else { continue }
            let value = row[relation.field] ?? .null
            record[relation.field] = plain(row, [relation.field])[relation.field]
            record[relation.name] = try target.related(relation, value, call)
        }
        return .object(record)
    }

    /// What an answer to a write shows: the key alone unless fields are asked for.
    func written(_ row: [String: JSONValue]) throws -> JSONValue {
        let hasChoice = call.names("fields", "select") != nil
        return try shown(row, hasChoice ? try chosenFields() : [key])
    }

    private func plain(_ row: [String: JSONValue], _ fields: [String]?) -> [String: JSONValue] {
        var record: [String: JSONValue] = [:]
        for (name, value) in row where fields?.contains(name) ?? true {
            let isFlag = schema.column(name)?.type.isBoolean ?? false
            record[name] = isFlag && !value.isNull ? .bool(value.int != 0) : value
        }
        return record
    }

    /// The relations that are asked for; unknown ones are ignored.
    func relations() throws(Refusal) -> [TableSchema.Relation] {
        guard let names = call.names("related") else { return [] }
        if names.contains("*") { return schema.relations }
        return schema.relations.filter { names.contains($0.name) }
    }

    /// Another table of the database, for a caller who may do this with it.
    func other(_ name: String, _ verb: Verb) throws -> Table? {
        guard let schema = try TableSchema(name, in: schema.database, store) else { return nil }
        if !exchange.caller.isAdmin,
            exchange.caller.role?.allows(
                verb,
                service: call.service,
                component: "_table/\(name)"
            ) != true
        {
            throw Refusal(
                403,
                "\(verb.rawValue) access to component '_table/\(name)' of service "
                    + "'\(call.service)' is not allowed by this user's role."
            )
        }
        return Table(exchange, schema, key: schema.key)
    }

    /// The rows of this table that belong to a value of another's, with the relation's own options.
    private func related(
        _ relation: TableSchema.Relation,
        _ value: JSONValue,
        _ call: Call
    ) throws -> JSONValue {
        guard !value.isNull else { return relation.isMany ? [] : .null }
        let fields = call.names("\(relation.name).fields")
        let rows = try store.rows(
            "SELECT * FROM \(quotedName) WHERE \(Store.quoted(relation.tableField)) = ?"
                + order(call.option("\(relation.name).order")),
            [value]
        )
        let chosen = fields?.contains("*") == true ? nil : fields
        let records = rows.map { JSONValue.object(plain($0, chosen)) }
        return relation.isMany ? .array(records) : records.first ?? .null
    }
}
