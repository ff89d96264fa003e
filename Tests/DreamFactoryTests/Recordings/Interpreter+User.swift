import JSON

@testable import DreamFactory

extension Interpreter {
    /// The calls of `user` and `system/admin` about oneself.
    func user(_ audience: Audience, _ parts: [String]) async throws -> JSONValue {
        guard parts.count == 1 else { throw NotOffered.address }
        switch parts[0] {
        case "session": return try await session(Sessions(client: client, audience: audience))
        case "password":
            return try await password(Passwords(client: client, audience: audience))
        case "profile": return try await profile(Profiles(client: client, audience: audience))
        case "register": return try await register()
        default: throw NotOffered.address
        }
    }

    private func session(_ sessions: Sessions) async throws -> JSONValue {
        guard call.query.isEmpty else { throw NotOffered.parameter }
        switch call.method {
        case "POST": return try check(try await logIn(sessions))
        case "GET": return try check(try await sessions.current())
        case "PUT":
            try noBody()
            return try check(try await sessions.refresh())
        case "DELETE":
            try await sessions.logOut()
            return ["success": true]
        default: throw NotOffered.operation
        }
    }

    private func logIn(_ sessions: Sessions) async throws -> Session {
        // A login with a session is not a login.
        guard call.headers["x-dreamfactory-session-token"] == nil else {
            throw NotOffered.credentials
        }
        guard let body = call.bodyJSON?.object, let email = body["email"]?.string,
            let password = body["password"]?.string
        else { throw NotOffered.noRecord }
        guard Set(body.keys).isSubset(of: ["email", "password", "remember_me"]) else {
            throw NotOffered.parameter
        }
        return try await sessions.logIn(
            PlatformCredentials(email: email, password: password),
            rememberMe: body["remember_me"]?.bool ?? false
        )
    }

    private func check(_ session: Session) throws -> JSONValue {
        let answer = try answered()
        guard session.token.rawValue == answer["session_token"]?.string,
            session.userID == answer["id"]?.integer, session.email == answer["email"]?.string,
            session.isAdministrator == answer["is_sys_admin"]?.bool, session.expiry != nil,
            session.roleID?.rawValue == answer["role_id"]?.integer
        else { throw PlatformError(.logIn, .unreadable(status: 200)) }
        return answer
    }

    private func password(_ passwords: Passwords) async throws -> JSONValue {
        guard call.method == "POST" else { throw NotOffered.operation }
        guard let body = call.bodyJSON?.object?.compactMapValues(\.string) else {
            throw NotOffered.noRecord
        }
        let logsIn = call.query.contains { $0.name == "login" }
        if call.query.contains(where: { $0.name == "reset" }) {
            guard let email = body["email"] else { throw NotOffered.noRecord }
            let answer = try await passwords.requestReset(email: email)
            if case .question(let question) = answer {
                return ["security_question": .string(question)]
            }
            return ["success": true]
        }
        guard let new = body["new_password"] else { throw NotOffered.noRecord }
        let token: SessionToken?
        if let old = body["old_password"] {
            token = try await passwords.change(from: old, to: new, loggingIn: logsIn)
        } else {
            let proof =
                body["code"].map(Passwords.ResetProof.code)
                ?? body["security_answer"].map(Passwords.ResetProof.answer)
            guard let email = body["email"], let proof else { throw NotOffered.noRecord }
            token = try await passwords.reset(
                email: email,
                with: proof,
                to: new,
                loggingIn: logsIn
            )
        }
        return done(token)
    }

    private func register() async throws -> JSONValue {
        guard call.method == "POST" else { throw NotOffered.operation }
        let logsIn = call.query.contains { $0.name == "login" }
        return done(try await client.registration.register(try record(), loggingIn: logsIn))
    }

    private func done(_ token: SessionToken?) -> JSONValue {
        var members: [String: JSONValue] = ["success": true]
        members["session_token"] = token.map { .string($0.rawValue) }
        return .object(members)
    }

    private func profile(_ profiles: Profiles) async throws -> JSONValue {
        switch call.method {
        case "GET":
            let profile = try await profiles.get()
            guard profile.email == call.answerJSON?["email"]?.string,
                profile.firstName == call.answerJSON?["first_name"]?.string
            else { throw PlatformError(.readPages, .unreadable(status: 200)) }
            return try answered()
        case "PATCH":
            try await profiles.update(try record())
            return ["success": true]
        default: throw NotOffered.alias
        }
    }
}
