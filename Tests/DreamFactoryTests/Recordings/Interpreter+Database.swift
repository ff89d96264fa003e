import JSON

@testable import DreamFactory

extension Interpreter {
    func database(_ parts: [String]) async throws -> JSONValue {
        guard let service = ResourceName(parts[0]), !parts[0].hasPrefix("_") else {
            throw NotOffered.address
        }
        let database = client.database(service)
        let rest = Array(parts.dropFirst(2))
        switch parts[1] {
        case "_table": return try await table(database, rest)
        case "_schema": return try await schema(database.schema, rest)
        case "_proc": return try await routine(database.procedures, rest)
        case "_func": return try await routine(database.functions, rest)
        default: throw NotOffered.address
        }
    }

    private func table(_ database: DatabaseService, _ parts: [String]) async throws -> JSONValue {
        guard !parts.isEmpty else {
            return try await named { try await database.tableNames() }
        }
        guard let name = ResourceName(parts[0]), parts.count < 3 else { throw NotOffered.address }
        let table = database.table(name)
        let query = try QueryReader(call.query)
        if parts.count == 2 {
            return try await row(table, try QueryReader.rowKey(parts[1]), query)
        }
        switch call.method {
        case "GET": return try await rows(table, query)
        case "POST":
            guard query.query.filter == nil else { throw NotOffered.inline }
            let made = try await table.create(
                records(),
                mode: query.mode,
                returning: query.returning
            )
            return Self.wrapped(made)
        case "DELETE": return try await delete(table, query)
        default: return try await change(table, query)
        }
    }

    private func row(
        _ table: Table,
        _ key: RowKey,
        _ query: QueryReader
    ) async throws -> JSONValue {
        switch call.method {
        case "GET":
            try only("GET")
            return try await table.get(
                key,
                fields: query.query.fields,
                related: query.query.related,
                by: query.idField
            )
        case "POST": throw NotOffered.operation
        case "DELETE": return try await table.delete(key, returning: query.returning)
        default:
            return try await table.update(
                key,
                try record(),
                using: call.method == "PUT" ? .put : .patch,
                returning: query.returning
            )
        }
    }

    private func rows(_ table: Table, _ query: QueryReader) async throws -> JSONValue {
        try only("GET")
        if query.countOnly {
            return .integer(Int64(try await table.count(where: query.query.filter)))
        }
        if let ids = query.ids {
            return Self.wrapped(
                try await table.get(
                    keys: query.rowKeys(ids),
                    fields: query.query.fields,
                    related: query.query.related,
                    by: query.idField,
                    mode: query.mode
                )
            )
        }
        guard query.idField == nil else { throw NotOffered.parameter }
        return Self.wrapped(try await table.list(query.query))
    }

    private func change(_ table: Table, _ query: QueryReader) async throws -> JSONValue {
        let verb: Table.Verb = call.method == "PUT" ? .put : .patch
        let changes = try records()
        if let filter = query.query.filter {
            guard changes.count == 1 else { throw NotOffered.noRecord }
            return Self.wrapped(
                try await table.update(
                    where: filter,
                    changes[0],
                    using: verb,
                    returning: query.returning
                )
            )
        }
        if let ids = query.ids {
            guard changes.count == 1 else { throw NotOffered.noRecord }
            return Self.wrapped(
                try await table.update(
                    keys: query.rowKeys(ids),
                    changes[0],
                    using: verb,
                    mode: query.mode,
                    returning: query.returning
                )
            )
        }
        guard changes.allSatisfy({ $0["id"] != nil }) else { throw NotOffered.hazard }
        return Self.wrapped(
            try await table.update(
                changes,
                using: verb,
                mode: query.mode,
                returning: query.returning
            )
        )
    }

    private func delete(_ table: Table, _ query: QueryReader) async throws -> JSONValue {
        if let filter = query.query.filter {
            return Self.wrapped(
                try await table.delete(where: filter, returning: query.returning)
            )
        }
        if let ids = query.ids {
            return Self.wrapped(
                try await table.delete(
                    keys: query.rowKeys(ids),
                    mode: query.mode,
                    returning: query.returning
                )
            )
        }
        guard call.body != nil else { throw NotOffered.hazard }
        return Self.wrapped(
            try await table.delete(records(), mode: query.mode, returning: query.returning)
        )
    }
}
