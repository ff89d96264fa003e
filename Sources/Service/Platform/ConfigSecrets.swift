import Foundation
import JSON

/// Takes what is secret out of a service's settings.
enum ConfigSecrets {
    /// More is left out than must be: what is left in stands in git.
    private static let words = [
        "password", "passwd", "secret", "token", "credential", "private", "api_key", "apikey",
        "access_key", "account_key", "passphrase", "dsn", "connection_string", "auth",
    ]

    /// The settings without secrets, and the paths of those that are set.
    static func removed(
        from config: [String: JSONValue],
        at path: String = ""
    ) -> (config: [String: JSONValue], secrets: [String]) {
        var kept: [String: JSONValue] = [:]
        var secrets: [String] = []
        for (name, value) in config where !value.isNull {
            let place = path.isEmpty ? name : "\(path).\(name)"
            if isSecret(name, value) {
                if value != "" { secrets.append(place) }
                continue
            }
            if let members = value.object {
                let inner = removed(from: members, at: place)
                kept[name] = .object(inner.config)
                secrets += inner.secrets
            } else if value.array?.contains(where: holdsSecret) == true {
                secrets.append(place)
            } else {
                kept[name] = value
            }
        }
        return (kept, secrets.sorted())
    }

    private static func isSecret(_ name: String, _ value: JSONValue) -> Bool {
        let name = name.lowercased()
        if case .bool = value { return false }
        if name == "key" || name.hasSuffix("_key") || words.contains(where: name.contains) {
            return true
        }
        guard let text = value.string else { return false }
        return isMasked(text) || hasUserInfo(text)
    }

    private static func holdsSecret(_ value: JSONValue) -> Bool {
        if let members = value.object {
            // Headers and parameters of a remote service are lists of a name and its value.
            let name = members["name"]?.string ?? ""
            return members.contains { isSecret($0.key, $0.value) || holdsSecret($0.value) }
                || isSecret(name, members["value"] ?? .null)
        }
        if let elements = value.array { return elements.contains(where: holdsSecret) }
        return value.string.map { isMasked($0) || hasUserInfo($0) } ?? false
    }

    /// The platform shows what it guards as ten asterisks.
    private static func isMasked(_ text: String) -> Bool {
        text.count > 3 && text.allSatisfy { $0 == "*" }
    }

    private static func hasUserInfo(_ text: String) -> Bool {
        text.contains(/:\/\/[^\/@\s]*@/) || text.contains(/(?i)(password|pwd|secret|token)\s*=/)
    }
}
