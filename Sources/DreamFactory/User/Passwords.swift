import JSON

/// Changing a password, with the old one or without: `user/password`, `system/admin/password`.
package struct Passwords: Sendable {
    let client: PlatformClient
    let audience: Audience

    /// What is asked of somebody who forgot a password.
    package enum ResetAnswer: Hashable, Sendable {
        /// A code was mailed.
        case codeMailed
        /// This question must be answered.
        case question(String)
    }

    /// What proves that the password may be reset.
    package enum ResetProof: Hashable, Sendable {
        /// The code from the mail.
        case code(String)
        /// The answer to the security question.
        case answer(String)
    }

    /// Changes the caller's password and ends all of the caller's sessions.
    ///
    /// - Parameters:
    ///   - old: The password there is.
    ///   - new: The password to be; unlike elsewhere the platform takes it however short it is.
    ///   - loggingIn: Whether to open a new session.
    /// - Returns: The new session's token, where one was opened.
    /// - Throws: A ``PlatformError``.
    @discardableResult
    package func change(
        from old: String,
        to new: String,
        loggingIn: Bool = false
    ) async throws(PlatformError) -> SessionToken? {
        let body: JSONValue = ["old_password": .string(old), "new_password": .string(new)]
        return try await send("change the password", body, loggingIn: loggingIn)
    }

    /// Asks for a code by mail, or for the security question.
    package func requestReset(email: String) async throws(PlatformError) -> ResetAnswer {
        let call = PlatformCall.write("ask for a password reset")
        var request = request(call, ["email": .string(email)])
        request.query = [QueryItem("reset", "true")]
        let json = try await client.send(request)
        if let question = json["security_question"]?.string { return .question(question) }
        try Answer.success(call, json)
        return .codeMailed
    }

    /// Sets a new password.
    @discardableResult
    package func reset(
        email: String,
        with proof: ResetProof,
        to new: String,
        loggingIn: Bool = false
    ) async throws(PlatformError) -> SessionToken? {
        var body: [String: JSONValue] = ["email": .string(email), "new_password": .string(new)]
        switch proof {
        case .code(let code): body["code"] = .string(code)
        case .answer(let answer): body["security_answer"] = .string(answer)
        }
        return try await send("reset the password", .object(body), loggingIn: loggingIn)
    }

    private func send(
        _ text: String,
        _ body: JSONValue,
        loggingIn: Bool
    ) async throws(PlatformError) -> SessionToken? {
        let call = PlatformCall.write(text)
        var request = request(call, body)
        if loggingIn { request.query = [QueryItem("login", "true")] }
        let json = try await client.send(request)
        try Answer.success(call, json)
        return json["session_token"]?.string.flatMap(SessionToken.init)
    }

    private func request(_ call: PlatformCall, _ body: JSONValue) -> PlatformRequest {
        let path = audience.path + ["password"]
        return PlatformRequest(call: call, method: "POST", path: path, body: body)
    }
}

extension PlatformClient {
    /// Passwords of users: `user/password`.
    package var userPassword: Passwords { Passwords(client: self, audience: .users) }
    /// Passwords of administrators: `system/admin/password`.
    package var adminPassword: Passwords { Passwords(client: self, audience: .administrators) }
}
