import DreamFactory
import HTTP

/// A host and a port to listen on, as settings write them.
package struct ListenPlace: Hashable, Sendable {
    /// The host, by name or number, without brackets.
    package let host: String
    /// The port; 0 takes a free one.
    package let port: Int

    /// Reads `127.0.0.1:8080`, `[::1]:8080`, or `:8080` for every address.
    init(_ text: String, of name: String) throws(ConfigurationError) {
        guard let colon = text.lastIndex(of: ":"), let host = Self.host(text[..<colon]),
            let port = Int(text[text.index(after: colon)...]), (0...65_535).contains(port)
        else {
            throw ConfigurationError(
                "\(name) must be a host and a port, for example 127.0.0.1:8080 or [::1]:8080."
            )
        }
        self.host = host
        self.port = port
    }

    /// The host before the colon of the port; an IPv6 address stands in brackets.
    private static func host(_ text: Substring) -> String? {
        guard text.hasPrefix("["), text.hasSuffix("]") else {
            guard !text.contains(where: { ":[]".contains($0) }) else { return nil }
            return text.isEmpty ? "0.0.0.0" : String(text)
        }
        return String(text.dropFirst().dropLast())
    }

    /// The place of the operator listener, which has no login and so must not be reached from the
    /// internet.
    static func operators(_ settings: Settings) throws(ConfigurationError) -> ListenPlace? {
        let name = "TOLLGATE_OPERATOR_LISTEN"
        guard let text = settings[name] else { return nil }
        let place = try ListenPlace(text, of: name)
        guard place.isPrivate else {
            throw ConfigurationError(
                "\(name) must be an address of loopback or of a private network, for example "
                    + "127.0.0.1:9090: whoever reaches it reads the figures."
            )
        }
        return place
    }

    private var isPrivate: Bool {
        if host == "localhost" { return true }
        guard let address = IPAddress(host) else { return false }
        return Self.privateNetworks.contains { $0.contains(address) }
    }

    /// RFC 1122, RFC 1918, RFC 3927, RFC 6598, RFC 4193, and RFC 4291 for links.
    private static let privateNetworks =
        IPNetwork.loopback
        + ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10"]
        .compactMap { IPNetwork($0) }
        + ["fc00::/7", "fe80::/10"].compactMap { IPNetwork($0) }
}
