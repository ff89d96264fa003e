package import JSON

/// A service: an API that the platform offers, part of every address.
package struct PlatformService: SystemRecord {
    /// Its ids are those of ``ServiceRecord``.
    package typealias Subject = ServiceRecord
    /// `system/service`.
    package static let resource = "service"
    /// What it is called.
    package static let noun = "service"

    /// Its id.
    package let id: RecordID<ServiceRecord>
    /// Its unique name, at most 40 characters; one with capitals can be stored but not called.
    package let name: String?
    /// What people read as its title.
    package let label: String?
    /// What people read; a service without one cannot be changed until it has one.
    package let description: String?
    /// Whether it answers; left out when made, it does not.
    package let isActive: Bool?
    /// Its type, one of ``ServiceType``.
    package let type: String?
    /// Whether it is meant to be changed; the platform does not keep anybody from it.
    package let mutable: Bool?
    /// Whether it is meant to be deleted; the platform does not keep anybody from it, and without
    /// `system` it is dead.
    package let deletable: Bool?
    /// Its settings, with secrets masked; only in answers for which no fields were named.
    package let config: JSONValue?

    enum CodingKeys: String, CodingKey {
        case id, name, label, description, type, mutable, deletable, config
        case isActive = "is_active"
    }
}

/// A service to create.
package struct ServiceDraft: Encodable, Sendable {
    /// Its unique name: letters, digits, `_` and `-`, no capitals.
    package var name: String
    /// What people read as its title.
    package var label: String
    /// What people read; without one the service cannot be changed later.
    package var description: String
    /// Its type, one of ``ServiceType``.
    package var type: String
    /// Whether it answers.
    package var isActive: Bool
    /// Its settings, which depend on its type.
    package var config: JSONValue

    /// Makes a service to create.
    package init(
        name: String,
        label: String,
        description: String,
        type: String,
        isActive: Bool = true,
        config: JSONValue
    ) {
        self.name = name
        self.label = label
        self.description = description
        self.type = type
        self.isActive = isActive
        self.config = config
    }

    enum CodingKeys: String, CodingKey {
        case name, label, description, type, config
        case isActive = "is_active"
    }
}

extension PlatformClient {
    /// The services: `system/service`.
    package var services: SystemRecords<PlatformService> { SystemRecords(client: self) }
}
