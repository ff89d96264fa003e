import Foundation
import JSON

extension Table {
    /// A row that a rule's filter would hide may not be written.
    private func checkIsInside(_ id: JSONValue) throws {
        guard let filter = try ruleFilter() else { return }
        let sql = "SELECT 1 FROM \(quotedName) WHERE \(Store.quoted(key)) = ? AND \(filter.sql)"
        guard try store.row(sql, [id] + filter.values) == nil else { return }
        throw Refusal(403, "Denied access to some of the requested fields.")
    }

    private func stored(_ id: JSONValue) throws -> [String: JSONValue] {
        try store.row("SELECT * FROM \(quotedName) WHERE \(Store.quoted(key)) = ?", [id]) ?? [:]
    }

    private func checkOptions() throws(Refusal) {
        guard call.flag("rollback"), call.flag("continue") else { return }
        throw Refusal(
            400,
            "Rollback and continue operations can not be requested at the same time."
        )
    }

    func create() throws -> Answer {
        let records = call.records
        guard !records.isEmpty else { throw Refusal.noRecords }
        try checkOptions()
        try forgetReads()
        var answer = try exchange.batch(records, "created") { record in
            try store.atomically {
                let row = try insert(record.object ?? [:])
                return try written(row)
            }
        }
        // Beside a failure the platform shows no more of what succeeded than its key.
        if var error = answer.body?["error"]?.object, var context = error["context"]?.object {
            context["resource"] = .array(
                (context["resource"]?.array ?? []).map { entry in
                    entry["message"] == nil ? [key: entry[key] ?? .null] : entry
                }
            )
            error["context"] = .object(context)
            answer.body = ["error": .object(error)]
        }
        return answer
    }

    private func insert(_ sent: [String: JSONValue]) throws -> [String: JSONValue] {
        let values = try values(of: sent, isNew: true)
        let number = JSONValue.integer(Int64(try store.insert(into: storedName, values)))
        let isCounted = schema.column(schema.key)?.isCounted ?? true
        let id = isCounted ? number : values[schema.key] ?? number
        try checkIsInside(id)
        let row = try stored(id)
        try saveRelated(sent, of: row)
        return row
    }

    /// Rows that were sent inside of this one and belong to it; those with an id exist already.
    private func saveRelated(_ sent: [String: JSONValue], of row: [String: JSONValue]) throws {
        for relation in schema.relations where relation.isMany {
            guard let records = sent[relation.name]?.array, !records.isEmpty,
                let target = try other(relation.table, call.verb)
            else { continue }
            for record in records {
                var values = record.object ?? [:]
                values[relation.tableField] = row[relation.field] ?? .null
                if let id = values[target.key], !id.isNull {
                    _ = try target.change(Records.identifier(id), values)
                } else {
                    _ = try target.insert(values)
                }
            }
        }
    }

    func update(_ identifier: String) throws -> Answer {
        try forgetReads()
        let sent = call.payload.object ?? [:]
        guard !sent.isEmpty else {
            throw Refusal(400, "The request contains no valid record fields.")
        }
        return Answer(body: try written(change(identifier, sent)))
    }

    /// By ids, by the ids in the body, or by filter: then the answer has what still matches.
    func updateList() throws -> Answer {
        let records = call.records.map { $0.object ?? [:] }
        guard let first = records.first else { throw Refusal.noRecords }
        try checkOptions()
        try forgetReads()
        if let ids = call.names("ids") {
            return try exchange.batch(ids, "updated") { id in try written(change(id, first)) }
        }
        if let filter {
            let ids = try matching(filter).map { Records.identifier($0[key]) }
            for id in ids { _ = try change(id, first) }
            return .list(try matching(filter).map { try written($0) })
        }
        return try exchange.batch(Array(records.enumerated()), "updated") { index, record in
            let id = Records.identifier(record[key])
            guard !id.isEmpty else {
                let text = "Required id field(s) not found in record \(index): "
                throw Refusal(400, text + Table.printed(record))
            }
            return try written(changeOrInsert(id, record))
        }
    }

    /// The filter of a write stands in the query or in the body.
    private var filter: String? {
        call.option("filter", "where") ?? call.payload["filter"]?.string
    }

    /// PHP's `print_r` of a record, which the platform puts into its text.
    private static func printed(_ record: [String: JSONValue]) -> String {
        let lines = record.sorted { $0.key < $1.key }.map { name, value in
            "    [\(name)] => \(value.string ?? value.text())\n"
        }
        return "Array\n(\n\(lines.joined()))\n"
    }

    /// Reads that the service keeps are over once something is written through it.
    private func forgetReads() throws {
        guard exchange.service?.cacheLifetime != nil else { return }
        try exchange.cache.forget(prefix: cachePrefix)
    }

    /// A missing row is made where the service allows that.
    private func changeOrInsert(
        _ identifier: String,
        _ sent: [String: JSONValue]
    ) throws -> [String: JSONValue] {
        do {
            return try change(identifier, sent)
        } catch let refusal as Refusal
            where refusal.status == 404 && exchange.service?.allowsUpsert == true
        {
            return try insert(sent)
        }
    }

    private func change(
        _ identifier: String,
        _ sent: [String: JSONValue]
    ) throws -> [String: JSONValue] {
        let id = try row(identifier: identifier)[key] ?? .null
        var values = try values(of: sent, isNew: false)
        values[key] = nil
        return try store.atomically {
            try store.update(storedName, id: id, values, key: key)
            try checkIsInside(id)
            let row = try stored(id)
            try saveRelated(sent, of: row)
            return row
        }
    }

    private func matching(_ filter: String) throws -> [[String: JSONValue]] {
        let (condition, values) = try condition(filter)
        let sql = "SELECT * FROM \(quotedName) WHERE \(condition)"
        return try store.rows(sql, values)
    }

    func delete(_ identifier: String) throws -> Answer {
        try forgetReads()
        return Answer(body: try deleteShown(identifier))
    }

    func deleteList() throws -> Answer {
        try checkOptions()
        try forgetReads()
        if let ids = call.names("ids") {
            return try exchange.batch(ids, "deleted", deleteShown)
        }
        let records = call.records
        if !records.isEmpty {
            return try exchange.batch(records, "deleted") { record in
                try deleteShown(Records.identifier(record[key]))
            }
        }
        if let filter { return try deleteMatching(filter) }
        guard call.flag("force") else { throw Refusal.nothingToDelete }
        // The rule's filter is pasted where the table's columns are not known.
        if let rule = exchange.caller.role?.rule(
            for: .delete,
            service: call.service,
            component: "_table/\(name)"
        ), !exchange.caller.isAdmin, let name = rule.filters.first?["name"]?.string {
            throw Refusal(400, "Invalid or unparsable field in filter request: '\(name)'")
        }
        try store.run("DELETE FROM \(quotedName)")
        return .success
    }

    /// All that match or none.
    private func deleteMatching(_ filter: String) throws -> Answer {
        let rows = try matching(filter)
        do {
            let shown = try rows.map(written)
            for row in rows { _ = try deleteShown(Records.identifier(row[key])) }
            return .list(shown)
        } catch let refusal as Refusal where refusal.code == "23000" {
            throw Refusal(500, "Failed to delete records from '\(name)'.\n\(refusal.message)")
        }
    }

    private func deleteShown(_ identifier: String) throws -> JSONValue {
        let row = try row(identifier: identifier)
        let sql = "DELETE FROM \(quotedName) WHERE \(Store.quoted(key)) = ?"
        let record = try written(row)
        try store.run(sql, [row[key] ?? .null])
        return record
    }
}
