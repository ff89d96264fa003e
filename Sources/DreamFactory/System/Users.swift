/// A user who is no administrator.
package struct User: SystemRecord {
    /// `system/user`.
    package static let resource = "user"
    /// What it is called.
    package static let noun = "user"

    /// Its id.
    package let id: RecordID<User>
    /// What people read; made of the other names where none is given.
    package let name: String?
    /// The unique name to log in with, where the platform uses names.
    package let username: String?
    /// The first name.
    package let firstName: String?
    /// The last name.
    package let lastName: String?
    /// The unique e-mail address to log in with.
    package let email: String?
    /// The telephone number.
    package let phone: String?
    /// Whether the user may log in; turning it off ends all sessions.
    package let isActive: Bool?
    /// When the user logged in.
    package let lastLoginDate: String?
    /// Whether the e-mail address was confirmed.
    package let confirmed: Bool?
    /// Whether the time to confirm it is over.
    package let expired: Bool?
    /// Which role the user has with which app, where it was asked for with ``withRoles``.
    package let roles: [Assignment]?

    /// The relation that gives ``roles-swift.property``.
    package static let withRoles: Related = "user_to_app_to_role_by_user_id"

    /// A role that a user has with an app.
    package struct Assignment: Decodable, Hashable, Sendable {
        /// Its id.
        package let id: RecordID<Assignment>?
        /// The app.
        package let appID: RecordID<AppRecord>?
        /// The role.
        package let roleID: RecordID<RoleRecord>?

        enum CodingKeys: String, CodingKey {
            case id
            case appID = "app_id"
            case roleID = "role_id"
        }
    }

    enum CodingKeys: String, CodingKey {
        case id, name, username, email, phone, confirmed, expired
        case firstName = "first_name"
        case lastName = "last_name"
        case isActive = "is_active"
        case lastLoginDate = "last_login_date"
        case roles = "user_to_app_to_role_by_user_id"
    }
}

/// A user or an administrator to create.
package struct UserDraft: Encodable, Sendable {
    /// The unique e-mail address to log in with.
    package var email: String
    /// At least 16 characters; nil leaves an account that nobody can log in to before it has one.
    package var password: String?
    /// The first name.
    package var firstName: String?
    /// The last name.
    package var lastName: String?
    /// What people read.
    package var name: String?
    /// Whether the user may log in.
    package var isActive: Bool

    /// Makes a user to create.
    package init(
        email: String,
        password: String?,
        firstName: String? = nil,
        lastName: String? = nil,
        name: String? = nil,
        isActive: Bool = true
    ) {
        self.email = email
        self.password = password
        self.firstName = firstName
        self.lastName = lastName
        self.name = name
        self.isActive = isActive
    }

    enum CodingKeys: String, CodingKey {
        case email, password, name
        case firstName = "first_name"
        case lastName = "last_name"
        case isActive = "is_active"
    }
}

extension PlatformClient {
    /// The users: `system/user`.
    package var users: SystemRecords<User> { SystemRecords(client: self) }
}
