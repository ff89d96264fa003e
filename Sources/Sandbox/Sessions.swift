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
        guard let user = try exchange.user(email: email), user.isFlaggedAdmin == isAdminDoor,
            user.row["is_active"]?.int == 1,
            Password.matches(password, hash: user.row["password"]?.string)
        else { throw Refusal.wrongCredentials }
        let moment = JSONValue.string(Moment.text(exchange.now))
        let id = JSONValue.integer(Int64(user.id))
        try exchange.store.update("user", id: id, ["last_login_date": moment])
        try exchange.cache.forget("user:\(user.id)")
        let token = try Tokens(exchange).issue(userID: user.id, email: email)
        var exchange = exchange
        if let app = exchange.caller.app, !isAdminDoor,
            let role = try exchange.assignedRoleID(of: user.id, appID: app.id)
        {
            exchange.caller.role = try exchange.role(id: role)
        }
        return try Answer(body: session(exchange, token, exchange.user(id: user.id)))
    }

    static func show(_ exchange: Exchange) throws -> Answer {
        let isAdminDoor = exchange.call.service == "system"
        guard let user = exchange.caller.user else {
            throw isAdminDoor
                ? Refusal(404, "No user session found.")
                : Refusal(401, "There is no valid session for the current request.")
        }
        if isAdminDoor, !user.isFlaggedAdmin {
            throw Refusal(401, "You are not authorized to perform this action.")
        }
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
            "id": .integer(Int64(user.id)), "is_sys_admin": .bool(user.isFlaggedAdmin),
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
