package import JSON

/// An app: an API key that acts with a role.
package struct App: SystemRecord {
    /// Its ids are those of ``AppRecord``.
    package typealias Subject = AppRecord
    /// `system/app`.
    package static let resource = "app"
    /// What it is called.
    package static let noun = "app"

    /// Its id.
    package let id: RecordID<AppRecord>
    /// Its unique name, at most 64 characters.
    package let name: String?
    /// What people read.
    package let description: String?
    /// Its key; nil also where the platform holds one that it would not take from outside.
    package let apiKey: AppKey?
    /// Whether the key may be used; left out when made, it may not.
    package let isActive: Bool?
    /// 0 for an app that is a key and no web page.
    package let type: Int?
    /// Its default role.
    package let roleID: RecordID<RoleRecord>?
    /// Where its web page is.
    package let launchURL: String?
    /// Its default role, where it was asked for with ``withRole`` and the role's id.
    package let role: Role?

    /// The relation that gives ``role``.
    package static let withRole: Related = "role_by_role_id"

    enum CodingKeys: String, CodingKey {
        case id, name, description, type
        case apiKey = "api_key"
        case isActive = "is_active"
        case roleID = "role_id"
        case launchURL = "launch_url"
        case role = "role_by_role_id"
    }

    /// The key of a stored app: the old one would go on working.
    package static func hazards(inChange change: JSONValue) -> [Hazard] {
        change["api_key"] == nil ? [] : [.oldKeyStaysAlive]
    }

    /// Decodes what was asked for.
    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        id = try values.decode(RecordID<AppRecord>.self, forKey: .id)
        name = try values.decodeIfPresent(String.self, forKey: .name)
        description = try values.decodeIfPresent(String.self, forKey: .description)
        apiKey = try values.decodeIfPresent(String.self, forKey: .apiKey).flatMap(AppKey.init)
        isActive = try values.decodeIfPresent(Bool.self, forKey: .isActive)
        type = try values.decodeIfPresent(Int.self, forKey: .type)
        roleID = try values.decodeIfPresent(RecordID<RoleRecord>.self, forKey: .roleID)
        launchURL = try values.decodeIfPresent(String.self, forKey: .launchURL)
        role = try values.decodeIfPresent(Role.self, forKey: .role)
    }
}

/// An app to create.
package struct AppDraft: Encodable, Sendable {
    /// Its unique name.
    package var name: String
    /// What people read.
    package var description: String?
    /// Its key; never left to the platform, whose own keys can be guessed.
    package var apiKey: AppKey
    /// Whether the key may be used at once.
    package var isActive: Bool
    /// Its default role; nil inside a role, which is meant then.
    package var roleID: RecordID<RoleRecord>?

    /// Makes an app to create.
    package init(
        name: String,
        description: String? = nil,
        apiKey: AppKey,
        isActive: Bool = true,
        roleID: RecordID<RoleRecord>? = nil
    ) {
        self.name = name
        self.description = description
        self.apiKey = apiKey
        self.isActive = isActive
        self.roleID = roleID
    }

    /// Encodes the app with the type of an app that is a key and no web page.
    package func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: App.CodingKeys.self)
        try values.encode(name, forKey: .name)
        try values.encodeIfPresent(description, forKey: .description)
        try values.encode(apiKey.rawValue, forKey: .apiKey)
        try values.encode(isActive, forKey: .isActive)
        try values.encode(0, forKey: .type)
        try values.encodeIfPresent(roleID, forKey: .roleID)
    }
}

extension PlatformClient {
    /// The apps: `system/app`.
    package var apps: SystemRecords<App> { SystemRecords(client: self) }
}

extension SystemRecords<App> {
    /// Changes an app's key in place.
    ///
    /// Where the old key was used within hours, it goes on working until the platform's whole cache
    /// is cleared or the app is deleted; that must be accepted as ``Hazard/oldKeyStaysAlive``. A
    /// second app on the same role is the safe way.
    package func setKey(
        _ key: AppKey,
        of id: ID,
        accepting: Set<Hazard>
    ) async throws(PlatformError) -> App {
        try await update(
            id,
            JSONValue.object(["api_key": .string(key.rawValue)]),
            returning: Returning(["id", "name", "api_key"]),
            accepting: accepting
        )
    }
}
