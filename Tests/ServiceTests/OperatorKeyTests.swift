import JSON
import Sandbox
import Testing

@testable import Service

/// A server that has a key with the printed role in place of an administrator's login.
struct OperatorKeyTests {
    private static let key = String(repeating: "5a5b", count: 16)
    private static let rules = "role_service_access_by_role_id"
    private static let query: JSONValue = ["query": "ada@example.com", "reason": "leaked"]

    private static func plan(_ id: String, rate: Int64) -> JSONValue {
        guard var members = Catalogues.plan(id, price: "price_\(id)").object else { return nil }
        members["limits"] = [["rate": .integer(rate), "period": "month"]]
        return .object(members)
    }

    /// The role as the doctor prints it, but for one rule, and an app of it with the key.
    private static func prepare(
        _ platform: SandboxPlatform,
        without missing: Int?
    ) throws -> [String: String] {
        let services = try platform.asAdmin("GET", "service")["resource"]?.array ?? []
        let shop = try #require(services.first { $0["name"] == "shop" }?["id"]?.integer)
        var role = NeededRole.json(systemService: 1, sold: [shop])["resource"]?[0]?.object ?? [:]
        var left = role[rules]?.array ?? []
        if let missing { left.remove(at: missing) }
        role[rules] = .array(left)
        role["app_by_role_id"] = [
            ["name": "operator", "is_active": true, "type": 0, "api_key": .string(key)]
        ]
        _ = try platform.asAdmin("POST", "role", ["resource": [.object(role)]])
        return [
            "DREAMFACTORY_EMAIL": "", "DREAMFACTORY_PASSWORD": "", "DREAMFACTORY_API_KEY": key,
        ]
    }

    /// Where the road ends; nil where it was walked to its end.
    private func end(without missing: Int? = nil) async throws -> String? {
        let road = try await Road(
            applying: Catalogues.of(Self.plan("pro", rate: 3), Self.plan("max", rate: 4)),
            preparing: { try Self.prepare($0, without: missing) }
        )
        let (subscriber, token, key): (Subscriber, String, String)
        do {
            (subscriber, token, key) = try await road.claimed()
        } catch is Broken {
            return "claim"
        }
        guard try (1...4).map({ _ in try road.use(key) }) == [200, 200, 200, 429] else {
            return "use"
        }
        road.pass(.seconds(30 * 86_400))
        var next = subscriber
        next.signedUpAt = road.now
        try await road.deliver(next.changed("updated", after: 20, status: "active"))
        try await road.deliver(next.paid(after: 30))
        try await road.work()
        guard try road.use(key) == 200 else { return "renewal" }
        road.pass(.seconds(60))
        let price = "price_max"
        try await road.deliver(next.changed("updated", after: 60, status: "active", price: price))
        try await road.work()
        guard try (1...5).map({ _ in try road.use(key) }).last == 429 else { return "upgrade" }
        for operation in ["subscriptions/suspend", "subscriptions/resume", "keys/rotate"] {
            guard await road.staff(operation, Self.query).exit == .done else { return operation }
        }
        let now = try #require(try await road.key(token).json["key"]?.string)
        guard await road.staff("keys/revoke", Self.query).exit == .done else { return "revoke" }
        return try road.use(now) == 400 && road.use(key) == 400 ? nil : "refusal"
    }

    @Test func `a server with the printed role walks the whole road`() async throws {
        #expect(try await end() == nil)
    }

    /// Six of the System API, and one for the service that is sold.
    @Test(arguments: 0..<7)
    func `no rule of the role can be left out`(_ rule: Int) async throws {
        #expect(try await end(without: rule) != nil)
    }

    @Test func `the key reaches no log and no answer`() async throws {
        let road = try await Road(preparing: { try Self.prepare($0, without: nil) })
        _ = try await road.claimed()
        road.wire.script(Wire.echo(500, Lines()))
        _ = await road.staff("keys/revoke", Self.query)
        let said = road.log.all + road.answers.all
        #expect(!said.isEmpty && !said.contains { $0.contains(Self.key) })
    }
}
