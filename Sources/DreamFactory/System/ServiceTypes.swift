package import JSON

/// A type of service that the platform can make.
package struct ServiceType: Decodable, Sendable {
    /// Its name, the `type` of a service.
    package let name: String
    /// What people read as its title.
    package let label: String?
    /// What people read.
    package let description: String?
    /// What it belongs to, for example `Database`.
    package let group: String?
    /// Whether there can be one service of it only.
    package let singleton: Bool?
    /// The licence it needs.
    package let subscriptionRequired: String?
    /// What its settings are.
    package let configSchema: JSONValue?

    enum CodingKeys: String, CodingKey {
        case name, label, description, group, singleton
        case subscriptionRequired = "subscription_required"
        case configSchema = "config_schema"
    }
}

/// The types of services: `system/service_type`.
package struct ServiceTypes: Sendable {
    let client: PlatformClient

    /// Lists the types, of one group where it is named.
    package func list(
        group: ResourceName? = nil,
        fields: Fields? = nil
    ) async throws(PlatformError) -> [ServiceType] {
        let call = PlatformCall.read("list the service types")
        var request = PlatformRequest(call: call, method: "GET", path: ["system", "service_type"])
        request.query = Returning(fields).items
        if let group { request.query.append(QueryItem("group", group.rawValue)) }
        return try Answer.page(call, try await client.send(request)).rows
    }

    /// Describes one type.
    package func get(
        _ name: ResourceName,
        fields: Fields? = nil
    ) async throws(PlatformError) -> ServiceType {
        let call = PlatformCall.read("read the service type")
        let path = ["system", "service_type", name.rawValue]
        var request = PlatformRequest(call: call, method: "GET", path: path)
        request.query = Returning(fields).items
        return try Answer.one(call, try await client.send(request))
    }
}

extension PlatformClient {
    /// The types of services: `system/service_type`.
    package var serviceTypes: ServiceTypes { ServiceTypes(client: self) }
}
