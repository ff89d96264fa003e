package import JSON

/// What the platform says of itself; how much depends on who asks.
package struct PlatformEnvironment: Sendable {
    /// All that it said.
    package let json: JSONValue

    /// The version, for any caller with a role or a session.
    package var version: String? { json.at("platform", "version")?.string }
    /// The licence's name, for any caller with a role or a session.
    package var license: String? { json.at("platform", "license")?.string }
    /// Whether lists are wrapped.
    package var wrapsLists: Bool? { json.at("config", "always_wrap_resources")?.bool }
    /// What they are wrapped in.
    package var wrapper: String? { json.at("config", "resources_wrapper")?.string }
    /// The host's name, which makes the platform's own keys guessable.
    package var host: String? { json.at("server", "host")?.string }
}

/// What anybody may know of the platform.
package struct PlatformStatus: Decodable, Sendable {
    /// The version.
    package let version: String?
    /// The licence's name.
    package let license: String?
}

extension PlatformClient {
    /// What the platform says of itself: `system/environment`.
    package func environment() async throws(PlatformError) -> PlatformEnvironment {
        let call = PlatformCall.read("read the environment")
        let path = ["system", "environment"]
        let json = try await send(PlatformRequest(call: call, method: "GET", path: path))
        guard json.object != nil else { throw PlatformError(call, .unreadable(status: 200)) }
        return PlatformEnvironment(json: json)
    }

    /// The cheapest sign of life: `/status`, which an operator may have closed.
    package func status() async throws(PlatformError) -> PlatformStatus {
        let call = PlatformCall.read("read the status")
        var request = PlatformRequest(call: call, method: "GET", path: ["status"])
        request.root = ""
        return try Answer.one(call, try await send(request))
    }

    /// The names of the resources of a service; `system` for the System API's own.
    package func resources(of service: ResourceName) async throws(PlatformError) -> [String] {
        let call = PlatformCall.read("list the service's resources")
        let path = [service.rawValue]
        let json = try await send(PlatformRequest(call: call, method: "GET", path: path))
        let page: Page<Named> = try Answer.page(call, json)
        return page.rows.map(\.name)
    }

    /// The services that the caller may see.
    package func visibleServices() async throws(PlatformError) -> JSONValue {
        let call = PlatformCall.read("list the services")
        return try await send(PlatformRequest(call: call, method: "GET", path: []))
    }

    /// The OpenAPI document of a service; it can be large.
    package func specification(of service: ResourceName) async throws(PlatformError) -> JSONValue {
        let call = PlatformCall.read("read the service's specification")
        let path = [service.rawValue, "_spec"]
        return try await send(PlatformRequest(call: call, method: "GET", path: path))
    }
}

/// A thing of which only the name matters.
struct Named: Decodable {
    let name: String
}
