/// An administrator.
package struct Admin: SystemRecord {
    /// `system/admin`.
    package static let resource = "admin"
    /// What it is called.
    package static let noun = "administrator"

    /// Its id.
    package let id: RecordID<Admin>
    /// What people read.
    package let name: String?
    /// The first name.
    package let firstName: String?
    /// The last name.
    package let lastName: String?
    /// The unique e-mail address to log in with.
    package let email: String?
    /// Whether the administrator may log in.
    package let isActive: Bool?
    /// When the administrator logged in.
    package let lastLoginDate: String?

    enum CodingKeys: String, CodingKey {
        case id, name, email
        case firstName = "first_name"
        case lastName = "last_name"
        case isActive = "is_active"
        case lastLoginDate = "last_login_date"
    }
}

extension PlatformClient {
    /// The administrators: `system/admin`; nobody can delete themselves.
    package var admins: SystemRecords<Admin> { SystemRecords(client: self) }
}
