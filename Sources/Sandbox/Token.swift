import Digest
import Foundation
import JSON

/// A session token the platform signed (JWT, RFC 7519, HS256).
struct Token {
    let text: String
    let userID: Int
    let id: String
    let issuedAt: TimeInterval
    let expiresAt: TimeInterval
}

/// Signs, verifies, refreshes and ends tokens.
struct Tokens {
    /// `DF_JWT_TTL`, in seconds.
    static let lifetime: TimeInterval = 86_400
    /// `DF_JWT_REFRESH_TTL`, counted from the first login.
    static let refreshWindow: TimeInterval = 14 * 86_400

    private let exchange: Exchange
    private var present: TimeInterval { exchange.now.timeIntervalSince1970.rounded(.down) }

    init(_ exchange: Exchange) { self.exchange = exchange }

    /// A new token; a refreshed one keeps the time of its first login.
    func issue(userID: Int, email: String, issuedAt: TimeInterval? = nil) throws -> String {
        let path = exchange.call.service + "/" + exchange.call.component
        let id = Hex.encode(exchange.random.bytes(8))
        try exchange.store.run(
            "INSERT INTO token (id, user_id, expires_at) VALUES (?, ?, ?)",
            [.string(id), .integer(Int64(userID)), .number(present + Tokens.lifetime)]
        )
        let claims: JSONValue = [
            "sub": .string(String(Hex.encode(SHA256.hash(Array(email.utf8))).prefix(32))),
            "iss": .string("http://\(Exchange.host)/api/v2/\(path)"),
            "iat": .integer(Int64(issuedAt ?? present)),
            "exp": .integer(Int64(present + Tokens.lifetime)),
            "nbf": .integer(Int64(present)),
            "jti": .string(id),
            "user_id": .integer(Int64(userID)), "forever": false,
        ]
        // The platform writes `typ` first, and clients tell a token by how that begins.
        let header = Base64URL.encode(Array(#"{"typ":"JWT","alg":"HS256"}"#.utf8))
        let signed = header + "." + Base64URL.encode(claims.serialized())
        return try signed + "." + signature(of: signed)
    }

    /// The token, or why the call that brought it is refused.
    func verified(_ text: String) throws -> Token {
        let token: Token
        do {
            token = try decoded(text)
        } catch let problem as Problem {
            throw Refusal(401, "Invalid token: \(problem.message)")
        }
        guard token.expiresAt > present else {
            throw Refusal(
                401,
                "Token has expired: Session expired. Please refresh your token (if still within "
                    + "refresh window) or re-login."
            )
        }
        if try isEnded(token) {
            throw Refusal(
                403,
                "The token has been blacklisted: Session terminated. Please re-login."
            )
        }
        return token
    }

    /// Ends the token and gives its successor; also an expired one has one, for a while.
    func refresh(_ text: String) throws -> (token: String, user: Caller.User) {
        do {
            let token = try decoded(text)
            if try isEnded(token) { throw Problem(message: "The token has been blacklisted") }
            guard token.issuedAt + Tokens.refreshWindow > present else {
                throw Problem(message: "Token has expired and can no longer be refreshed")
            }
            let user = try exchange.user(id: token.userID)
            try end(token)
            let email = user.row["email"]?.string ?? ""
            let next = try issue(userID: user.id, email: email, issuedAt: token.issuedAt)
            return (next, user)
        } catch let problem as Problem {
            throw Refusal(401, "Token refresh failed. \(problem.message)")
        }
    }

    /// Notes that the token is over.
    ///
    /// The note stands in the cache, so clearing that revives it.
    func end(_ token: Token) throws {
        let left = token.issuedAt + Tokens.refreshWindow + Tokens.lifetime - present
        try exchange.cache.keep("jwt:\(token.id)", true, for: left)
    }

    /// Ends every token of a user who left, was locked out or has another password.
    func endAll(of userID: Int) throws {
        let user = JSONValue.integer(Int64(userID))
        let sql = "SELECT id FROM token WHERE user_id = ? AND expires_at > ?"
        for row in try exchange.store.rows(sql, [user, .number(present)]) {
            let key = "jwt:\(row["id"]?.string ?? "")"
            try exchange.cache.keep(key, true, for: Tokens.refreshWindow + Tokens.lifetime)
        }
        try exchange.store.run("DELETE FROM token WHERE user_id = ?", [user])
    }

    private func isEnded(_ token: Token) throws -> Bool {
        try exchange.cache["jwt:\(token.id)"] != nil
    }

    private struct Problem: Error {
        let message: String
    }

    private func decoded(_ text: String) throws -> Token {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3 else { throw Problem(message: "Wrong number of segments") }
        guard Base64URL.decode(parts[0]) != nil, let claims = Base64URL.decode(parts[1]) else {
            throw Problem(
                message: "Could not decode token: Error while decoding from Base64Url, invalid "
                    + "base64 characters detected"
            )
        }
        let expected = try signature(of: parts[0] + "." + parts[1])
        guard ConstantTime.equal(expected, String(parts[2])) else {
            throw Problem(message: "Token Signature could not be verified.")
        }
        guard let json = try? JSONValue(parsing: claims), let userID = json["user_id"]?.int,
            let id = json["jti"]?.string, let issuedAt = json["iat"]?.int,
            let expiresAt = json["exp"]?.int
        else { throw Problem(message: "Could not decode token: Syntax error") }
        return Token(
            text: text,
            userID: userID,
            id: id,
            issuedAt: TimeInterval(issuedAt),
            expiresAt: TimeInterval(expiresAt)
        )
    }

    private func signature(of text: some StringProtocol) throws -> String {
        let sql = "SELECT value FROM secret WHERE name = 'jwt'"
        let key = try exchange.store.scalar(sql)?.string.flatMap { Hex.decode($0) } ?? []
        return Base64URL.encode(HMAC.authenticationCode(for: Array(text.utf8), key: key))
    }
}
