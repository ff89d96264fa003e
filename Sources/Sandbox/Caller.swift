import Foundation
import JSON

/// Who makes a call: a user by token or password, an application by its key, both or neither.
struct Caller {
    var user: User?
    var app: App?
    var role: Role?
    var hasKey = false
    /// The verified token the call came with.
    var token: Token?

    var isAdmin: Bool { user?.isAdmin ?? false }

    struct User {
        let id: Int
        /// Whether all is allowed: an admin who was given a role is none any more.
        let isAdmin: Bool
        let isFlaggedAdmin: Bool
        let row: [String: JSONValue]

        init?(_ row: [String: JSONValue]) {
            guard let id = row["id"]?.int else { return nil }
            self.id = id
            isFlaggedAdmin = row["is_sys_admin"]?.int == 1
            isAdmin = isFlaggedAdmin && row["has_role"]?.int != 1
            self.row = row
        }
    }

    struct App {
        let id: Int
        let roleID: Int?
    }
}

extension Exchange {
    /// Finds out who calls; a bad token, an inactive app and a role that is gone are refused here,
    /// before anything is asked about rights.
    func identify() throws -> Caller {
        var caller = Caller()
        let key = call.apiKey
        caller.hasKey = key != nil
        let knownID = try key.flatMap { try appID(ofKey: $0) }
        if !call.isLoginOrRefresh {
            if let text = call.token {
                let token = try Tokens(self).verified(text)
                caller.token = token
                caller.user = try user(id: token.userID)
            } else if let (email, password) = call.basicCredentials {
                caller.user = try basicUser(email, password)
            }
        }
        if let user = caller.user, user.row["is_active"]?.int != 1 {
            throw Refusal(403, "User is not active.")
        }
        guard let knownID else { return caller }
        caller.app = try app(id: knownID)
        let assigned = try caller.user.flatMap { user in
            user.isAdmin ? nil : try assignedRoleID(of: user.id, appID: knownID)
        }
        let roleID = assigned ?? caller.app?.roleID
        caller.role = try roleID.map { try role(id: $0) }
        return caller
    }

    private func appID(ofKey key: String) throws -> Int? {
        let name = "apikey2appid:\(key)"
        if let id = try cache[name]?.int { return id }
        let sql = "SELECT id FROM app WHERE api_key = ? ORDER BY id LIMIT 1"
        guard let id = try store.scalar(sql, [.string(key)])?.int else { return nil }
        try cache.keep(name, .integer(Int64(id)))
        return id
    }

    /// The app from the cache or the table; one that is missing or inactive is not cached.
    private func app(id: Int) throws -> Caller.App {
        let name = "app:\(id)"
        if let cached = try cache[name] {
            return Caller.App(id: id, roleID: cached["role_id"]?.int)
        }
        let sql = "SELECT role_id, is_active FROM app WHERE id = ?"
        guard let row = try store.row(sql, [.integer(Int64(id))]) else {
            throw Refusal(404, "App not found.")
        }
        guard row["is_active"]?.int == 1 else { throw Refusal.inactiveApp }
        try cache.keep(name, .object(row))
        return Caller.App(id: id, roleID: row["role_id"]?.int)
    }

    func role(id: Int) throws -> Role {
        let name = "role:\(id)"
        if let cached = try cache[name].flatMap(Role.init) { return cached }
        let key = JSONValue.integer(Int64(id))
        guard var row = try store.row("SELECT id, name, is_active FROM role WHERE id = ?", [key])
        else { throw Refusal(404, "Role not found.") }
        let rules = try store.rows(
            """
            SELECT access.service_id, service.name AS service, component, verb_mask,
                requestor_mask, filters, filter_op
            FROM role_service_access AS access LEFT JOIN service ON service.id = service_id
            WHERE role_id = ? ORDER BY access.id
            """,
            [key]
        )
        row["rules"] = .array(rules.map(JSONValue.object))
        guard let role = Role(.object(row)) else { throw Refusal.serverError }
        try cache.keep(name, .object(row))
        return role
    }

    /// The role that a user has for the calling application, or else for any.
    func assignedRoleID(of userID: Int, appID: Int) throws -> Int? {
        try store.row(
            "SELECT role_id FROM user_to_app_to_role WHERE user_id = ?1 "
                + "ORDER BY app_id = ?2 DESC, id LIMIT 1",
            [.integer(Int64(userID)), .integer(Int64(appID))]
        )?["role_id"]?.int
    }

    private static let userQuery = """
        SELECT user.*, EXISTS (SELECT 1 FROM user_to_app_to_role WHERE user_id = user.id)
            AS has_role FROM user
        """

    /// The user from the cache or the table.
    func user(id: Int) throws -> Caller.User {
        let name = "user:\(id)"
        if let cached = try cache[name]?.object.flatMap(Caller.User.init) { return cached }
        let sql = Exchange.userQuery + " WHERE id = ?"
        let row = try store.row(sql, [.integer(Int64(id))])
        guard let row, let user = Caller.User(row) else {
            throw Refusal(401, "Invalid token: User verification failed.")
        }
        try cache.keep(name, .object(row))
        return user
    }

    func user(email: String) throws -> Caller.User? {
        try store.row(Exchange.userQuery + " WHERE email = ?", [.string(email)])
            .flatMap(Caller.User.init)
    }

    private func basicUser(_ email: String, _ password: String) throws -> Caller.User {
        guard let user = try user(email: email),
            Password.matches(password, hash: user.row["password"]?.string)
        else { throw Refusal(500, "Invalid credentials.", envelope: .exception) }
        return user
    }
}
