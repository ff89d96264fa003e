import JSON

/// What a table's description holds besides the table itself.
package enum SchemaPart: String, Hashable, Sendable {
    /// The columns.
    case field = "_field"
    /// The relations.
    case related = "_related"
}

extension Schema {
    /// The columns or the relations of a table.
    package func parts<Row: Decodable & Sendable>(
        _ part: SchemaPart,
        of table: ResourceName,
        as type: Row.Type = JSONValue.self
    ) async throws(PlatformError) -> [Row] {
        let call = PlatformCall.read("list the table's parts")
        return try Answer.page(call, try await send(call, "GET", [table, part.name])).rows
    }

    /// One column or relation of a table.
    package func part<Row: Decodable & Sendable>(
        _ part: SchemaPart,
        _ name: ResourceName,
        of table: ResourceName,
        as type: Row.Type = JSONValue.self
    ) async throws(PlatformError) -> Row {
        let call = PlatformCall.read("describe the table's part")
        return try Answer.one(call, try await send(call, "GET", [table, part.name, name]))
    }

    /// Adds columns or relations, or changes those that exist; the answer says nothing of them.
    package func createParts(
        _ part: SchemaPart,
        _ descriptions: [some Encodable],
        of table: ResourceName
    ) async throws(PlatformError) {
        let call = PlatformCall.write("add to the table's schema")
        let body = try Self.wrapped(call, descriptions)
        _ = try await send(call, "POST", [table, part.name], [], body)
    }

    /// Adds one column or relation by its name.
    package func createPart(
        _ part: SchemaPart,
        _ name: ResourceName,
        _ description: some Encodable,
        of table: ResourceName
    ) async throws(PlatformError) {
        let call = PlatformCall.write("add to the table's schema")
        let body = try Answer.body(call, description)
        _ = try await send(call, "POST", [table, part.name, name], [], body)
    }

    /// Changes one column or relation.
    package func alterPart(
        _ part: SchemaPart,
        _ name: ResourceName,
        _ change: some Encodable,
        of table: ResourceName
    ) async throws(PlatformError) {
        let call = PlatformCall.write("change the table's schema")
        let body = try Answer.body(call, change)
        _ = try await send(call, "PATCH", [table, part.name, name], [], body)
    }

    /// Drops one column with what is in it, or one relation; a missing one is a success too.
    package func dropPart(
        _ part: SchemaPart,
        _ name: ResourceName,
        of table: ResourceName,
        accepting: Set<Hazard>
    ) async throws(PlatformError) {
        let call = PlatformCall.write("drop from the table's schema")
        try accepting.check(call, [.dataDropped])
        try Answer.success(call, try await send(call, "DELETE", [table, part.name, name]))
    }

    /// Drops several columns with what is in them, or relations.
    package func dropParts(
        _ part: SchemaPart,
        _ names: [ResourceName],
        of table: ResourceName,
        accepting: Set<Hazard>
    ) async throws(PlatformError) {
        let call = PlatformCall.write("drop from the table's schema")
        try accepting.check(call, [.dataDropped])
        let items = try Self.items(call, names)
        _ = try await send(call, "DELETE", [table, part.name], items)
    }
}

extension SchemaPart {
    fileprivate var name: ResourceName {
        switch self {
        case .field: "_field"
        case .related: "_related"
        }
    }
}
