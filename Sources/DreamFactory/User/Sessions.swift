import Foundation
import JSON

/// A session that was opened or is under way.
package struct Session: Sendable {
    /// Its token.
    package let token: SessionToken
    /// Whose it is.
    package let userID: Int64
    /// What people read.
    package let name: String?
    /// The e-mail address.
    package let email: String?
    /// Whether it is an administrator's.
    package let isAdministrator: Bool
    /// The role in play, where a key was sent too.
    package let roleID: RecordID<RoleRecord>?
    /// When the token ends, in seconds since 1970, as the token itself says.
    ///
    /// The platform's own `token_expiry_date` is wrong after the first call.
    package let expiry: Int64?

    init?(_ json: JSONValue) {
        guard let token = json["session_token"]?.string.flatMap(SessionToken.init),
            let userID = json["id"]?.integer
        else { return nil }
        self.token = token
        self.userID = userID
        name = json["name"]?.string
        email = json["email"]?.string
        isAdministrator = json["is_sys_admin"]?.bool ?? false
        roleID = json["role_id"]?.integer.flatMap(RecordID<RoleRecord>.init)
        expiry = Self.expiry(of: token)
    }

    /// The claim `exp` of a JWT (RFC 7519 §4.1.4), which is not verified here.
    private static func expiry(of token: SessionToken) -> Int64? {
        let parts = token.rawValue.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3 else { return nil }
        var text = String(parts[1]).replacing("-", with: "+").replacing("_", with: "/")
        text += String(repeating: "=", count: (4 - text.count % 4) % 4)
        guard let data = Data(base64Encoded: text), let claims = try? JSONValue(parsing: data)
        else { return nil }
        return claims["exp"]?.integer
    }
}

/// Who goes through a door of the platform: administrators or users.
package enum Audience: Hashable, Sendable, CaseIterable {
    /// `system/admin`.
    case administrators
    /// `user`.
    case users

    var path: [String] {
        switch self {
        case .administrators: ["system", "admin"]
        case .users: ["user"]
        }
    }
}

/// Sessions: `system/admin/session` and `user/session`.
package struct Sessions: Sendable {
    let client: PlatformClient
    let audience: Audience

    private var path: [String] { audience.path + ["session"] }

    /// Opens a session, beside those that the client and others have.
    ///
    /// - Parameters:
    ///   - credentials: Who logs in; an administrator at the users' door is refused.
    ///   - rememberMe: Whether the session may be refreshed for ever, where the platform allows it.
    /// - Returns: The session, for ``PlatformCaller/session(_:key:)``.
    /// - Throws: A ``PlatformError``.
    package func logIn(
        _ credentials: PlatformCredentials,
        rememberMe: Bool = false
    ) async throws(PlatformError) -> Session {
        try session(
            .logIn,
            try await client.openSession(credentials, at: path, rememberMe: rememberMe)
        )
    }

    /// The caller's session; reading it does not prolong it.
    package func current() async throws(PlatformError) -> Session {
        let call = PlatformCall.read("read the session")
        let request = PlatformRequest(call: call, method: "GET", path: path)
        return try session(call, try await client.send(request))
    }

    /// Takes a new token for the caller's, which is refused from then on, also where others use it.
    ///
    /// Where several processes share a session, logging in again is the better way.
    package func refresh() async throws(PlatformError) -> Session {
        let call = PlatformCall.write("refresh the session")
        let request = PlatformRequest(call: call, method: "PUT", path: path)
        let session = try session(call, try await client.send(request))
        if case .keeper(let keeper, _) = client.identity {
            await keeper.adopt(session.token.rawValue)
        }
        return session
    }

    /// Ends the caller's session.
    package func logOut() async throws(PlatformError) {
        let call = PlatformCall.write("log out")
        let request = PlatformRequest(call: call, method: "DELETE", path: path)
        try Answer.success(call, try await client.send(request))
        if case .keeper(let keeper, _) = client.identity { await keeper.forget() }
    }

    private func session(
        _ call: PlatformCall,
        _ json: JSONValue
    ) throws(PlatformError) -> Session {
        guard let session = Session(json) else {
            throw PlatformError(call, .unreadable(status: 200))
        }
        return session
    }
}

extension PlatformClient {
    /// Sessions of administrators: `system/admin/session`.
    package var adminSession: Sessions { Sessions(client: self, audience: .administrators) }
    /// Sessions of users: `user/session`.
    package var userSession: Sessions { Sessions(client: self, audience: .users) }
}
