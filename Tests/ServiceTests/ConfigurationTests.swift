import Foundation
import Sandbox
import Subscriptions
import Testing
import Webhooks

@testable import Service

/// What is refused at start: one sentence that names the variable and says what to do, and never
/// the value.
struct ConfigurationTests {
    static let good = [
        "TOLLGATE_MASTER_KEY": Road.masterKey, "DREAMFACTORY_URL": "http://127.0.0.1:8081",
        "DREAMFACTORY_EMAIL": SandboxPlatform.adminEmail,
        "DREAMFACTORY_PASSWORD": SandboxPlatform.adminPassword,
        "STRIPE_WEBHOOK_SECRET": Road.webhookSecret,
    ]

    /// Settings of live mode that are as they should be.
    static let live = good.merging([
        "TOLLGATE_MODE": "live", "TOLLGATE_DATABASE": "/var/lib/tollgate/tollgate.db",
        "DREAMFACTORY_URL": "https://platform.example.com",
        "STRIPE_WEBHOOK_SECRET": "whsec_of_live_mode_0123456789abcdef0123",
    ]) { $1 }

    struct Refusal: Sendable, CustomTestStringConvertible {
        var testDescription: String { "\(name)=\(value ?? "(missing)")" }
        let name: String
        let value: String?
        let says: String
        var isLive = false

        init(_ name: String, _ value: String?, _ says: String, live: Bool = false) {
            self.name = name
            self.value = value
            self.says = says
            isLive = live
        }
    }

    private static let hex = "openssl rand -hex 32"

    static let refusals = [
        Refusal("TOLLGATE_MASTER_KEY", nil, hex),
        Refusal("TOLLGATE_MASTER_KEY", "", hex),
        Refusal("TOLLGATE_MASTER_KEY", "hunter2", hex),
        Refusal("TOLLGATE_MASTER_KEY", String(Road.masterKey.dropLast()), hex),
        Refusal("TOLLGATE_MASTER_KEY", Road.masterKey + "00", hex),
        Refusal("TOLLGATE_MASTER_KEY", "g" + Road.masterKey.dropFirst(), hex),
        Refusal("TOLLGATE_MASTER_KEY", String(repeating: "0", count: 64), hex),
        Refusal("TOLLGATE_MASTER_KEY", String(repeating: "0123", count: 16), hex),
        Refusal("TOLLGATE_MASTER_KEYS_OLD", "\(Road.masterKey),short-old-key", hex),
        Refusal("DREAMFACTORY_URL", nil, "the platform's address"),
        Refusal("DREAMFACTORY_URL", "platform.example.com", "for example"),
        Refusal("DREAMFACTORY_URL", "ftp://platform.example.com", "for example"),
        Refusal("DREAMFACTORY_URL", "https://admin:s3cret@platform.example.com", "credentials"),
        Refusal("DREAMFACTORY_URL", "https://platform.example.com/api/v2", "without path"),
        Refusal("DREAMFACTORY_URL", "https://platform.example.com?key=s3cret", "for example"),
        Refusal("DREAMFACTORY_URL", "http://platform.example.com", "https", live: true),
        Refusal("DREAMFACTORY_PUBLIC_URL", "portal.internal", "for example"),
        Refusal("DREAMFACTORY_PUBLIC_URL", "http://portal.internal", "https", live: true),
        Refusal("DREAMFACTORY_EMAIL", nil, "e-mail address"),
        Refusal("DREAMFACTORY_PASSWORD", nil, "DREAMFACTORY_PASSWORD_FILE"),
        Refusal("STRIPE_WEBHOOK_SECRET", nil, "signing secret"),
        Refusal("STRIPE_WEBHOOK_SECRET", ", ,", "signing secret"),
        Refusal("STRIPE_WEBHOOK_SECRET", "whsec_1", "too short"),
        Refusal("STRIPE_WEBHOOK_SECRET", "\(Road.webhookSecret),whsec_2", "too short"),
        Refusal("STRIPE_WEBHOOK_SECRET", "whsec_short_in_live", "24", live: true),
        Refusal("STRIPE_WEBHOOK_SECRET", "sk_live_0123456789012345", "no signing secret of Stripe"),
        Refusal("STRIPE_API_KEY", "sk_live_0123456789", "other mode"),
        Refusal("STRIPE_API_KEY", "rk_live_0123456789", "other mode"),
        Refusal("STRIPE_API_KEY", "sk_test_0123456789", "other mode", live: true),
        Refusal("PADDLE_WEBHOOK_SECRET", "pdl_1", "too short"),
        Refusal(
            "PADDLE_WEBHOOK_SECRET",
            "pdl_sdbx_apikey_0123456789",
            "no signing secret of Paddle"
        ),
        Refusal("LEMONSQUEEZY_WEBHOOK_SECRET", "lemons_in_live_mode", "24", live: true),
        Refusal("LEMONSQUEEZY_WEBHOOK_SECRET", String(repeating: "x", count: 41), "40 characters"),
        Refusal("POLAR_WEBHOOK_SECRET", "polar_oat_0123456789012345", "no signing secret of Polar"),
        Refusal("POLAR_WEBHOOK_SECRET", "polar_1;not-after=soon", "not-before=TIME"),
        Refusal("STANDARD_WEBHOOKS_SECRET", "whpk_0123456789012345678901234567890", "no signing"),
        Refusal("STANDARD_WEBHOOKS_SECRET", "whsec_c2hvcnQgb2Yga2V5IGJ5dGVz", "24 to 64 random"),
        Refusal("PADDLE_API_KEY", "pdl_live_apikey_0123456789", "other mode"),
        Refusal("PADDLE_API_KEY", "pdl_sdbx_apikey_0123456789", "other mode", live: true),
        Refusal("PADDLE_API_URL", "https://api.paddle.com", "for rehearsals"),
        Refusal("PADDLE_API_URL", "http://127.0.0.1:12111", "for rehearsals", live: true),
        Refusal("PADDLE_RECONCILE", "1m", "from 5m to 365d"),
        Refusal("PADDLE_TOLERANCE", "0s", "from 1s to 60m"),
        Refusal("POLAR_SILENCE", "59s", "from 1m to 365d"),
        Refusal("TOLLGATE_MODE", "Live", "test or live"),
        Refusal("TOLLGATE_MODE", "production", "test or live"),
        Refusal("TOLLGATE_DATABASE", nil, "in live mode it must be named", live: true),
        Refusal("TOLLGATE_LISTEN", "9090", "127.0.0.1:8080"),
        Refusal("TOLLGATE_LISTEN", "127.0.0.1:99999", "127.0.0.1:8080"),
        Refusal("TOLLGATE_LISTEN", "127.0.0.1:http", "127.0.0.1:8080"),
        Refusal("TOLLGATE_LISTEN", "fe80::1:9090", "127.0.0.1:8080"),
        Refusal("TOLLGATE_LISTEN", "[fd00::7]", "127.0.0.1:8080"),
        Refusal("TOLLGATE_LISTEN", "[::1:9090", "127.0.0.1:8080"),
        Refusal("TOLLGATE_CLAIM_WINDOW", "soon", "from 1m to 24h"),
        Refusal("TOLLGATE_CLAIM_WINDOW", "59s", "from 1m to 24h"),
        Refusal("TOLLGATE_CLAIM_WINDOW", "25h", "from 1m to 24h"),
        Refusal("STRIPE_TOLERANCE", "0s", "from 1s to 60m"),
        Refusal("STRIPE_TOLERANCE", "2h", "from 1s to 60m"),
        Refusal("TOLLGATE_SOCKET", "/\(String(repeating: "d", count: 107))", "107 bytes"),
    ]

    @Test(arguments: refusals)
    func `an unsafe value is refused in one sentence that does not repeat it`(
        _ refusal: Refusal
    ) throws {
        var settings = refusal.isLive ? Self.live : Self.good
        for known in KnownProvider.all where refusal.name.hasPrefix(known.prefix) {
            settings[known.secretSetting] =
                settings[known.secretSetting] ?? Road.secrets[known.name]
        }
        settings[refusal.name] = refusal.value
        let error = #expect(throws: ConfigurationError.self) {
            try Configuration(Settings(environment: settings))
        }
        let sentence = try #require(error).description
        #expect(sentence.contains(refusal.name), "\(sentence)")
        #expect(sentence.contains(refusal.says), "\(sentence)")
        #expect(sentence.hasSuffix(".") && !sentence.contains("\n"))
        if let value = refusal.value, value.utf8.count > 2 {
            #expect(!sentence.contains(value), "\(sentence)")
            #expect(!sentence.contains("s3cret"))
        }
    }

    @Test(arguments: KnownProvider.all.map(\.name))
    func `any provider may be the only one`(_ name: String) throws {
        let known = try #require(KnownProvider.named(name))
        var settings = Self.good
        settings["STRIPE_WEBHOOK_SECRET"] = nil
        settings[known.secretSetting] = Road.secrets[name]
        let configuration = try Configuration(Settings(environment: settings))
        #expect(configuration.providers.keys.map(\.rawValue) == [name])
        let told = try #require(configuration.providers[known.provider])
        #expect(told.secrets.map(\.text) == [Road.secrets[name]])
        #expect(told.tolerance == (name == "lemonsqueezy" ? nil : .seconds(300)))
    }

    @Test(arguments: [
        ("paddle", "https://sandbox-api.paddle.com", "https://api.paddle.com"),
        ("polar", "https://sandbox-api.polar.sh", "https://api.polar.sh"),
        ("lemonsqueezy", "https://api.lemonsqueezy.com", "https://api.lemonsqueezy.com"),
        ("stripe", "https://api.stripe.com", "https://api.stripe.com"),
    ])
    func `each mode asks the provider's own host, and only a rehearsal another`(
        _ name: String,
        _ test: String,
        _ live: String
    ) throws {
        let known = try #require(KnownProvider.named(name))
        let api = try #require(known.api)
        #expect(api.origins == [.test: test, .live: live])
        var settings = Self.good.merging(Road.setting(known, key: FakeAPI.key)) { $1 }
        settings[api.addressSetting] = "http://127.0.0.1:12111"
        let configuration = try Configuration(Settings(environment: settings))
        let told = try #require(configuration.providers[known.provider])
        #expect(told.apiKey == FakeAPI.key && told.apiOrigin == "http://127.0.0.1:12111")
        #expect(told.reconcile == (name == "lemonsqueezy" ? .seconds(900) : .seconds(86_400)))
        settings[api.addressSetting] = test
        let own = try Configuration(Settings(environment: settings))
        #expect(own.providers[known.provider]?.apiOrigin == nil)
    }

    @Test func `a key of an API without the signing secret is refused`() throws {
        var settings = Self.good.merging(["STRIPE_API_KEY": "sk_test_0123456789"]) { $1 }
        settings["STRIPE_WEBHOOK_SECRET"] = nil
        settings["PADDLE_WEBHOOK_SECRET"] = Road.secrets["paddle"]
        let error = #expect(throws: ConfigurationError.self) {
            try Configuration(Settings(environment: settings))
        }
        #expect(error?.description.contains("Set STRIPE_WEBHOOK_SECRET") == true)
        #expect(error?.description.contains("remove STRIPE_API_KEY") == true)
    }

    @Test func `the mode may be left out only while the platform is on loopback`() throws {
        #expect(try Configuration(Settings(environment: Self.good)).mode == .test)
        var settings = Self.good
        settings["DREAMFACTORY_URL"] = "https://platform.example.com"
        let error = #expect(throws: ConfigurationError.self) {
            try Configuration(Settings(environment: settings))
        }
        #expect(error?.description.contains("Set TOLLGATE_MODE to test or live") == true)
        settings["TOLLGATE_MODE"] = "test"
        #expect(try Configuration(Settings(environment: settings)).mode == .test)
    }

    @Test func `what is right is taken as it stands`() throws {
        var settings = Self.live
        settings["DREAMFACTORY_PUBLIC_URL"] = "https://api.example.com/"
        settings["STRIPE_WEBHOOK_SECRET"] =
            "whsec_first_0123456789abcdef, whsec_second_0123456789ab"
        settings["TOLLGATE_LISTEN"] = "[::1]:8443"
        settings["TOLLGATE_CLAIM_WINDOW"] = "30m"
        settings["STRIPE_TOLERANCE"] = "600s"
        let configuration = try Configuration(Settings(environment: settings))
        #expect(configuration.mode == .live)
        #expect(configuration.baseURL == "https://api.example.com/api/v2")
        #expect(configuration.platformOrigin == "https://platform.example.com:443")
        #expect(configuration.providers[.stripe]?.secrets.count == 2)
        #expect(configuration.host == "::1" && configuration.port == 8_443)
        #expect(configuration.claimWindow == .seconds(1_800))
        #expect(configuration.providers[.stripe]?.tolerance == .seconds(600))
        #expect(configuration.databasePath == "/var/lib/tollgate/tollgate.db")
        #expect(configuration.socketPath == "/var/lib/tollgate/tollgate.db.sock")
    }

    @Test(arguments: [":9090", "0.0.0.0:9090", "localhost:9090", "[::]:9090"])
    func `an address to listen on is a host and a port`(_ text: String) throws {
        let settings = Self.good.merging(["TOLLGATE_LISTEN": text]) { $1 }
        let configuration = try Configuration(Settings(environment: settings))
        let hosts = [":9090": "0.0.0.0", "localhost:9090": "localhost", "[::]:9090": "::"]
        #expect(configuration.host == hosts[text] ?? "0.0.0.0")
        #expect(configuration.port == 9_090)
    }

    @Test func `a configuration that is printed or dumped shows no secret`() throws {
        let settings = try Settings(
            environment: Self.good.merging(Road.everybody(asksStripe: true)) { $1 }
        )
        let configuration = try Configuration(settings)
        #expect(configuration.providers.count == KnownProvider.all.count)
        var text = "\(configuration) \(settings) \(String(reflecting: configuration))"
        text += String(reflecting: settings)
        dump(configuration, to: &text)
        dump(settings, to: &text)
        for secret in ["TOLLGATE_MASTER_KEY", "DREAMFACTORY_PASSWORD"] {
            #expect(!text.contains(try #require(Self.good[secret])))
        }
        for secret in Road.secrets.values + [FakeAPI.key] { #expect(!text.contains(secret)) }
    }

    @Test func `what is left out has the defaults of the README`() throws {
        let configuration = try Configuration(Settings(environment: Self.good))
        #expect(configuration.databasePath == "tollgate.db")
        #expect(configuration.host == "127.0.0.1" && configuration.port == 8_080)
        #expect(configuration.baseURL == "http://127.0.0.1:8081/api/v2")
        #expect(configuration.claimWindow == .seconds(3_600))
    }
}
