import JSON

/// `user/profile` and `system/admin/profile`: what people may read and change of themselves.
enum Profile {
    private static let fields = [
        "username", "first_name", "last_name", "name", "email", "phone", "security_question",
        "default_app_id",
    ]

    private static func user(_ exchange: Exchange) throws(Refusal) -> Caller.User {
        guard let user = exchange.caller.user else {
            throw Refusal(401, "There is no valid session for the current request.")
        }
        return user
    }

    static func show(_ exchange: Exchange) throws -> Answer {
        let row = try user(exchange).row
        var profile: [String: JSONValue] = ["oauth_provider": "", "adldap": ""]
        for name in fields { profile[name] = row[name] ?? .null }
        return Answer(body: .object(profile))
    }

    static func change(_ exchange: Exchange) throws -> Answer {
        let user = try user(exchange)
        let sent = exchange.call.payload.object ?? [:]
        let known = sent.filter { fields.contains($0.key) || $0.key == "security_answer" }
        let records = Records(exchange: exchange, kind: .user)
        let stored = records.hashed(RecordKind.user.values(of: known))
        try records.update(user.row, .integer(Int64(user.id)), stored, isNested: true)
        return .success
    }
}
