package import JSON

/// What a procedure or function is called with.
package enum RoutineParameters: Sendable, Equatable {
    /// By name; what is missing is null there.
    case named([(name: String, value: JSONValue)])
    /// By position.
    case ordered([JSONValue])

    /// Whether both are the same.
    package static func == (left: RoutineParameters, right: RoutineParameters) -> Bool {
        left.json == right.json
    }

    var json: JSONValue {
        switch self {
        case .named(let list):
            .array(list.map { ["name": .string($0.name), "value": $0.value] })
        case .ordered(let values): .array(values)
        }
    }
}

/// Stored procedures or functions of a database: `{service}/_proc`, `{service}/_func`.
///
/// A call may change data whichever verb it is made with, so none is ever repeated.
package struct Routines: Sendable {
    /// Which of the two.
    enum Kind: String {
        case procedure = "_proc"
        case function = "_func"

        var noun: String { self == .procedure ? "procedure" : "function" }
    }

    let client: PlatformClient
    let service: ResourceName
    let kind: Kind

    /// Their names.
    package func names() async throws(PlatformError) -> [String] {
        let call = PlatformCall.read("list the \(kind.noun)s")
        let page: Page<Named> = try Answer.page(call, try await send(call, "GET", nil))
        return page.rows.map(\.name)
    }

    /// The descriptions of the named ones, or of all.
    package func descriptions(
        _ names: [ResourceName]? = nil
    ) async throws(PlatformError) -> [JSONValue] {
        let call = PlatformCall.read("describe the \(kind.noun)s")
        let items =
            try names.map { names throws(PlatformError) in
                try Schema.items(call, names)
            } ?? [QueryItem("fields", "*")]
        return try Answer.page(call, try await send(call, "GET", nil, items)).rows
    }

    /// Calls one with GET, with simple parameters by name.
    ///
    /// - Returns: Rows, rows of rows where there are several results (the last one comes twice), an
    ///   object of what the call gives out, or a function's value; null where it is null.
    package func get(
        _ name: ResourceName,
        _ parameters: [(name: FieldName, value: String)] = []
    ) async throws(PlatformError) -> JSONValue {
        let call = PlatformCall.write("call the \(kind.noun)")
        let items = parameters.map { QueryItem($0.name.rawValue, $0.value) }
        return try await send(call, "GET", name, items)
    }

    /// Calls one with POST.
    ///
    /// - Parameters:
    ///   - name: Its name.
    ///   - parameters: What it is called with; nil calls it with nothing.
    ///   - returns: The type that a result is turned into, for example `integer`.
    ///   - schema: The types that fields of the result are turned into.
    ///   - wrapper: The name that the result is wrapped in.
    /// - Returns: What ``get(_:_:)`` gives.
    /// - Throws: A ``PlatformError``.
    package func call(
        _ name: ResourceName,
        _ parameters: RoutineParameters? = nil,
        returns: String? = nil,
        schema: JSONValue? = nil,
        wrapper: String? = nil
    ) async throws(PlatformError) -> JSONValue {
        var body: [String: JSONValue] = [:]
        body["params"] = parameters?.json
        body["returns"] = returns.map(JSONValue.string)
        body["schema"] = schema
        body["wrapper"] = wrapper.map(JSONValue.string)
        let call = PlatformCall.write("call the \(kind.noun)")
        return try await send(call, "POST", name, [], .object(body))
    }

    private func send(
        _ call: PlatformCall,
        _ method: String,
        _ name: ResourceName?,
        _ items: [QueryItem] = [],
        _ body: JSONValue? = nil
    ) async throws(PlatformError) -> JSONValue {
        let path = [service.rawValue, kind.rawValue] + (name.map { [$0.rawValue] } ?? [])
        var request = PlatformRequest(
            call: call,
            method: method,
            path: path,
            query: items,
            body: body
        )
        request.mayBeEmpty = name != nil
        return try await client.send(request)
    }
}
