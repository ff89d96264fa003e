package import DreamFactory
package import Foundation
package import Subscriptions

/// Everything a running Tollgate is told, checked.
package struct Configuration: Sendable {
    /// The database file.
    package var databasePath = "tollgate.db"
    /// The host to listen on.
    package var host = "127.0.0.1"
    /// The port to listen on; 0 takes a free one.
    package var port = 8080
    /// Where staff commands reach a running server.
    package var socketPath = "tollgate.db.sock"
    /// The group that may use the staff socket besides its owner.
    package var socketGroup: String?
    /// Where operators read the figures; nil leaves that to the staff socket.
    package var operatorListen: ListenPlace?
    /// How much the public may ask for at once.
    package var publicLimits = PublicLimits()
    /// Whether money is real.
    package var mode: Mode
    /// The master keys.
    package var keyRing: KeyRing
    /// The platform as Tollgate reaches it.
    package var platform: PlatformAddress
    /// The platform as subscribers reach it, without a slash at the end.
    package var publicURL: URL
    /// Who Tollgate is at the platform: an administrator, or an app's key.
    package var platformCaller: PlatformCaller
    /// The payment providers whose events are taken.
    package var providers: [Provider: ProviderConfiguration]
    /// How long a checkout's reference can be claimed.
    package var claimWindow: Duration = .seconds(3_600)
    /// How often the platform is compared with what ought to be there.
    package var driftInterval: Duration = .seconds(86_400)
    /// Whether everything is taken and decided, and nothing is written to the platform.
    package var isObserving = false

    /// Makes a configuration from checked parts; the defaults stand for the rest.
    package init(
        mode: Mode,
        keyRing: KeyRing,
        platform: PlatformAddress,
        publicURL: URL,
        platformCaller: PlatformCaller,
        providers: [Provider: ProviderConfiguration]
    ) {
        self.mode = mode
        self.keyRing = keyRing
        self.platform = platform
        self.publicURL = publicURL
        self.platformCaller = platformCaller
        self.providers = providers
    }

    /// Scheme, host and port of the platform, by which an installation knows it.
    package var platformOrigin: String { URL(string: platform.origin).map(Self.origin) ?? "" }

    /// What subscribers call, for example `https://api.example.com/api/v2`.
    package var baseURL: String { publicURL.absoluteString + "/api/v2" }

    /// Reads and checks the settings of a server, or of a command that does a server's work.
    package init(_ settings: Settings) throws(ConfigurationError) {
        let platform = try Self.platformURL(settings)
        let mode = try Self.mode(settings, platform)
        let caller = try Self.platformCaller(settings)
        self.init(
            mode: mode,
            keyRing: try Self.keyRing(settings),
            platform: try Self.address(platform, mode),
            publicURL: try Self.publicURL(settings, mode) ?? platform,
            platformCaller: caller,
            providers: try Self.providers(settings, mode)
        )
        try readPlaces(settings)
        try readTimes(settings)
        publicLimits = try PublicLimits(settings)
    }

    private mutating func readPlaces(_ settings: Settings) throws(ConfigurationError) {
        if let path = settings["TOLLGATE_DATABASE"] {
            databasePath = path
        } else if mode == .live {
            throw ConfigurationError(
                "Set TOLLGATE_DATABASE to the database file: in live mode it must be named."
            )
        }
        socketPath = settings["TOLLGATE_SOCKET"] ?? Self.socketPath(of: databasePath)
        guard socketPath.utf8.count <= 107 else {
            throw ConfigurationError(
                "The path of the staff socket is longer than 107 bytes: set TOLLGATE_SOCKET to a "
                    + "shorter one."
            )
        }
        socketGroup = settings["TOLLGATE_SOCKET_GROUP"]
        operatorListen = try ListenPlace.operators(settings)
        guard let listen = settings["TOLLGATE_LISTEN"] else { return }
        let place = try ListenPlace(listen, of: "TOLLGATE_LISTEN")
        host = place.host
        port = place.port
    }

    private mutating func readTimes(_ settings: Settings) throws(ConfigurationError) {
        if let text = settings["TOLLGATE_CLAIM_WINDOW"] {
            guard let window = Duration(short: text), window >= .seconds(60),
                window <= .seconds(86_400)
            else {
                throw ConfigurationError(
                    "TOLLGATE_CLAIM_WINDOW must be a time from 1m to 24h, for example 60m."
                )
            }
            claimWindow = window
        }
        try Self.read(&driftInterval, settings, "TOLLGATE_DRIFT", "5m", "365d", "24h")
    }

    static func read(
        _ duration: inout Duration,
        _ settings: Settings,
        _ name: String,
        _ least: String,
        _ most: String,
        _ example: String
    ) throws(ConfigurationError) {
        guard let text = settings[name] else { return }
        guard let value = Duration(short: text), let shortest = Duration(short: least),
            let longest = Duration(short: most), value >= shortest, value <= longest
        else {
            throw ConfigurationError(
                "\(name) must be a time from \(least) to \(most), for example \(example)."
            )
        }
        duration = value
    }

    /// The staff socket beside a database.
    package static func socketPath(of databasePath: String) -> String { databasePath + ".sock" }

    static func origin(of url: URL) -> String {
        let scheme = url.scheme?.lowercased() ?? ""
        let port = url.port ?? (scheme == "https" ? 443 : 80)
        return "\(scheme)://\(url.host?.lowercased() ?? ""):\(port)"
    }
}

extension Configuration: CustomStringConvertible, CustomReflectable {
    /// The database and the platform, and no secret.
    package var description: String { "configuration of \(databasePath) for \(platform.origin)" }

    /// Shows no secret either, also to a debugger's dump.
    package var customMirror: Mirror {
        Mirror(self, children: ["databasePath": databasePath, "platform": platform.origin])
    }
}
