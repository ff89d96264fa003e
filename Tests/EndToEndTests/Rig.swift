import Foundation
import HTTP
import JSON
import Service
import Synchronization
import Testing

@testable import tollgate

/// The platform and Tollgate, each a process that can be killed, with a provider and subscribers
/// that do not give up.
final class Rig: Sendable {
    /// A subscriber with what the claim gave.
    struct Subscriber: Sendable {
        let story: StripeStory
        let key: String
        let token: String
    }

    /// What the provider knows: which events were acknowledged, and how often it had to try.
    private struct Deliveries {
        var acknowledged: Set<String> = []
        var answered = 0
        var failed = 0
    }

    let server: Mortal
    let platform: Mortal
    let environment: [String: String]
    private let folder: Folder
    private let serverPort: ReservedPort
    private let platformPort: ReservedPort
    /// The apps that the platform had before Tollgate came.
    let builtInApps = Mutex<Set<String>>([])
    private let deliveries = Mutex(Deliveries())
    private static let secret = "whsec_of_the_kill_tests"

    private init() throws {
        folder = try Folder()
        serverPort = try ReservedPort()
        platformPort = try ReservedPort()
        platform = Mortal(
            [
                "sandbox", "--port", String(platformPort.number), "--json", "--database",
                folder.path + "/platform.db",
            ],
            [:],
            isReady: { await $0.outLine(with: "url") != nil }
        )
        environment = [
            "DREAMFACTORY_URL": "http://127.0.0.1:\(platformPort.number)",
            "DREAMFACTORY_EMAIL": "admin@example.com",
            "DREAMFACTORY_PASSWORD": "sandbox-password",
            "TOLLGATE_MASTER_KEY": String(repeating: "0123456789abcdef", count: 4),
            "STRIPE_WEBHOOK_SECRET": Self.secret, "TOLLGATE_DATABASE": folder.path + "/t.db",
            "TOLLGATE_LISTEN": "127.0.0.1:\(serverPort.number)",
        ]
        server = Mortal(
            ["serve"],
            environment,
            isReady: { await $0.errorLine(with: "listen") != nil }
        )
    }

    /// Both running, with the plan that everybody buys.
    static func make() async throws -> Rig {
        let rig = try Rig()
        let plans = try rig.folder.file(
            "plans.json",
            """
            {"plans": [{"id": "pro", "name": "Pro", "limits": [{"rate": 1000, "period": "day"}], \
            "prices": {"stripe": ["\(StripeStory.price)"]}, "access": [{"service": "shop", \
            "component": "_table/customers/*", "verbs": ["GET"]}]}]}
            """
        )
        let applied = try await rig.run("plans", "apply", plans)
        try #require(applied.exit == 0, "\(applied)")
        try await rig.platform.start()
        let apps = try await rig.records("app").map { $0.word("name") }
        rig.builtInApps.withLock { $0 = Set(apps) }
        try await rig.server.start()
        return rig
    }

    /// What is acknowledged, and what the deliveries were.
    var acknowledged: Set<String> { deliveries.withLock { $0.acknowledged } }
    var acknowledgements: Int { deliveries.withLock { $0.answered } }
    var account: String {
        deliveries.withLock {
            "\($0.answered) deliveries answered 200, \($0.failed) tried again, "
                + "\($0.acknowledged.count) events"
        }
    }

    func run(_ words: String...) async throws -> Child.End {
        try await Child.run(words, environment)
    }

    /// Delivers once; nil where no answer came.
    func deliverOnce(_ event: JSONValue) async -> Int? {
        let body = event.serialized()
        let signed = Rehearsal.signedHeaders(
            provider: "stripe",
            body: body,
            secret: Self.secret,
            at: Date()
        )
        var headers: HTTPHeaders = ["Content-Type": "application/json"]
        for field in signed ?? [] { headers.add(field.name, field.value) }
        let answer = try? await client().request(
            "POST",
            "/webhooks/stripe",
            headers: headers,
            body: body
        )
        deliveries.withLock {
            if answer?.status == 200 {
                $0.acknowledged.insert(event.word("id"))
                $0.answered += 1
            } else {
                $0.failed += 1
            }
        }
        return answer?.status
    }

    /// Delivers as the provider does: until it is acknowledged.
    func deliver(_ event: JSONValue) async throws {
        try await eventually("\(event.word("id")) is acknowledged") {
            switch await deliverOnce(event) {
            case 200: return true
            case nil, 503: return false
            case let status?: throw Late("A delivery was answered \(status).")
            }
        }
    }

    /// Claims as a browser does that repeats a lost request: with one idempotency key.
    func claim(_ story: StripeStory) async throws -> Subscriber {
        let body: JSONValue = [
            "provider": "stripe", "reference": .string(story.reference), "wait": 2,
        ]
        var given: JSONValue?
        try await eventually("\(story.reference) is exchanged") {
            let answer = try? await client().request(
                "POST",
                "/v1/claims",
                headers: ["Idempotency-Key": "once-for-\(story.reference)"],
                body: body.serialized()
            )
            guard answer?.status == 200 else { return false }
            given = try JSONValue(parsing: answer?.body ?? [])
            return true
        }
        return Subscriber(
            story: story,
            key: try #require(given?["key"]?.string),
            token: try #require(given?["lookup_token"]?.string)
        )
    }

    /// What a lookup token shows.
    func lookUp(_ subscriber: Subscriber) async throws -> JSONValue {
        let answer = try await client().request(
            "GET",
            "/v1/key",
            headers: ["Authorization": "Bearer \(subscriber.token)"]
        )
        return try JSONValue(parsing: answer.body)
    }

    /// The status of a data call with the key, as the platform answers it.
    func use(_ subscriber: Subscriber) async throws -> Int {
        try await platformClient().request(
            "GET",
            "/api/v2/shop/_table/customers?limit=1",
            headers: ["X-DreamFactory-API-Key": subscriber.key]
        ).status
    }

    /// The records of one kind that are on the platform, as its administrator sees them.
    func records(_ kind: String) async throws -> [JSONValue] {
        let client = platformClient()
        let login: JSONValue = ["email": "admin@example.com", "password": "sandbox-password"]
        let session = try await client.request(
            "POST",
            "/api/v2/system/admin/session",
            headers: ["Content-Type": "application/json"],
            body: login.serialized()
        )
        let token = try #require(try JSONValue(parsing: session.body)["session_token"]?.string)
        let answer = try await client.request(
            "GET",
            "/api/v2/system/\(kind)",
            headers: ["X-DreamFactory-Session-Token": token]
        )
        return try #require(try JSONValue(parsing: answer.body)["resource"]?.array)
    }

    /// Every event of the inbox by its id, with its state.
    func inbox() async throws -> [String: String] {
        var events: [String: String] = [:]
        var before: [String] = []
        while true {
            let list = try await Child.run(
                ["events", "list", "--json", "--limit", "1000"] + before,
                environment
            )
            let body = try #require(list.json, "\(list)")
            for event in body["events"]?.array ?? [] {
                events[event.word("id")] = event.word("state")
            }
            guard let next = body["next"]?.integer else { return events }
            before = ["--before", String(next)]
        }
    }

    private func client() -> HTTPClient {
        HTTPClient(.tcp(host: "127.0.0.1", port: serverPort.number), timeout: .seconds(60))
    }

    private func platformClient() -> HTTPClient {
        HTTPClient(.tcp(host: "127.0.0.1", port: platformPort.number), timeout: .seconds(60))
    }
}
