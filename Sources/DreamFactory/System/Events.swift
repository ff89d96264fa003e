package import JSON

/// The events that scripts can follow: `system/event`.
package struct Events: Sendable {
    let client: PlatformClient

    /// The names of the events.
    ///
    /// - Parameters:
    ///   - service: Those of one service only.
    ///   - scriptable: Those only that a script can be attached to.
    /// - Returns: The names.
    /// - Throws: A ``PlatformError``.
    package func names(
        service: ResourceName? = nil,
        scriptable: Bool = false
    ) async throws(PlatformError) -> [String] {
        let call = PlatformCall.read("list the events")
        var items = [QueryItem("as_list", "true")]
        if let service { items.append(QueryItem("service", service.rawValue)) }
        if scriptable { items.append(QueryItem("scriptable", "true")) }
        return try Answer.page(call, try await client.send(request(call, items))).rows
    }

    /// The events by service, path and verb, as the platform gives them.
    package func tree(service: ResourceName? = nil) async throws(PlatformError) -> JSONValue {
        let call = PlatformCall.read("list the events")
        let items = service.map { [QueryItem("service", $0.rawValue)] } ?? []
        return try await client.send(request(call, items))
    }

    private func request(_ call: PlatformCall, _ items: [QueryItem]) -> PlatformRequest {
        PlatformRequest(call: call, method: "GET", path: ["system", "event"], query: items)
    }
}

extension PlatformClient {
    /// The events that scripts can follow: `system/event`.
    package var events: Events { Events(client: self) }
}
