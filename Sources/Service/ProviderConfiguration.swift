import DreamFactory
import Foundation
import Subscriptions
package import Webhooks

/// What this installation is told about one payment provider, checked.
package struct ProviderConfiguration: Sendable {
    /// The secrets of its webhook, the first of which signs rehearsals.
    package var secrets: [WebhookSecret]
    /// How far a signature's time may lie from ours.
    package var tolerance: Duration?
    /// How long it may be silent before that is an alarm.
    package var silence: Duration = .seconds(3 * 86_400)
    /// The key of its API, where objects are to be fetched.
    package var apiKey: String?
    /// Where its API answers, if not at its own address.
    package var apiOrigin: String?
    /// How often all subscriptions are compared with the provider's.
    package var reconcile: Duration

    /// Takes the secrets, and for the rest what is so unless told.
    init(_ known: KnownProvider, secrets: [WebhookSecret]) {
        self.secrets = secrets
        tolerance = known.tolerance
        reconcile = known.api?.reconcile ?? .seconds(86_400)
    }
}

extension ProviderConfiguration: CustomStringConvertible, CustomReflectable {
    /// That something is configured, and no secret.
    package var description: String { "the configuration of a provider" }

    /// Shows no secret either, also to a debugger's dump.
    package var customMirror: Mirror { Mirror(self, children: ["reconcile": reconcile]) }
}

extension Configuration {
    /// What is told of every provider that has a signing secret, of which there must be one.
    static func providers(
        _ settings: Settings,
        _ mode: Mode
    ) throws(ConfigurationError) -> [Provider: ProviderConfiguration] {
        var providers: [Provider: ProviderConfiguration] = [:]
        for known in KnownProvider.all {
            providers[known.provider] = try provider(known, settings, mode)
        }
        guard !providers.isEmpty else {
            let names = KnownProvider.all.map(\.secret.setting).joined(separator: ", ")
            throw ConfigurationError(
                "Set the signing secret of the webhook of at least one payment provider: \(names)."
            )
        }
        return providers
    }

    private static func provider(
        _ known: KnownProvider,
        _ settings: Settings,
        _ mode: Mode
    ) throws(ConfigurationError) -> ProviderConfiguration? {
        let secrets = try signingSecrets(of: known, settings)
        guard !secrets.isEmpty else {
            guard let key = known.api?.form.setting, settings[key] != nil else { return nil }
            throw ConfigurationError(
                "Set \(known.secret.setting) to the signing secret, \(known.secret.place), or "
                    + "remove \(key): without the secret no event of \(known.title) is taken."
            )
        }
        for secret in secrets { try refuse(secret, known, mode) }
        var configuration = ProviderConfiguration(known, secrets: secrets)
        if let tolerance = known.tolerance {
            var read = tolerance
            try Self.read(&read, settings, known.toleranceSetting, "1s", "60m", "300s")
            configuration.tolerance = read
        }
        try Self.read(&configuration.silence, settings, known.silenceSetting, "1m", "365d", "3d")
        guard let api = known.api else { return configuration }
        try Self.read(
            &configuration.reconcile,
            settings,
            known.reconcileSetting,
            "5m",
            "365d",
            api.reconcile.short
        )
        configuration.apiKey = try apiKey(api, settings, mode)
        configuration.apiOrigin = try apiOrigin(known, api, settings, mode)
        return configuration
    }

    private static func refuse(
        _ secret: WebhookSecret,
        _ known: KnownProvider,
        _ mode: Mode
    ) throws(ConfigurationError) {
        let name = known.secret.setting
        let count = secret.text.utf8.count
        // Rehearsals may use shorter ones than a provider would make.
        let least = mode == .live ? known.secret.lengths.lowerBound : 8
        guard count >= least else {
            throw ConfigurationError(
                "\(name) is too short to be safe: \(least) characters are the least in \(mode) "
                    + "mode."
            )
        }
        guard count <= known.secret.lengths.upperBound,
            !known.secret.mistakes.contains(where: secret.text.hasPrefix),
            known.adapter.keys(of: secret.text).contains(where: {
                known.secret.keyLengths.contains($0.count)
            })
        else {
            throw ConfigurationError(
                "\(name) is no signing secret of \(known.title): set it to the one \(known.secret.place)."
            )
        }
    }

    private static func apiKey(
        _ api: KnownProvider.API,
        _ settings: Settings,
        _ mode: Mode
    ) throws(ConfigurationError) -> String? {
        guard let key = settings[api.form.setting] else { return nil }
        guard let mark = api.marks[mode == .live ? .test : .live], key.contains(mark) else {
            return key
        }
        throw ConfigurationError(
            "\(api.form.setting) is of the other mode: in \(mode) mode it must not be a key with "
                + "\(mark) in it."
        )
    }

    /// The address of a provider's API; another than the provider's own is for rehearsals.
    private static func apiOrigin(
        _ known: KnownProvider,
        _ api: KnownProvider.API,
        _ settings: Settings,
        _ mode: Mode
    ) throws(ConfigurationError) -> String? {
        guard let url = try url(settings, api.addressSetting),
            url.absoluteString != api.origins[mode]
        else { return nil }
        guard mode == .test, PlatformAddress.isLoopback(url.host ?? "") else {
            throw ConfigurationError(
                "\(api.addressSetting) is for rehearsals: it must be on loopback and in test mode; "
                    + "leave it out to ask \(known.title)."
            )
        }
        return url.absoluteString
    }

    /// The signing secrets of a provider's webhook: separated by commas, each with the times
    /// between which it counts where it does not always.
    static func signingSecrets(
        of known: KnownProvider,
        _ settings: Settings
    ) throws(ConfigurationError) -> [WebhookSecret] {
        var secrets: [WebhookSecret] = []
        for entry in list(settings[known.secret.setting]) {
            let parts = entry.split(separator: ";", omittingEmptySubsequences: false)
                .map { $0.trimmingCharacters(in: .whitespaces) }
            var times: [String: Date] = [:]
            for part in parts.dropFirst() {
                let sides = part.split(separator: "=", maxSplits: 1).map(String.init)
                guard sides.count == 2, ["not-before", "not-after"].contains(sides[0]),
                    times[sides[0]] == nil, let time = try? Date(sides[1], strategy: .iso8601)
                else {
                    throw ConfigurationError(
                        "\(known.secret.setting): after a secret stand ;not-before=TIME and "
                            + ";not-after=TIME, with times such as 2026-08-01T12:00:00Z."
                    )
                }
                times[sides[0]] = time
            }
            secrets.append(
                WebhookSecret(
                    parts[0],
                    notBefore: times["not-before"],
                    notAfter: times["not-after"]
                )
            )
        }
        return secrets
    }
}
