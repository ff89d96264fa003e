import DreamFactory
import Foundation
import Subscriptions

extension Configuration {
    static func required(
        _ settings: Settings,
        _ name: String,
        _ meaning: String
    ) throws(ConfigurationError) -> String {
        guard let value = settings[name] else {
            throw ConfigurationError("Set \(name) to \(meaning), or \(name)_FILE to a file of it.")
        }
        return value
    }

    static func url(_ settings: Settings, _ name: String) throws(ConfigurationError) -> URL? {
        guard let text = settings[name] else { return nil }
        var trimmed = text
        while trimmed.hasSuffix("/") { trimmed.removeLast() }
        guard let url = URL(string: trimmed), ["http", "https"].contains(url.scheme?.lowercased()),
            let host = url.host, !host.isEmpty, url.query == nil, url.fragment == nil,
            url.user == nil, url.password == nil, url.path.isEmpty
        else {
            throw ConfigurationError(
                "\(name) must be an address without path or credentials, for example "
                    + "https://api.example.com."
            )
        }
        return url
    }

    static func platformURL(_ settings: Settings) throws(ConfigurationError) -> URL {
        guard let url = try url(settings, "DREAMFACTORY_URL") else {
            throw ConfigurationError(
                "Set DREAMFACTORY_URL to the platform's address, for example "
                    + "http://127.0.0.1:8081."
            )
        }
        return url
    }

    /// An administrator's login or an app's key, and never both: the key could only take rights
    /// away from the login.
    static func platformCaller(_ settings: Settings) throws(ConfigurationError) -> PlatformCaller {
        guard let text = settings["DREAMFACTORY_API_KEY"] else {
            return .administrator(
                PlatformCredentials(
                    email: try required(
                        settings,
                        "DREAMFACTORY_EMAIL",
                        "the platform administrator's e-mail address"
                    ),
                    password: try required(
                        settings,
                        "DREAMFACTORY_PASSWORD",
                        "the platform administrator's password"
                    )
                )
            )
        }
        guard settings["DREAMFACTORY_EMAIL"] == nil, settings["DREAMFACTORY_PASSWORD"] == nil else {
            throw ConfigurationError(
                "Set either DREAMFACTORY_API_KEY or DREAMFACTORY_EMAIL and DREAMFACTORY_PASSWORD: "
                    + "Tollgate calls the platform in one way only."
            )
        }
        guard let key = AppKey(text) else {
            throw ConfigurationError(
                "DREAMFACTORY_API_KEY must be the key of an app, of at least 64 letters and digits."
            )
        }
        return .apiKey(key)
    }

    /// Subscribers send their keys there, so that live mode asks for https as it does of ours.
    static func publicURL(
        _ settings: Settings,
        _ mode: Mode
    ) throws(ConfigurationError) -> URL? {
        let name = "DREAMFACTORY_PUBLIC_URL"
        guard let url = try url(settings, name) else { return nil }
        let isSafe =
            url.scheme?.lowercased() == "https" || PlatformAddress.isLoopback(url.host ?? "")
        guard isSafe || mode == .test else {
            throw ConfigurationError(
                "\(name) must begin with https in live mode: keys would cross the network in the "
                    + "clear."
            )
        }
        return url
    }

    static func address(_ url: URL, _ mode: Mode) throws(ConfigurationError) -> PlatformAddress {
        do {
            return try PlatformAddress(url.absoluteString, isLive: mode == .live)
        } catch {
            throw ConfigurationError("DREAMFACTORY_URL: \(error)")
        }
    }

    static func mode(_ settings: Settings, _ platform: URL) throws(ConfigurationError) -> Mode {
        guard let text = settings["TOLLGATE_MODE"] else {
            guard PlatformAddress.isLoopback(platform.host ?? "") else {
                throw ConfigurationError(
                    "Set TOLLGATE_MODE to test or live: it may be left out only while the "
                        + "platform is on loopback."
                )
            }
            return .test
        }
        guard let mode = Mode(rawValue: text) else {
            throw ConfigurationError("TOLLGATE_MODE must be test or live.")
        }
        return mode
    }

    static func keyRing(_ settings: Settings) throws(ConfigurationError) -> KeyRing {
        guard let text = settings["TOLLGATE_MASTER_KEY"] else {
            throw ConfigurationError(
                "Set TOLLGATE_MASTER_KEY to 64 hex digits, made with `openssl rand -hex 32`, and "
                    + "keep a copy: without it no key can be shown again."
            )
        }
        let current = try masterKey(text, "TOLLGATE_MASTER_KEY")
        var old: [MasterKey] = []
        for part in list(settings["TOLLGATE_MASTER_KEYS_OLD"]) {
            old.append(try masterKey(part, "TOLLGATE_MASTER_KEYS_OLD"))
        }
        return KeyRing(current: current, old: old)
    }

    private static func masterKey(
        _ text: String,
        _ name: String
    ) throws(ConfigurationError) -> MasterKey {
        // A key of few different digits was typed, not drawn: 64 random hex digits hold all but
        // one of the 16 with near certainty.
        guard let key = MasterKey(hex: text), Set(text.lowercased()).count >= 8 else {
            throw ConfigurationError(
                "\(name) must be 64 random hex digits, made with `openssl rand -hex 32`."
            )
        }
        return key
    }

    static func list(_ text: String?) -> [String] {
        (text ?? "").split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
            .filter { !$0.isEmpty }
    }
}
