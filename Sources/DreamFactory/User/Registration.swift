import JSON

/// Who wants an account.
package struct NewAccount: Encodable, Sendable {
    /// The e-mail address; a bad or missing one makes the platform fail inside.
    package var email: String
    /// At least 16 characters; nil where the platform confirms by mail.
    package var password: String?
    /// The first name.
    package var firstName: String?
    /// The last name.
    package var lastName: String?

    /// Asks for an account.
    package init(
        email: String,
        password: String?,
        firstName: String? = nil,
        lastName: String? = nil
    ) {
        self.email = email
        self.password = password
        self.firstName = firstName
        self.lastName = lastName
    }

    enum CodingKeys: String, CodingKey {
        case email, password
        case firstName = "first_name"
        case lastName = "last_name"
    }
}

/// Registration by anybody: `user/register`, refused unless the platform's operator opened it.
package struct Registration: Sendable {
    let client: PlatformClient

    /// Registers.
    ///
    /// - Parameters:
    ///   - account: Who; any `Encodable` with the platform's field names will do.
    ///   - loggingIn: Whether to open a session too.
    /// - Returns: The session's token, where one was opened.
    /// - Throws: A ``PlatformError``.
    @discardableResult
    package func register(
        _ account: some Encodable,
        loggingIn: Bool = false
    ) async throws(PlatformError) -> SessionToken? {
        let call = PlatformCall.write("register")
        var request = PlatformRequest(call: call, method: "POST", path: ["user", "register"])
        if loggingIn { request.query = [QueryItem("login", "true")] }
        request.body = try Answer.body(call, account)
        let json = try await client.send(request)
        try Answer.success(call, json)
        return json["session_token"]?.string.flatMap(SessionToken.init)
    }
}

extension PlatformClient {
    /// Registration by anybody: `user/register`.
    package var registration: Registration { Registration(client: self) }
}
