import JSON

/// What somebody is told of themselves.
package struct Profile: Decodable, Hashable, Sendable {
    /// The name to log in with.
    package let username: String?
    /// What people read.
    package let name: String?
    /// The first name.
    package let firstName: String?
    /// The last name.
    package let lastName: String?
    /// The e-mail address.
    package let email: String?
    /// The telephone number.
    package let phone: String?
    /// The question to answer where the password was forgotten.
    package let securityQuestion: String?

    enum CodingKeys: String, CodingKey {
        case username, name, email, phone
        case firstName = "first_name"
        case lastName = "last_name"
        case securityQuestion = "security_question"
    }
}

/// The caller's own profile: `user/profile`, `system/admin/profile`.
package struct Profiles: Sendable {
    let client: PlatformClient
    let audience: Audience

    /// Reads it.
    package func get() async throws(PlatformError) -> Profile {
        let call = PlatformCall.read("read the profile")
        return try Answer.one(call, try await client.send(request(call, "GET")))
    }

    /// Changes the named fields.
    package func update(_ change: some Encodable) async throws(PlatformError) {
        let call = PlatformCall.write("change the profile")
        var request = request(call, "PATCH")
        request.body = try Answer.body(call, change)
        try Answer.success(call, try await client.send(request))
    }

    private func request(_ call: PlatformCall, _ method: String) -> PlatformRequest {
        PlatformRequest(call: call, method: method, path: audience.path + ["profile"])
    }
}

extension PlatformClient {
    /// The caller's profile as a user: `user/profile`.
    package var userProfile: Profiles { Profiles(client: self, audience: .users) }
    /// The caller's profile as an administrator: `system/admin/profile`.
    package var adminProfile: Profiles { Profiles(client: self, audience: .administrators) }
}
