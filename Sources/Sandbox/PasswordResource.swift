import Digest
import JSON

/// `user/password` and `system/admin/password`: change, reset by security question, or by a code
/// that the sandbox, which sends no mail, never gives out.
enum PasswordResource {
    static func post(_ exchange: Exchange) throws -> Answer {
        let sent = exchange.call.payload
        if let user = exchange.caller.user, sent["old_password"] != nil {
            return try change(exchange, user)
        }
        if exchange.call.flag("reset") { return try reset(exchange) }
        guard let email = sent["email"]?.string, !email.isEmpty else { throw notEnough }
        if let code = sent["code"]?.string { return try redeem(code, email, exchange) }
        guard let answer = sent["security_answer"]?.string else { throw notEnough }
        return try answerQuestion(answer, email, exchange)
    }

    private static let notEnough = Refusal(
        400,
        "Not enough information provided to change password."
    )

    /// Any length will do here, though not where an admin makes the account.
    private static func change(_ exchange: Exchange, _ user: Caller.User) throws -> Answer {
        let sent = exchange.call.payload
        guard let old = sent["old_password"]?.string, !old.isEmpty,
            let new = sent["new_password"]?.string, !new.isEmpty
        else {
            throw Refusal(400, "Both old and new password are required to change the password.")
        }
        guard Password.matches(old, hash: user.row["password"]?.string) else {
            throw Refusal(400, "The password supplied does not match.")
        }
        try set(new, for: user, exchange)
        return try success(exchange, userID: user.id, email: user.row["email"]?.string ?? "")
    }

    private static func set(_ password: String, for user: Caller.User, _ exchange: Exchange) throws
    {
        let hash = Password.hash(password, salt: exchange.random.bytes(16))
        let id = JSONValue.integer(Int64(user.id))
        try exchange.store.update("user", id: id, ["password": .string(hash)])
        try exchange.cache.forget("user:\(user.id)")
        try Tokens(exchange).endAll(of: user.id)
    }

    private static func known(_ email: String, _ exchange: Exchange) throws -> Caller.User {
        guard let user = try exchange.user(email: email) else {
            throw Refusal(404, "The supplied email was not found in the system.")
        }
        guard user.isFlaggedAdmin == (exchange.call.service == "system") else {
            throw Refusal(
                401,
                "You are not authorized to reset/change password for the account \(email)"
            )
        }
        return user
    }

    private static func reset(_ exchange: Exchange) throws -> Answer {
        guard let email = exchange.call.payload["email"]?.string, !email.isEmpty else {
            throw Refusal(400, "Missing required email for password reset confirmation.")
        }
        let user = try known(email, exchange)
        if let question = user.row["security_question"]?.string, !question.isEmpty {
            return Answer(body: ["security_question": .string(question)])
        }
        throw Refusal.noMail("Error processing password reset.\n")
    }

    private static func answerQuestion(
        _ answer: String,
        _ email: String,
        _ exchange: Exchange
    ) throws -> Answer {
        guard let new = exchange.call.payload["new_password"]?.string, !new.isEmpty else {
            throw Refusal(400, "Missing new password for reset.")
        }
        let user = try known(email, exchange)
        guard Password.matches(answer, hash: user.row["security_answer"]?.string) else {
            throw Refusal(400, "The answer supplied does not match.")
        }
        try set(new, for: user, exchange)
        return try success(exchange, userID: user.id, email: email)
    }

    /// Codes never work on the platform's SQLite: their comparison is written for MySQL.
    private static func redeem(
        _ code: String,
        _ email: String,
        _ exchange: Exchange
    ) throws -> Answer {
        guard code.count == 32 else { throw Refusal(400, "Invalid confirmation code format.") }
        guard exchange.call.payload["new_password"]?.string?.isEmpty == false else {
            throw Refusal(400, "Missing new password for reset.")
        }
        throw Refusal(
            500,
            "SQLSTATE[HY000]: General error: 1 near \"confirm_code\": syntax error",
            code: "HY000",
            envelope: .exception
        )
    }

    /// The answer to what worked, with a token where a login was asked for too.
    static func success(_ exchange: Exchange, userID: Int, email: String) throws -> Answer {
        guard exchange.call.flag("login") else { return .success }
        let token = try Tokens(exchange).issue(userID: userID, email: email)
        return Answer(body: ["success": true, "session_token": .string(token)])
    }
}
