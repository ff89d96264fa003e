import Foundation
import JSON

/// `{service}/_proc` and `{service}/_func`: routines, listed, described and called.
struct RoutineResource {
    let exchange: Exchange
    let kind: Routine.Kind
    private let database: String

    private var call: Call { exchange.call }

    init(_ exchange: Exchange, _ kind: Routine.Kind) throws {
        guard try Routine.isServed(exchange) else {
            throw Refusal(
                404,
                "Resource '\(kind.resource)' not found for service '\(exchange.call.service)'."
            )
        }
        self.exchange = exchange
        self.kind = kind
        database = exchange.service?.database ?? ""
    }

    private func routines() throws -> [Routine] {
        let rows = try exchange.store.rows(
            "SELECT definition FROM routine WHERE database = ? AND kind = ? ORDER BY name",
            [.string(database), .string(kind.rawValue)]
        )
        return rows.compactMap { row in
            row["definition"]?.string.flatMap { try? JSONValue(parsing: $0.utf8) }
                .flatMap { Routine($0, kind: kind) }
        }
    }

    private func routine(_ name: String) throws -> Routine {
        let wanted = name.lowercased()
        guard let found = try routines().first(where: { $0.name.lowercased() == wanted }) else {
            throw Refusal(404, "\(kind.rawValue) '\(name)' does not exist in the database.")
        }
        return found
    }

    private func mask(_ name: String) -> Int {
        guard !exchange.caller.isAdmin, let role = exchange.caller.role else { return 31 }
        return role.verbMask(service: call.service, component: "\(kind.resource)/\(name)")
    }

    func list() throws -> Answer {
        if let names = call.names("ids") {
            return .list(try names.map { try routine($0).description(access: mask($0)) })
        }
        let shown = try routines().filter { mask($0.name) != 0 }
        if call.flag("as_list") { return .list(shown.map { .string($0.name) }) }
        guard call.names("fields") == ["*"] else {
            return .list(shown.map { ["name": .string($0.name)] })
        }
        return .list(
            shown.map { routine in
                var head = routine.head
                head["access"] = .array(Verb.names(in: mask(routine.name)))
                return .object(head)
            }
        )
    }
}

// MARK: - Calling

extension RoutineResource {
    func run(_ text: String) throws -> Answer {
        let name = String(text.prefix { $0 != "(" })
        let routine = try routine(name)
        var values = values(routine, inline: text.dropFirst(name.count))
        if let raised = routine.raised {
            throw failure("SQLSTATE[45000]: <<Unknown error>>: 1644 \(raised)")
        }
        var sets: [[[String: JSONValue]]] = []
        do {
            for statement in routine.statements {
                let rows = try exchange.store.rows(statement, named: values)
                guard statement.lowercased().hasPrefix("select") else { continue }
                sets.append(rows)
                for parameter in routine.parameters where parameter.isOut {
                    if let value = rows.first?[parameter.name] { values[parameter.name] = value }
                }
            }
        } catch let refusal as Refusal where refusal.envelope == .exception {
            throw failure(refusal.message)
        }
        return answer(routine, sets, values)
    }

    private func failure(_ cause: String) -> Refusal {
        let what = kind == .procedure ? "procedure" : "function"
        return Refusal(500, "Failed to call database stored \(what).\n\(cause)")
    }

    /// Body before brackets before query; a missing one is null, and so is one that nobody knows.
    private func values(_ routine: Routine, inline: Substring) -> [String: JSONValue] {
        let inputs = routine.parameters.filter(\.isIn)
        var values: [String: JSONValue] = [:]
        for parameter in routine.parameters { values[parameter.name] = .null }
        func fill(_ list: [JSONValue]) {
            for (parameter, value) in zip(inputs, list) { values[parameter.name] = value }
        }
        let sent = call.payload["params"]
        if let list = sent?.array {
            if list.contains(where: { $0["name"] != nil }) {
                for entry in list {
                    guard let name = entry["name"]?.string, values[name] != nil else { continue }
                    values[name] = entry["value"] ?? .null
                }
            } else {
                fill(list)
            }
        } else if let members = sent?.object {
            for (name, value) in members where values[name] != nil { values[name] = value }
        } else if inline.hasPrefix("("), inline.hasSuffix(")") {
            let parts = inline.dropFirst().dropLast().split(separator: ",")
            fill(parts.map { .string($0.trimmingCharacters(in: .whitespaces)) })
        } else {
            for parameter in inputs {
                if let text = call.query[parameter.name] { values[parameter.name] = .string(text) }
            }
        }
        return values
    }

    /// A function's value; a procedure's OUT parameters, or its result sets with the last one twice.
    private func answer(
        _ routine: Routine,
        _ sets: [[[String: JSONValue]]],
        _ values: [String: JSONValue]
    ) -> Answer {
        if kind == .function {
            let value = sets.first?.first?.values.first ?? .null
            return Answer(body: value.isNull ? Optional.none : value)
        }
        let out = routine.parameters.filter(\.isOut)
        if !out.isEmpty {
            let members = out.map { ($0.name, values[$0.name] ?? .null) }
            return Answer(body: .object(Dictionary(uniqueKeysWithValues: members)))
        }
        if call.payload["returns"]?.string != nil {
            return Answer(body: sets.first?.first?.values.first ?? .null)
        }
        let types = call.payload["schema"]?.object ?? [:]
        let shown = sets.map { rows in JSONValue.array(rows.map { typed($0, types) }) }
        let all = JSONValue.array(shown + shown.suffix(1))
        guard let wrapper = call.payload["wrapper"]?.string else { return Answer(body: all) }
        return Answer(body: [wrapper: all])
    }

    private func typed(_ row: [String: JSONValue], _ types: [String: JSONValue]) -> JSONValue {
        .object(
            Dictionary(
                uniqueKeysWithValues: row.map { name, value in
                    let isText = types[name]?.string == "string" && value.string == nil
                    return (name, isText && !value.isNull ? .string(value.text()) : value)
                }
            )
        )
    }
}
