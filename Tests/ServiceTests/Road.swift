import Foundation
import HTTP
import JSON
import Provisioning
import Sandbox
import Storage
import Subscriptions
import Synchronization
import Transport
import Webhooks

@testable import Service

/// A whole Tollgate and its platform in one process, with a clock that tests move and workers that
/// tests drive.
final class Road: Sendable {
    static let masterKey = "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0"
    static let webhookSecret = "whsec_of_the_tests_0123456789abcdef"
    /// A signing secret of every provider.
    static let secrets = [
        "stripe": webhookSecret, "paddle": "pdl_ntfset_of_the_tests_0123456789abcdef",
        "lemonsqueezy": "lemons_of_the_tests_0123456789abcdef",
        "polar": "polar_whs_of_the_tests_0123456789abcdef",
        "standard": "whsec_c2l4dGVlbiBhbmQgc2l4dGVlbiBieXRlcyBtYWtl",
    ]
    static let start = Date(timeIntervalSince1970: 1_790_000_000)

    let folder: TemporaryFolder
    let clock: SandboxClock
    let platform: SandboxPlatform
    let wire: Wire
    let log = Lines()
    /// Every answer to somebody outside, and every reply to staff.
    let answers = Lines()
    let tollgate: Tollgate
    private let outside: Router
    private let inside: Router
    private let requests = Atomic<Int>(0)

    /// The settings of a Tollgate on a database in `folder`.
    static func settings(_ folder: TemporaryFolder) -> [String: String] {
        [
            "TOLLGATE_DATABASE": folder.file("tollgate.db"), "TOLLGATE_LISTEN": "127.0.0.1:0",
            "TOLLGATE_MASTER_KEY": masterKey, "DREAMFACTORY_URL": "http://127.0.0.1:8081",
            "DREAMFACTORY_EMAIL": SandboxPlatform.adminEmail,
            "DREAMFACTORY_PASSWORD": SandboxPlatform.adminPassword,
            "STRIPE_WEBHOOK_SECRET": webhookSecret,
        ]
    }

    /// The settings under which one provider is received, and its API asked where a key is given.
    static func setting(_ provider: KnownProvider, key: String? = nil) -> [String: String] {
        var setting = ["STRIPE_WEBHOOK_SECRET": ""]
        setting[provider.secretSetting] = secrets[provider.name]
        if let key, let api = provider.apiSettings { setting[api.key] = key }
        return setting
    }

    /// The settings under which every provider is received and asked; Stripe only where told.
    static func everybody(asksStripe: Bool) -> [String: String] {
        KnownProvider.all.reduce(into: [:]) { settings, known in
            settings[known.secretSetting] = secrets[known.name]
            guard let api = known.apiSettings, asksStripe || known.name != "stripe" else { return }
            settings[api.key] = FakeAPI.key
        }
    }

    init(
        applying catalogue: JSONValue? = Catalogues.pro,
        setting extra: [String: String] = [:],
        isObserving: Bool = false,
        preparing prepare: (SandboxPlatform) throws -> [String: String] = { _ in [:] }
    ) async throws {
        folder = try TemporaryFolder()
        clock = SandboxClock { Self.start }
        platform = try SandboxPlatform(clock: clock)
        wire = Wire(platform)
        tollgate = try await Self.tollgate(
            Self.settings(folder).merging(extra) { $1 }.merging(try prepare(platform)) { $1 },
            wire: wire,
            clock: clock,
            log: log,
            isObserving: isObserving,
            sleep: { [clock] in clock.advance(by: $0) }
        )
        let health = HealthRoute()
        health.become(ready: true)
        outside = tollgate.publicRouter(health)
        inside = tollgate.staffRouter(health)
        if let catalogue { _ = await apply(catalogue) }
    }

    static func tollgate(
        _ settings: [String: String],
        wire: Wire,
        clock: SandboxClock,
        log: Lines = Lines(),
        isObserving: Bool = false,
        sleep: (@Sendable (Duration) async throws -> Void)? = nil
    ) async throws -> Tollgate {
        let now: @Sendable () -> Date = { clock.now }
        var surroundings = Tollgate.Surroundings(
            sender: wire,
            log: Log(isText: false, now: now) { log.add($0) },
            onFatal: { log.add($0) }
        )
        surroundings.now = now
        if let sleep { surroundings.sleep = sleep }
        var configuration = try Configuration(Settings(environment: settings))
        configuration.isObserving = isObserving
        return try await Tollgate(configuration, surroundings)
    }

    var now: Date { clock.now }

    func pass(_ duration: Duration) { clock.advance(by: duration) }
}

// MARK: - What outsiders do

extension Road {
    func request(
        _ method: String,
        _ target: String,
        _ headers: HTTPHeaders = [:],
        body: [UInt8] = []
    ) async throws -> HTTPResponse {
        let number = requests.wrappingAdd(1, ordering: .relaxed).newValue
        let response = await outside.respond(
            to: try HTTPRequest(
                method: method,
                target: target,
                headers: headers,
                body: body,
                id: "request-\(number)"
            )
        )
        answers.add(response.transcript)
        return response
    }

    static func signature(_ body: [UInt8], at time: Date, secret: String = webhookSecret) -> String
    {
        let fields = Rehearsal.signedHeaders(
            provider: "stripe",
            body: body,
            secret: secret,
            at: time
        )
        return fields?.first?.value ?? ""
    }

    /// Delivers as Stripe would; a signature that is given replaces the right one.
    @discardableResult
    func deliver(_ body: [UInt8], signature: String? = nil) async throws -> HTTPResponse {
        let signature = signature ?? Self.signature(body, at: now)
        return try await request(
            "POST",
            "/webhooks/stripe",
            ["Stripe-Signature": signature, "Content-Type": "application/json"],
            body: body
        )
    }

    /// Delivers as a provider would.
    @discardableResult
    func deliver(_ body: [UInt8], of provider: KnownProvider) async throws -> HTTPResponse {
        let secret = Self.secrets[provider.name] ?? ""
        var headers: HTTPHeaders = ["Content-Type": "application/json"]
        for field in provider.adapter.signedHeaders(for: body, secret: secret, at: now) {
            headers.add(field.name, field.value)
        }
        return try await request("POST", "/webhooks/\(provider.name)", headers, body: body)
    }

    @discardableResult
    func deliver(_ event: JSONValue) async throws -> HTTPResponse {
        try await deliver(event.serialized())
    }

    func claim(
        _ reference: String,
        provider: String = "stripe",
        idempotencyKey: String? = nil
    ) async throws -> HTTPResponse {
        var headers: HTTPHeaders = ["Content-Type": "application/json"]
        headers["Idempotency-Key"] = idempotencyKey
        let body: JSONValue = ["provider": .string(provider), "reference": .string(reference)]
        return try await request("POST", "/v1/claims", headers, body: body.serialized())
    }

    func key(_ token: String) async throws -> HTTPResponse {
        try await request("GET", "/v1/key", ["Authorization": "Bearer \(token)"])
    }

    /// A data call with a key; its status.
    func use(_ key: String) throws -> Int {
        platform.answer(
            try HTTPRequest(
                target: "/api/v2/shop/_table/customers?limit=1",
                headers: ["X-DreamFactory-API-Key": key]
            )
        ).status
    }
}

// MARK: - What staff and workers do

extension Road {
    @discardableResult
    func staff(_ operation: String, _ arguments: JSONValue = [:]) async -> StaffReply {
        let reply = await tollgate.operations.perform(
            StaffRequest(operation, arguments, actor: "staff:grace")
        )
        answers.add(reply.wire.text())
        return reply
    }

    /// Asks at the staff door, as the command does beside a running server.
    func knock(_ operation: String, _ body: String) async throws -> HTTPResponse {
        await inside.respond(
            to: try HTTPRequest(
                method: "POST",
                target: "/admin/v1/\(operation)",
                body: Array(body.utf8),
                peer: .unix(uid: getuid(), pid: getpid()),
                id: "request-0"
            )
        )
    }

    func apply(_ catalogue: JSONValue, _ arguments: JSONValue = [:]) async -> StaffReply {
        var members = arguments.object ?? [:]
        members["catalogue"] = .string(catalogue.text())
        return await staff("plans/apply", .object(members))
    }

    /// Lets the workers do all there is to do now.
    func work() async throws {
        while try await tollgate.worker.drain() > 0 {}
        let clock = AccessClock(
            store: tollgate.store,
            access: tollgate.access,
            now: tollgate.surroundings.now,
            log: tollgate.surroundings.log,
            notify: tollgate.notify
        )
        while try await clock.tick() > 0 {}
        let now = now
        for grant in try await read({ try $0.dueGrants(now, limit: 1_000) }) {
            try await tollgate.provisioner.converge(grant.subscriptionID)
        }
    }

    /// A subscriber who has paid; with a claim, also one who has the key.
    func signUp(_ name: String = "ada", price: String = "price_pro") async throws -> Subscriber {
        let subscriber = Subscriber(name: name, price: price, signedUpAt: now)
        for event in subscriber.signUp { try await deliver(event) }
        try await work()
        return subscriber
    }

    func claimed(_ name: String = "ada") async throws -> (Subscriber, token: String, key: String) {
        let subscriber = try await signUp(name)
        let body = try await claim(subscriber.reference).json
        guard let token = body["lookup_token"]?.string, let key = body["key"]?.string else {
            throw Broken(description: "the claim gave no key")
        }
        return (subscriber, token, key)
    }
}

// MARK: - What tests look at

extension Road {
    func read<T: Sendable>(
        _ body: @escaping @Sendable (any StoreReader) throws -> T
    ) async throws -> T {
        try await tollgate.store.read(body)
    }

    func events(_ state: InboxEvent.State? = nil) async throws -> [InboxEvent] {
        try await read { try $0.events(state: state, before: nil, limit: 1_000).reversed() }
    }

    func grant(of subscriber: Subscriber) async throws -> Grant {
        let found = try await read { reader in
            try reader.subscription(
                provider: .stripe,
                mode: .test,
                providerID: subscriber.subscription
            ).flatMap { try reader.grant($0.id) }
        }
        guard let found else { throw Broken(description: "there is no grant") }
        return found
    }

    /// Actions of the audit in order.
    func audit() async throws -> [String] {
        try await read { try $0.audit(nil, limit: 10_000) }.map(\.action)
    }
}

/// Catalogues that tests apply.
enum Catalogues {
    static func plan(
        _ id: String,
        price: String,
        rate: Int64 = 5,
        service: String = "shop"
    ) -> JSONValue {
        [
            "id": .string(id), "name": .string(id), "prices": ["stripe": [.string(price)]],
            "access": [
                [
                    "service": .string(service), "component": "_table/customers/*",
                    "verbs": ["GET"],
                ]
            ],
            "limits": [["rate": .integer(rate), "period": "minute"]],
        ]
    }

    static func of(_ plans: JSONValue...) -> JSONValue { ["plans": .array(plans)] }

    static let pro = of(plan("pro", price: "price_pro"))
    /// The prices of the plans pro and max that a provider has.
    static func prices(of provider: String) -> (pro: String, max: String) {
        provider == "lemonsqueezy"
            ? ("9001", "9002") : ("\(provider)_price_pro", "\(provider)_price_max")
    }

    /// The plans pro and max, sold by every provider.
    static let everywhere: JSONValue = {
        let plans = ["pro", "max"].map { id in
            let sold = KnownProvider.all.map { provider in
                let (pro, max) = prices(of: provider.name)
                return (provider.name, JSONValue.array([.string(id == "pro" ? pro : max)]))
            }
            return plan(id, price: "").with([
                "prices": .object(Dictionary(uniqueKeysWithValues: sold))
            ])
        }
        return ["plans": .array(plans)]
    }()

    static let both = of(plan("pro", price: "price_pro"), plan("max", price: "price_max"))
}
