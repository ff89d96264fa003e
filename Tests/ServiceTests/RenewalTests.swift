import JSON
import Subscriptions
import Testing

@testable import Service

/// The billing month, and what an upgrade does for whoever is locked out, on the platform itself.
struct RenewalTests {
    private static func plan(_ id: String, rate: Int64) -> JSONValue {
        guard var members = Catalogues.plan(id, price: "price_\(id)").object else { return nil }
        members["limits"] = [["rate": .integer(rate), "period": "month"]]
        return .object(members)
    }

    private func makeLockedOut() async throws -> (Road, Subscriber, key: String) {
        let catalogue = Catalogues.of(Self.plan("pro", rate: 3), Self.plan("max", rate: 5))
        let road = try await Road(applying: catalogue)
        let (subscriber, _, key) = try await road.claimed()
        for status in [200, 200, 200, 429, 429] { #expect(try road.use(key) == status) }
        return (road, subscriber, key)
    }

    @Test func `a month that is paid begins its count anew, an open one does not`() async throws {
        let (road, subscriber, key) = try await makeLockedOut()
        road.pass(.seconds(30 * 86_400))
        var next = subscriber
        next.signedUpAt = road.now
        try await road.deliver(next.changed("updated", after: 20, status: "active"))
        try await road.work()
        #expect(try road.use(key) == 429)
        try await road.deliver(next.paid(after: 30))
        try await road.work()
        for status in [200, 200, 200, 429] { #expect(try road.use(key) == status) }
        // The same payment told again clears nothing.
        try await road.deliver(next.paid(after: 40))
        try await road.work()
        #expect(try road.use(key) == 429)
    }

    @Test func `whoever is locked out and upgrades can call at once`() async throws {
        let (road, subscriber, key) = try await makeLockedOut()
        road.pass(.seconds(60))
        try await road.deliver(
            subscriber.changed("updated", after: 60, status: "active", price: "price_max")
        )
        try await road.work()
        for status in [200, 200, 200, 200, 200, 429] { #expect(try road.use(key) == status) }
        #expect(try await road.grant(of: subscriber).problem == nil)
    }
}
