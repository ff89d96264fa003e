import Digest
import Foundation
import HTTP
import JSON

/// Makes what a seed describes, by the operations that callers would use.
///
/// A seed is a JSON object with any of these lists, made in this order:
/// - `databases`: `{"name", "tables": [{"name", "field": […], "rows": […]}], "procedures": […],
///   "functions": […]}`; fields as `_schema` takes them; a routine is `{"name", "params":
///   [{"name", "param_type"}], "sql": […]}`, with `:name` for a parameter and `{table}` for a table,
///   or `{"name", "raises": "text"}`,
/// - `services`, `roles`, `apps`, `limits`, `users`, `admins`: records as the System API takes
///   them; a rule may name its `service`, an app or a limit its `role`.
struct Seed {
    let store: Store
    let now: Date
    let random: SecureRandom

    private static let records = ["service", "role", "app", "limit", "user", "admin"]

    func apply(_ seed: JSONValue) throws {
        let known = Set(Seed.records.map { $0 + "s" } + ["databases"])
        guard let members = seed.object else {
            throw SandboxError("The seed is no JSON object; write one such as {\"services\": []}.")
        }
        if let unknown = members.keys.sorted().first(where: { !known.contains($0) }) {
            throw SandboxError(
                "The seed has `\(unknown)`, which is unknown; use "
                    + known.sorted().joined(separator: ", ") + "."
            )
        }
        for database in members["databases"]?.array ?? [] { try make(database) }
        for kind in Seed.records {
            let list = members[kind + "s"]?.array ?? []
            for record in try list.map(resolved) {
                try call("system/\(kind)", [record], "\(kind) \(record["name"]?.string ?? "")")
            }
        }
    }

    private func make(_ database: JSONValue) throws {
        guard let name = database["name"]?.string, !name.isEmpty, !name.contains("/") else {
            throw SandboxError("A database of the seed has no name, or one with a slash; name it.")
        }
        let service = Service([
            "id": 0, "name": "seed", "type": "sqlite", "is_active": 1,
            "config": .string(JSONValue.object(["database": .string(name)]).text()),
        ])
        for table in database["tables"]?.array ?? [] {
            let tableName = table["name"]?.string ?? ""
            try call("{database}/_schema", [table], "table \(tableName)", service)
            let rows = table["rows"]?.array ?? []
            if rows.isEmpty { continue }
            try call("{database}/_table/\(tableName)", rows, "rows of \(tableName)", service)
        }
        for (list, kind) in [("procedures", Routine.Kind.procedure), ("functions", .function)] {
            for routine in database[list]?.array ?? [] { try keep(routine, kind, in: name) }
        }
    }

    private func keep(_ json: JSONValue, _ kind: Routine.Kind, in database: String) throws {
        guard let routine = Routine(json, kind: kind), var definition = json.object else {
            throw SandboxError("A \(kind.rawValue.lowercased()) of the seed has no name; name it.")
        }
        let prefix = database + "/"
        definition["sql"] = .array(
            routine.statements.map { statement in
                .string(
                    statement.replacingOccurrences(
                        of: #"\{([A-Za-z0-9_ ]+)\}"#,
                        with: "\"" + prefix + "$1\"",
                        options: .regularExpression
                    )
                )
            }
        )
        try store.run(
            "INSERT INTO routine (database, name, kind, definition) VALUES (?, ?, ?, ?)",
            [
                .string(database), .string(routine.name), .string(kind.rawValue),
                .string(JSONValue.object(definition).text()),
            ]
        )
    }

    /// A record with ids in place of the names of services and roles.
    private func resolved(_ record: JSONValue) throws -> JSONValue {
        guard var members = record.object else { return record }
        for kind in ["service", "role"] {
            guard let name = members.removeValue(forKey: kind) else { continue }
            let sql = "SELECT id FROM \(kind) WHERE name = ?"
            guard let id = try store.scalar(sql, [name]) else {
                throw SandboxError(
                    "The seed has no \(kind) \(name.text()); add it before it is used."
                )
            }
            members["\(kind)_id"] = id
        }
        if let rules = members["role_service_access_by_role_id"]?.array {
            members["role_service_access_by_role_id"] = .array(try rules.map(resolved))
        }
        return .object(members)
    }

    private func call(
        _ path: String,
        _ records: [JSONValue],
        _ what: String,
        _ service: Service? = nil
    ) throws {
        let request = try HTTPRequest(
            method: "POST",
            target: "/api/v2/seed?rollback=true",
            body: JSONValue.object(["resource": .array(records)]).serialized()
        )
        let call = try Call(request)
        var exchange = Exchange(store: store, now: now, random: random, call: call)
        exchange.caller.user = try exchange.user(id: 1)
        exchange.service = service
        let parts = path.split(separator: "/").map(String.init)
        for operation in Operation.all {
            guard let parameters = operation.match(.post, parts) else { continue }
            let answer = try answer { try operation.handler(exchange, parameters) }
            guard answer.status >= 300 else { return }
            let error = answer.body?["error"]
            let cause = error?["context"]?["resource"]?.array?.compactMap { $0["message"] }.first
            let message = (cause ?? error?["message"])?.string ?? "status \(answer.status)"
            throw SandboxError("The seed's \(what) cannot be made: \(message)")
        }
    }

    private func answer(_ body: () throws -> Answer) throws -> Answer {
        do {
            return try body()
        } catch let refusal as Refusal {
            return refusal.answer
        }
    }
}
