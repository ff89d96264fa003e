import JSON
import Subscriptions
import Testing
import Transport

@testable import Service

/// `subscriptions suspend` and `subscriptions resume`.
struct SuspensionTests {
    private static let query: JSONValue = ["query": "ada@example.com", "reason": "abuse"]

    @Test func `a suspended key sleeps, and the same key wakes`() async throws {
        let road = try await Road()
        let (subscriber, token, key) = try await road.claimed()
        let before = try road.platformCounts()
        let suspended = await road.staff("subscriptions/suspend", Self.query)
        #expect(suspended.exit == .done)
        #expect(suspended.message == "The key sleeps, proved.")
        #expect(try road.use(key) == 403)
        let answer = try await road.key(token).json
        #expect(answer["status"] == "suspended")
        #expect(answer["key"] == nil)
        #expect(try road.platformCounts() == before)
        for event in [subscriber.changed("updated", after: 90, status: "active")] {
            try await road.deliver(event)
            try await road.work()
        }
        #expect(try road.use(key) == 403)
        let resumed = await road.staff("subscriptions/resume", Self.query)
        #expect(resumed.exit == .done)
        #expect(resumed.message == "The hold is lifted and the key works, proved.")
        #expect(try road.use(key) == 200)
        #expect(try await road.key(token).json["key"] == .string(key))
    }

    @Test func `suspended again is proved again`() async throws {
        let road = try await Road()
        _ = try await road.claimed()
        #expect(await road.staff("subscriptions/suspend", Self.query).exit == .done)
        road.pass(.seconds(5))
        let calls = road.wire.count
        #expect(await road.staff("subscriptions/suspend", Self.query).exit == .done)
        #expect(road.wire.count == calls + 1)
        road.pass(.seconds(5))
        road.wire.fail(.connectionRefused)
        #expect(await road.staff("subscriptions/suspend", Self.query).exit == .notYetProved)
        #expect(try await road.audit().filter { $0 == "hold.placed" }.count == 1)
    }

    @Test func `while the platform is down the key is withheld and proved later`() async throws {
        let road = try await Road()
        let (_, token, key) = try await road.claimed()
        road.wire.fail(.connectionRefused)
        var arguments = try #require(Self.query.object)
        arguments["wait"] = 0
        let reply = await road.staff("subscriptions/suspend", .object(arguments))
        #expect(reply.exit == .notYetProved)
        #expect(try await road.key(token).json["key"] == nil)
        road.wire.fail(nil)
        road.pass(.seconds(60))
        try await road.work()
        #expect(try road.use(key) == 403)
    }

    @Test func `what staff did not suspend they cannot resume`() async throws {
        let road = try await Road()
        _ = try await road.claimed()
        let reply = await road.staff("subscriptions/resume", Self.query)
        #expect(reply.exit == .refused)
        #expect(reply.message?.contains("access is active") == true)
    }

    @Test func `what has ended cannot be suspended`() async throws {
        let road = try await Road()
        _ = try await road.claimed()
        await road.staff("keys/revoke", Self.query)
        #expect(await road.staff("subscriptions/suspend", Self.query).exit == .refused)
    }
}
