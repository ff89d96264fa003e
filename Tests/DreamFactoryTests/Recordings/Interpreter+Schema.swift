import JSON

@testable import DreamFactory

extension Interpreter {
    func schema(_ schema: Schema, _ parts: [String]) async throws -> JSONValue {
        let names = try parts.map { part in
            guard let name = ResourceName(part) else { throw NotOffered.address }
            return name
        }
        if names.count > 1 {
            guard let part = SchemaPart(rawValue: parts[1]) else { throw NotOffered.inline }
            return try await self.part(schema, part, names)
        }
        let query = try QueryReader(call.query, others: ["refresh", "check_exist"])
        return try await names.isEmpty
            ? tables(schema, query) : table(schema, names[0], query)
    }

    private func tables(_ schema: Schema, _ query: QueryReader) async throws -> JSONValue {
        switch call.method {
        case "GET":
            if let ids = query.ids {
                let names = try query.resourceNames(ids)
                return Self.wrapped(try await schema.tables(names, as: JSONValue.self))
            }
            if query.query.fields == .all {
                return Self.wrapped(try await schema.tables(as: JSONValue.self))
            }
            guard query.query == RecordQuery() else { throw NotOffered.parameter }
            let names = try await schema.names(refreshing: query.others["refresh"] != nil)
            return Self.wrapped(names.map { ["name": .string($0)] })
        case "POST":
            return Self.wrapped(
                try await schema.create(
                    records(),
                    failingIfPresent: query.others["check_exist"] != nil,
                    returning: query.returning,
                    as: JSONValue.self
                )
            )
        case "PATCH":
            return Self.wrapped(try await schema.alter(records(), as: JSONValue.self))
        case "DELETE":
            guard call.body == nil else { throw NotOffered.inline }
            guard let ids = query.ids else { throw NotOffered.hazard }
            let names = try await schema.drop(
                query.resourceNames(ids),
                accepting: [.dataDropped]
            )
            return Self.wrapped(names.map { ["name": .string($0)] })
        default: throw NotOffered.operation
        }
    }

    private func table(
        _ schema: Schema,
        _ name: ResourceName,
        _ query: QueryReader
    ) async throws -> JSONValue {
        switch call.method {
        case "GET":
            // A description is given whole, whatever fields are asked for.
            guard call.query.isEmpty else { throw NotOffered.parameter }
            return try await schema.table(name, as: JSONValue.self)
        case "PATCH":
            return try await schema.alter(
                name,
                try record(),
                returning: query.returning,
                as: JSONValue.self
            )
        case "PUT":
            return try await schema.replace(
                name,
                with: try record(),
                accepting: [.columnsDropped],
                as: JSONValue.self
            )
        case "DELETE":
            try await schema.drop(name, accepting: [.dataDropped])
            return ["success": true]
        default: throw NotOffered.operation
        }
    }

    private func part(
        _ schema: Schema,
        _ part: SchemaPart,
        _ names: [ResourceName]
    ) async throws -> JSONValue {
        let query = try QueryReader(call.query)
        let name = names.count > 2 ? names[2] : nil
        switch (call.method, name) {
        case ("GET", nil): return Self.wrapped(try await schema.parts(part, of: names[0]))
        case ("GET", let name?): return try await schema.part(part, name, of: names[0])
        case ("POST", nil):
            try await schema.createParts(part, records(), of: names[0])
        case ("POST", let name?):
            try await schema.createPart(part, name, try record(), of: names[0])
        case ("PATCH", let name?):
            try await schema.alterPart(part, name, try record(), of: names[0])
        case ("DELETE", let name?):
            try await schema.dropPart(part, name, of: names[0], accepting: [.dataDropped])
        case ("DELETE", nil):
            guard let ids = query.ids else { throw NotOffered.hazard }
            try await schema.dropParts(
                part,
                query.resourceNames(ids),
                of: names[0],
                accepting: [.dataDropped]
            )
        default: throw NotOffered.operation
        }
        return try answered()
    }

    func routine(_ routines: Routines, _ parts: [String]) async throws -> JSONValue {
        guard let part = parts.first else { return try await routineList(routines) }
        guard !part.contains("(") else { throw NotOffered.inline }
        guard let name = ResourceName(part) else { throw NotOffered.address }
        switch call.method {
        case "GET":
            let parameters = try call.query.map { item in
                guard let name = FieldName(item.name) else { throw NotOffered.spelling }
                return (name: name, value: item.value)
            }
            return try await routines.get(name, parameters)
        case "POST": return try await routineCall(routines, name)
        default: throw NotOffered.operation
        }
    }

    private func routineList(_ routines: Routines) async throws -> JSONValue {
        let query = try QueryReader(call.query)
        if let ids = query.ids {
            return Self.wrapped(try await routines.descriptions(query.resourceNames(ids)))
        }
        if query.query.fields == .all { return Self.wrapped(try await routines.descriptions()) }
        return try await named { try await routines.names() }
    }

    private func routineCall(
        _ routines: Routines,
        _ name: ResourceName
    ) async throws -> JSONValue {
        guard let body = call.bodyJSON?.object else { throw NotOffered.noRecord }
        var parameters: RoutineParameters?
        if let json = body["params"] {
            guard let list = json.array else { throw NotOffered.inline }
            let named = list.compactMap { one in
                one["name"]?.string.map { (name: $0, value: one["value"] ?? .null) }
            }
            parameters = named.count == list.count ? .named(named) : .ordered(list)
        }
        return try await routines.call(
            name,
            parameters,
            returns: body["returns"]?.string,
            schema: body["schema"],
            wrapper: body["wrapper"]?.string
        )
    }
}
