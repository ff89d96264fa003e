import Foundation
import JSON
import Subscriptions
import Testing
import Transport

@testable import Service

/// `keys explain`: what is said of a key, one reason after another.
@Suite struct ExplainTests {
    private func why(_ road: Road, _ query: String) async throws -> [String: String] {
        let reply = await road.staff("keys/explain", ["query": .string(query)])
        #expect(reply.exit == .done)
        let lines = try #require(reply.body["why"]?.array)
        return Dictionary(
            lines.map { ($0["about"]?.string ?? "", $0["text"]?.string ?? "") },
            uniquingKeysWith: { first, second in "\(first); \(second)" }
        )
    }

    @Test func `a key that works is said to, with the money behind it`() async throws {
        let road = try await Road()
        let (ada, _, key) = try await road.claimed()
        let lines = try await why(road, key)
        #expect(lines["key"]?.hasPrefix("…\(key.suffix(4)), generation 1, works") == true)
        #expect(lines["access"] == "active: the subscription is active")
        #expect(lines["money"]?.hasPrefix("stripe says active since") == true)
        #expect(lines["until"]?.hasSuffix("even if nothing is heard") == true)
        #expect(Set(lines.keys) == ["key", "access", "money", "until"])
        #expect(!lines.values.contains { $0.contains(key) })
        _ = ada
    }

    @Test func `each hold says who placed it and what lifts it`() async throws {
        let road = try await Road()
        let (ada, _, _) = try await road.claimed()
        let query: JSONValue = ["query": .string(ada.email), "reason": "abuse"]
        await road.staff("subscriptions/suspend", query)
        try await road.work()
        let asleep = try await why(road, ada.email)
        #expect(asleep["key"]?.contains("sleeps since") == true)
        #expect(asleep["access"] == "suspended: suspended by staff:grace: abuse")
        #expect(asleep["staff"]?.contains("`tollgate subscriptions resume` lifts it") == true)
        await road.staff("keys/revoke", query)
        try await road.work()
        let revoked = try await why(road, ada.email)
        #expect(revoked["key"]?.contains("is refused, proved at") == true)
        #expect(revoked["staff"]?.contains("`tollgate keys restore` lifts it") == true)
    }

    @Test func `what stands in the way, and what was not told yet, is said`() async throws {
        let road = try await Road()
        road.wire.fail(.connectionLost)
        let ada = try await road.signUp()
        let lines = try await why(road, ada.email)
        #expect(lines["key"]?.contains("is on its way") == true)
        #expect(lines["platform"]?.isEmpty == false)
        let bob = Subscriber(name: "bob", signedUpAt: road.now)
        try await road.deliver(bob.paid(after: 0))
        try await road.work()
        let untold = try await why(road, bob.subscription)
        #expect(untold["key"] == "there is none, and none is due")
        #expect(untold["money"] == "stripe has not said yet how it stands")
    }

    @Test func `money that went back is said with its period`() async throws {
        let road = try await Road(setting: ["STRIPE_API_KEY": FakeAPI.key])
        let ada = Subscriber(signedUpAt: road.now)
        road.wire.stripe.set(ada.object("active"))
        for object in ada.money(refunded: 2_900) { road.wire.stripe.set(object) }
        _ = try await road.signUp()
        try await road.deliver(ada.refunded(after: 60))
        try await road.work()
        let lines = try await why(road, ada.email)
        #expect(
            lines["money back"] == "its payment was refunded, of the period that was paid last"
        )
        #expect(lines["access"]?.hasPrefix("ended: its payment was refunded") == true)
    }
}
