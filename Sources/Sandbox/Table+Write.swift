import Foundation
import JSON

extension Table {
    /// What a caller sent for the columns; unknown members are dropped, texts are trimmed, and an
    /// empty text is null.
    private func values(of sent: [String: JSONValue], isNew: Bool) throws(Refusal) -> [String:
        JSONValue]
    {
        var values: [String: JSONValue] = [:]
        for column in columns {
            guard var value = sent[column.name] else {
                if isNew, column.isRequired, !column.hasDefault, column.name != key {
                    throw Refusal(400, "Required field '\(column.name)' can not be NULL.")
                }
                continue
            }
            if let text = value.string {
                let trimmed = text.trimmingCharacters(in: .whitespacesAndNewlines)
                value = trimmed.isEmpty ? .null : .string(trimmed)
            }
            if value.isNull, column.isRequired {
                throw Refusal(400, "Field '\(column.name)' can not be NULL.")
            }
            if column.isInteger, !value.isNull {
                let number = value.integer ?? value.string.flatMap { Int64($0) }
                guard let number else {
                    throw Refusal(400, "Field '\(column.name)' must be a valid integer.")
                }
                value = .integer(number)
            }
            values[column.name] = value
        }
        return values
    }

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
        return try exchange.batch(records, "created") { record in
            try store.atomically {
                let values = try values(of: record.object ?? [:], isNew: true)
                let id = JSONValue.integer(Int64(try store.insert(into: storedName, values)))
                try checkIsInside(id)
                return try written(stored(id))
            }
        }
    }

    func update(_ identifier: String) throws -> Answer {
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
        if let ids = call.names("ids") {
            return try exchange.batch(ids, "updated") { id in try written(change(id, first)) }
        }
        if let filter = call.option("filter", "where") {
            let ids = try matching(filter).map { Records.identifier($0[key]) }
            for id in ids { _ = try change(id, first) }
            return .list(try matching(filter).map { try written($0) })
        }
        return try exchange.batch(Array(records.enumerated()), "updated") { index, record in
            let id = Records.identifier(record[key])
            guard !id.isEmpty else {
                throw Refusal(400, "Required id field(s) not found in record \(index): Array")
            }
            return try written(change(id, record))
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
            return try stored(id)
        }
    }

    private func matching(_ filter: String) throws -> [[String: JSONValue]] {
        let (condition, values) = try condition(filter)
        let sql = "SELECT * FROM \(quotedName) WHERE \(condition) ORDER BY \(Store.quoted(key))"
        return try store.rows(sql, values)
    }

    func delete(_ identifier: String) throws -> Answer {
        Answer(body: try deleteShown(identifier))
    }

    func deleteList() throws -> Answer {
        try checkOptions()
        if let ids = call.names("ids") {
            return try exchange.batch(ids, "deleted", deleteShown)
        }
        let records = call.records
        if !records.isEmpty {
            return try exchange.batch(records, "deleted") { record in
                try deleteShown(Records.identifier(record[key]))
            }
        }
        if let filter = call.option("filter", "where") {
            let rows = try matching(filter)
            for row in rows { _ = try deleteShown(Records.identifier(row[key])) }
            return .list(try rows.map { try written($0) })
        }
        guard call.flag("force") else { throw Refusal.nothingToDelete }
        try store.run("DELETE FROM \(quotedName)")
        return .success
    }

    private func deleteShown(_ identifier: String) throws -> JSONValue {
        let row = try row(identifier: identifier)
        let sql = "DELETE FROM \(quotedName) WHERE \(Store.quoted(key)) = ?"
        try store.run(sql, [row[key] ?? .null])
        return try written(row)
    }
}
