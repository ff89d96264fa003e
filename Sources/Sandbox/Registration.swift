import JSON

/// `user/register`: people who make their own account, where the service `user` allows it.
enum Registration {
    static func register(_ exchange: Exchange) throws -> Answer {
        let config = exchange.service?.config
        guard config?["allow_open_registration"]?.bool == true else {
            throw Refusal(403, "Open Registration is not enabled.")
        }
        let sent = exchange.call.payload.object ?? [:]
        let email = sent["email"]?.string ?? ""
        // The platform splits the address at its @ before it looks whether there is one.
        guard let at = email.firstIndex(of: "@") else { throw Refusal.undefinedKey("1") }
        let password = sent["new_password"]?.string ?? sent["password"]?.string
        try check(email: email, password: password, exchange)
        let local = JSONValue.string(String(email[..<at]))
        let (first, last) = (sent["first_name"] ?? local, sent["last_name"] ?? local)
        let values: [String: JSONValue] = [
            "email": .string(email), "username": .string(email), "first_name": first,
            "last_name": last, "is_active": true,
            "name": sent["name"] ?? .string("\(first.string ?? "") \(last.string ?? "")"),
            "password": .string(password ?? ""),
        ]
        let records = Records(exchange: exchange, kind: .user)
        let id = try records.insert(
            records.hashed(values).merging(RecordKind.user.scope) { _, scope in scope }
        )
        if config?["open_reg_email_service_id"]?.int != nil {
            // The account is taken back, and its number is lost.
            try exchange.store.run("DELETE FROM user WHERE id = ?", [.integer(Int64(id))])
            return Refusal.noMail("Error processing user confirmation.\n").answer
        }
        if let role = config?["open_reg_role_id"], role.int != nil {
            try assign(role, to: id, exchange.store)
        }
        return try PasswordResource.success(exchange, userID: id, email: email)
    }

    private static func check(email: String, password: String?, _ exchange: Exchange) throws {
        var complaints: [String: JSONValue] = [:]
        if try exchange.user(email: email) != nil {
            complaints["email"] = ["The email has already been taken."]
        }
        if password?.isEmpty ?? true {
            complaints["password"] = ["The password field is required."]
        } else if let password, password.count < 16 {
            complaints["password"] = ["The password field must be at least 16 characters."]
        }
        guard complaints.isEmpty else {
            throw Refusal(400, "Validation failed", context: .object(complaints))
        }
    }

    /// The role for every application that there is.
    private static func assign(_ role: JSONValue, to user: Int, _ store: Store) throws {
        try store.run(
            "INSERT INTO user_to_app_to_role (user_id, app_id, role_id) "
                + "SELECT ?, id, ? FROM app ORDER BY id",
            [.integer(Int64(user)), role]
        )
    }
}
