import Foundation

/// Where a platform is reached and who we are there.
package struct PlatformAddress: Hashable, Sendable {
    /// Why an address is refused.
    package enum Refusal: Error, Hashable, Sendable, CustomStringConvertible {
        /// It is not an http or https address of a host.
        case malformed
        /// It holds a user, a query or a fragment.
        case notPlain
        /// It would carry the administrator's password over the network in the clear.
        case clearText(host: String)

        /// One sentence that says what to do.
        package var description: String {
            switch self {
            case .malformed:
                "The platform's address must look like https://host or https://host:port."
            case .notPlain: "The platform's address must have no user, query or fragment."
            case .clearText(let host):
                "The platform at \(host) must be reached with https in live mode; "
                    + "http is accepted for loopback only."
            }
        }
    }

    /// The address without a slash at its end.
    package let origin: String

    /// Reads an address; `isLive` refuses `http://` to any host that is not loopback.
    package init(_ text: String, isLive: Bool) throws(Refusal) {
        guard let parts = URLComponents(string: text), let host = parts.host, !host.isEmpty,
            let scheme = parts.scheme?.lowercased(), ["http", "https"].contains(scheme)
        else { throw .malformed }
        guard parts.user == nil, parts.password == nil, parts.query == nil, parts.fragment == nil
        else { throw .notPlain }
        guard scheme == "https" || !isLive || Self.isLoopback(host) else {
            throw .clearText(host: host)
        }
        var origin = text
        while origin.hasSuffix("/") { origin.removeLast() }
        guard URL(string: origin + "/api/v2/system") != nil else { throw .malformed }
        self.origin = origin
    }

    /// Whether the host is this machine, written in one of the usual ways.
    package static func isLoopback(_ host: String) -> Bool {
        let host = host.lowercased()
        if ["localhost", "::1", "[::1]"].contains(host) { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}

/// The administrator's e-mail and password; neither is ever printed.
package struct PlatformCredentials: Sendable, CustomStringConvertible,
    CustomDebugStringConvertible, CustomReflectable
{
    let email: String
    let password: String

    /// Takes what the administrator logs in with.
    package init(email: String, password: String) {
        self.email = email
        self.password = password
    }

    /// Says nothing.
    package var description: String { "credentials" }
    /// Says nothing.
    package var debugDescription: String { description }
    /// Shows nothing.
    package var customMirror: Mirror { Mirror(self, children: []) }
}
