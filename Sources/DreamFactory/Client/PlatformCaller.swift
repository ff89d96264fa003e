/// A session's token (a JWT); never printed.
package struct SessionToken: Hashable, Sendable, CustomStringConvertible,
    CustomDebugStringConvertible, CustomReflectable
{
    /// The token itself.
    package let rawValue: String

    /// Takes a token that can stand in a header, or gives nil.
    package init?(_ rawValue: String) {
        guard !rawValue.isEmpty, rawValue.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            return nil
        }
        self.rawValue = rawValue
    }

    /// Says nothing of the token.
    package var description: String { "session token" }
    /// Says nothing of the token.
    package var debugDescription: String { description }
    /// Shows nothing.
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// Who a client is at the platform.
package enum PlatformCaller: Sendable {
    /// An administrator, who logs in when needed and sends no key: an app's key could only take
    /// rights away.
    case administrator(PlatformCredentials)
    /// A user who is no administrator, and the key of the app that is used.
    case user(PlatformCredentials, key: AppKey)
    /// Nothing but an app's key, with the rights of the app's role.
    case apiKey(AppKey)
    /// A session that somebody else opened, and for a user the key of the app.
    case session(SessionToken, key: AppKey?)
    /// Nobody: login, registration, the reset of a password, and the open part of the environment.
    case anonymous

    /// The key that is sent with every call, where one is.
    package var appKey: AppKey? {
        switch self {
        case .apiKey(let key), .user(_, let key): key
        case .session(_, let key): key
        case .administrator, .anonymous: nil
        }
    }
}

/// A caller with the session it has now.
enum Identity: Sendable {
    case keeper(SessionKeeper, AppKey?)
    case fixed(SessionToken?, AppKey?)

    var key: AppKey? {
        switch self {
        case .keeper(_, let key), .fixed(_, let key): key
        }
    }

    /// The token to send, after a login where one is needed.
    func token() async throws(PlatformError) -> String? {
        switch self {
        case .keeper(let keeper, _): try await keeper.token()
        case .fixed(let token, _): token?.rawValue
        }
    }

    /// Forgets a refused token; true where a new login may help.
    func discard(_ token: String?) async -> Bool {
        guard case .keeper(let keeper, _) = self, let token else { return false }
        await keeper.discard(token)
        return true
    }
}
