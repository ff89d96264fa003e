import JSON

/// `_schema/{table}/_field` and `_schema/{table}/_related`.
extension SchemaResource {
    func listFields(_ name: String) throws -> Answer {
        .list(try table(name).columns.map { $0.description() })
    }

    func getField(_ name: String, _ field: String) throws -> Answer {
        guard let column = try table(name).column(field) else {
            throw Refusal(404, "No requested fields found in table '\(name)'.")
        }
        return Answer(body: column.description())
    }

    /// The platform answers a change with an empty list for each field.
    func saveFields(_ name: String) throws -> Answer {
        for field in call.records { try save(field.object ?? [:], in: table(name)) }
        return Answer(body: .array(call.records.map { _ in [] }))
    }

    func saveField(_ name: String, _ field: String) throws -> Answer {
        var sent = call.payload.object ?? [:]
        sent["name"] = .string(field)
        try save(sent, in: table(name))
        return Answer(body: [])
    }

    func deleteFields(_ name: String, _ fields: [String]) throws -> Answer {
        let table = try table(name)
        guard fields.allSatisfy({ table.column($0) == nil }) else {
            throw SchemaResource.dropsColumn
        }
        return .success
    }

    func deleteFields(_ name: String) throws -> Answer {
        try deleteFields(name, call.names("ids") ?? call.records.compactMap { $0["name"]?.string })
    }

    func listRelations(_ name: String) throws -> Answer {
        let service = exchange.service?.id ?? 0
        return .list(try table(name).relations.map { $0.description(service: service) })
    }

    func getRelation(_ name: String, _ relation: String) throws -> Answer {
        guard let found = try table(name).relations.first(where: { $0.name == relation }) else {
            throw Refusal(404, "No requested relationships found in table '\(name)'.")
        }
        return Answer(body: found.description(service: exchange.service?.id ?? 0))
    }

    /// Relations that are made this way exist for the platform only, not for the database.
    func saveRelations(_ name: String) throws -> Answer {
        let table = try table(name)
        let related = (table.extra["related"]?.array ?? []) + call.records
        try TableSchema.remember(
            ["related": .array(related)],
            field: "",
            of: table.name,
            in: table.database,
            exchange.store
        )
        return Answer(body: .array(call.records.map { _ in [] }))
    }
}
