package import HTTP

/// How much the public may ask for at once, and whose word is taken for who asks.
package struct PublicLimits: Sendable {
    /// Proxies whose `Forwarded` or `X-Forwarded-For` names the client.
    package var trustedProxies: [IPNetwork] = []
    /// Deliveries that wait for the disk; one more is answered 503.
    package var webhooksInFlight = 512
    /// Open connections.
    package var connections = 20_000
    /// Open connections of one address that is neither loopback nor a trusted proxy.
    package var connectionsPerAddress = 512

    /// Takes the defaults.
    package init() {}

    init(_ settings: Settings) throws(ConfigurationError) {
        trustedProxies = try Self.networks(settings["TOLLGATE_TRUSTED_PROXIES"] ?? "")
        try Self.read(settings, "TOLLGATE_WEBHOOKS_IN_FLIGHT", 1...100_000, &webhooksInFlight)
        try Self.read(settings, "TOLLGATE_CONNECTIONS", 16...1_000_000, &connections)
        try Self.read(
            settings,
            "TOLLGATE_CONNECTIONS_PER_ADDRESS",
            1...1_000_000,
            &connectionsPerAddress
        )
    }

    private static func networks(_ text: String) throws(ConfigurationError) -> [IPNetwork] {
        var networks: [IPNetwork] = []
        for part in text.split(whereSeparator: { $0 == "," || $0 == " " }) {
            guard let network = IPNetwork(part) else {
                throw ConfigurationError(
                    "TOLLGATE_TRUSTED_PROXIES must be addresses or blocks of them, separated by "
                        + "commas, for example 10.0.0.0/8, ::1; \(part) is none."
                )
            }
            networks.append(network)
        }
        return networks
    }

    private static func read(
        _ settings: Settings,
        _ name: String,
        _ range: ClosedRange<Int>,
        _ value: inout Int
    ) throws(ConfigurationError) {
        guard let text = settings[name] else { return }
        guard let number = Int(text), range.contains(number) else {
            throw ConfigurationError(
                "\(name) must be a number from \(range.lowerBound) to \(range.upperBound), for "
                    + "example \(value)."
            )
        }
        value = number
    }
}
