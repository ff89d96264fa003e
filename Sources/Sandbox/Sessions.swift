import Foundation
import JSON

/// `system/admin/session` and `user/session`: login, look, refresh, logout.
enum Sessions {
    static func logIn(_ exchange: Exchange) throws -> Answer {
        let fields = exchange.call.payload
        guard let email = fields["email"]?.string, !email.isEmpty else {
            throw Refusal(400, "Login request is missing required email.")
        }
        guard let password = fields["password"]?.string, !password.isEmpty else {
            throw Refusal(400, "Login request is missing required password.")
        }
        // Admins and users have a door each, and the other's credentials do not open it.
        let isAdminDoor = exchange.call.service == "system"
        guard let user = try exchange.user(email: email), user.isAdmin == isAdminDoor,
            user.row["is_active"]?.int == 1,
            Password.matches(password, hash: user.row["password"]?.string)
        else { throw Refusal.wrongCredentials }
        let moment = JSONValue.string(Moment.text(exchange.now))
        let id = JSONValue.integer(Int64(user.id))
        try exchange.store.update("user", id: id, ["last_login_date": moment])
        let token = try Tokens(exchange).issue(userID: user.id, email: email)
        return try Answer(body: session(exchange, token, exchange.user(id: user.id)))
    }

    static func show(_ exchange: Exchange) throws -> Answer {
        guard let user = exchange.caller.user else {
            throw Refusal(404, "No user session found.")
        }
        if exchange.call.service == "system", !user.isAdmin { throw Refusal.notAuthenticated }
        return Answer(body: session(exchange, exchange.caller.token?.text ?? "", user))
    }

    static func refresh(_ exchange: Exchange) throws -> Answer {
        let (token, user) = try Tokens(exchange).refresh(exchange.call.token ?? "")
        return Answer(body: session(exchange, token, user))
    }

    static func logOut(_ exchange: Exchange) throws -> Answer {
        if let token = exchange.caller.token { try Tokens(exchange).end(token) }
        return .success
    }

    /// `token_expiry_date` is a lifetime from now whatever the token says, as on the platform.
    private static func session(
        _ exchange: Exchange,
        _ token: String,
        _ user: Caller.User
    ) -> JSONValue {
        var fields: [String: JSONValue] = [
            "session_token": .string(token), "session_id": .string(token),
            "id": .integer(Int64(user.id)), "is_sys_admin": .bool(user.isAdmin),
            "host": .string(Exchange.host),
            "token_expiry_date": .string(
                Moment.text(exchange.now.addingTimeInterval(Tokens.lifetime))
            ),
        ]
        for name in ["name", "first_name", "last_name", "email", "last_login_date"] {
            fields[name] = user.row[name] ?? .null
        }
        if let role = exchange.caller.role {
            fields["role"] = .string(role.name)
            fields["role_id"] = .integer(Int64(role.id))
        }
        return .object(fields)
    }
}
