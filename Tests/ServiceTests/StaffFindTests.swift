import Foundation
import HTTP
import JSON
import Subscriptions
import Testing

@testable import Service

/// How staff find what they mean, and what happens when they mean several things or nothing.
struct StaffFindTests {
    @Test func `a subscription is found by everything that names it`() async throws {
        let road = try await Road()
        _ = try await road.signUp("bob")
        let (subscriber, _, key) = try await road.claimed("ada")
        let id = try await road.grant(of: subscriber).subscriptionID
        let observed = try await road.grant(of: subscriber).observed
        let customer = try await road.read {
            try $0.customer(provider: .stripe, mode: .test, providerID: subscriber.customer)
        }
        let queries = [
            key, " \(key)\n", String(key.suffix(4)), subscriber.email, "ADA@Example.com",
            subscriber.customer, try #require(customer).id.rawValue, subscriber.subscription,
            id.rawValue, "\(try #require(observed.roleID))",
            "\(try #require(observed.apps.first).id)",
        ]
        for query in queries {
            let reply = await road.staff("keys/find", ["query": .string(query)])
            let found = reply.body.subscriptions.compactMap { $0["subscription"]?.string }
            #expect(found.contains(id.rawValue), "by \(query.prefix(12))")
            #expect(!reply.wire.text().contains(key))
        }
        let row = await road.staff("keys/find", ["query": .string(key)]).body.subscriptions.first
        #expect(row?["email"] == "ada@example.com")
        #expect(row?["last_four"]?.string == String(key.suffix(4)))
        #expect(row?["shown"] == true)
    }

    @Test func `an old key still leads to its subscription`() async throws {
        let road = try await Road()
        let (subscriber, _, key) = try await road.claimed()
        let query: JSONValue = ["query": "ada@example.com", "reason": "leaked"]
        await road.staff("keys/revoke", query)
        await road.staff("keys/restore", query)
        let found = await road.staff("keys/find", ["query": .string(key)]).body.subscriptions
        #expect(found.first?["provider_id"]?.string == subscriber.subscription)
        #expect(found.first?["generation"] == 2)
    }

    @Test(arguments: [
        "nobody@example.com", "sub_nobody", "999999", "%", "' OR 1=1 --",
        "tgtest" + String(repeating: "A", count: 58),
    ])
    func `what names nothing exits 3`(_ query: String) async throws {
        let road = try await Road()
        _ = try await road.signUp()
        for operation in ["keys/find", "keys/revoke", "subscriptions/show", "claims/create"] {
            let reply = await road.staff(
                operation,
                ["query": .string(query), "reason": "test"]
            )
            #expect(reply.exit == .notFound)
            #expect(reply.message?.hasPrefix("Nothing matches: give a whole key") == true)
            #expect(reply.message?.contains(query) == false)
        }
    }

    @Test func `customers are found with what they have, and without anything too`() async throws {
        let road = try await Road()
        let (ada, _, key) = try await road.claimed()
        let bob = Subscriber(name: "bob", signedUpAt: road.now)
        let customer: JSONValue = [
            "id": .string(bob.customer), "object": "customer", "email": .string(bob.email),
        ]
        try await road.deliver(bob.event("customer.created", 0, customer))
        try await road.work()
        for query in [ada.email.uppercased(), ada.customer, ada.subscription, key] {
            let found = await road.staff("customers/find", ["query": .string(query)])
            let rows = found.body["customers"]?.array ?? []
            #expect(rows.map { $0["provider_id"]?.string } == [ada.customer], "\(query)")
            #expect(rows.first?.subscriptions.first?["access"]?.string == "active")
        }
        let found = await road.staff("customers/find", ["query": .string(bob.email)])
        #expect(found.body["customers"]?[0]?["subscriptions"] == [])
        let nobody = await road.staff("customers/find", ["query": "nobody@example.com"])
        #expect(nobody.exit == .notFound)
    }

    @Test func `claims are listed as they stand, without a reference`() async throws {
        let road = try await Road()
        let (ada, _, _) = try await road.claimed()
        _ = try await road.signUp("bob")
        _ = await road.staff("claims/create", ["query": .string(ada.email)])
        func states() async -> [String?] {
            let list = await road.staff("claims/list")
            #expect(!list.wire.text().contains(ada.reference))
            return (list.body["claims"]?.array ?? []).map { $0["state"]?.string }
        }
        #expect(Set(await states()) == ["open", "used"])
        #expect(await states().count == 3)
        _ = await road.staff("claims/create", ["query": .string(ada.email)])
        #expect(await states().filter { $0 == "ended" }.count == 1)
        await road.staff("keys/revoke", ["query": "bob@example.com", "reason": "abuse"])
        #expect(await states().filter { $0 == "ended" }.count == 2)
        road.pass(.seconds(3_601))
        #expect(Set(await states()) == ["expired", "used", "ended"])
    }

    @Test func `a list begins after a subscription that there is, and after nothing else`()
        async throws
    {
        let road = try await Road()
        _ = try await road.signUp()
        _ = try await road.signUp("bob")
        let first = await road.staff("subscriptions/list", ["limit": 1])
        let next = try #require(first.body["next"]?.string)
        let rest = await road.staff("subscriptions/list", ["after": .string(next)])
        #expect(rest.exit == .done && rest.body.subscriptions.count == 1)
        for after in ["zzz", "", "aaaaaaaaaaaaaaaaaaaaaaaaaa"] {
            let reply = await road.staff("subscriptions/list", ["after": .string(after)])
            #expect(reply.exit == .notFound && reply.message?.contains("page before") == true)
        }
    }

    @Test func `several matches are listed, nothing changes, exit 2`() async throws {
        let road = try await Road()
        for name in ["ada", "bob"] {
            var events = Subscriber(name: name, signedUpAt: road.now).signUp
            // One customer with two subscriptions.
            events = events.map { event in
                let text = event.text().replacing("cus_bob", with: "cus_ada")
                return (try? JSONValue(parsing: text.utf8)) ?? event
            }
            for event in events { try await road.deliver(event) }
        }
        try await road.work()
        let audit = try await road.audit()
        for operation in ["keys/revoke", "keys/restore", "claims/create", "subscriptions/show"] {
            let reply = await road.staff(operation, ["query": "cus_ada", "reason": "leaked"])
            #expect(reply.exit == .usage)
            #expect(reply.body.subscriptions.count == 2)
            #expect(reply.message?.hasPrefix("2 subscriptions match; nothing was changed.") == true)
        }
        #expect(try await road.audit() == audit)
        let accesses = await road.staff("keys/find", ["query": "cus_ada"]).body.subscriptions
            .compactMap { $0["access"]?.string }
        #expect(accesses == ["active", "active"])
    }

    @Test func `the story of a subscription is told in one reply`() async throws {
        let road = try await Road()
        let (subscriber, _, key) = try await road.claimed()
        let reply = await road.staff("subscriptions/show", ["query": "ada@example.com"])
        #expect(reply.exit == .done)
        #expect(reply.body.at("subscription", "provider_id")?.string == subscriber.subscription)
        #expect(reply.body.at("grant", "access") == "active")
        #expect(reply.body["events"]?.array?.count == 4)
        #expect(reply.body["keys"]?.array?.count == 1)
        #expect(reply.body["attempts"]?.array?.isEmpty == false)
        #expect(reply.body["audit"]?.array?.contains { $0["action"] == "key.revealed" } == true)
        #expect(!reply.wire.text().contains(key))
    }

    @Test func `subscriptions are listed a page at a time`() async throws {
        let road = try await Road()
        for name in ["ada", "bob", "cyd"] { _ = try await road.signUp(name) }
        var seen: [String] = []
        var next: JSONValue? = nil
        repeat {
            let reply = await road.staff(
                "subscriptions/list",
                ["limit": 2, "after": next ?? nil]
            )
            seen += reply.body.subscriptions.compactMap { $0["email"]?.string }
            next = reply.body["next"]
        } while next?.string != nil
        #expect(seen.sorted() == ["ada", "bob", "cyd"].map { "\($0)@example.com" })
    }

    // MARK: The audit

    @Test func `the audit is listed in order, of all or of one subscription`() async throws {
        let road = try await Road()
        _ = try await road.signUp("bob")
        let (subscriber, _, _) = try await road.claimed("ada")
        func actions(_ arguments: JSONValue) async -> [String] {
            let lines = await road.staff("audit/list", arguments).body["audit"]?.array ?? []
            return lines.compactMap { $0["action"]?.string }
        }
        let all = try await road.audit()
        #expect(await actions(["limit": 1_000]) == all)
        #expect(await actions(["limit": 2]) == Array(all.suffix(2)))
        let id = try await road.grant(of: subscriber).subscriptionID
        let own = try await road.read { try $0.audit(id, limit: 100) }.map(\.action)
        #expect(own.contains("key.shown") && own.count < all.count)
        #expect(await actions(["query": .string(id.rawValue)]) == own)
        #expect(await road.staff("audit/list", ["query": "nobody"]).exit == .notFound)
    }

    // MARK: Events

    @Test func `events are listed by state, newest first, and shown without their bodies`()
        async throws
    {
        let road = try await Road()
        let subscriber = try await road.signUp()
        try await road.deliver(Array("garbage".utf8))
        let all = await road.staff("events/list").body["events"]?.array ?? []
        #expect(all.compactMap { $0["event"]?.int } == [5, 4, 3, 2, 1])
        let unparsed = await road.staff("events/list", ["state": "unparsed"])
        #expect(unparsed.body["events"]?.array?.count == 1)
        let wrong = await road.staff("events/list", ["state": "lost"])
        #expect(wrong.exit == .usage)
        #expect(
            wrong.message
                == "An event's state is one of pending, applied, ignored, parked, unparsed."
        )
        let id = try #require(subscriber.signUp[1]["id"])
        let shown = await road.staff("events/show", ["id": id])
        #expect(shown.body.at("event", "event") == 2)
        #expect(shown.body.at("event", "state") == "applied")
        #expect(!shown.wire.text().contains(Subscriber.marker))
        #expect(await road.staff("events/show", ["id": "evt_nobody"]).exit == .notFound)
        #expect(await road.staff("events/replay", ["id": "77"]).exit == .notFound)
    }

    @Test func `an id that several events have is refused until one is named`() async throws {
        let road = try await Road()
        var subscriber = Subscriber(signedUpAt: road.now)
        try await road.deliver(subscriber.signUp[0])
        subscriber.isLive = true
        try await road.deliver(subscriber.signUp[0])
        try await road.work()
        let id = try #require(subscriber.signUp[0]["id"])
        let reply = await road.staff("events/replay", ["id": id])
        #expect(reply.exit == .usage)
        #expect(reply.body["events"]?.array?.count == 2)
        #expect(await road.staff("events/replay", ["id": "1"]).exit == .done)
    }

    @Test func `a replay of a parked event that still needs something says so and fails`()
        async throws
    {
        let road = try await Road()
        _ = try await road.signUp("max", price: "price_max")
        let reply = await road.staff("events/replay", ["id": "1"])
        #expect(reply.exit == .failed)
        #expect(reply.message?.contains("price_max") == true)
        #expect(try await road.audit().contains("event.replayed"))
    }

    // MARK: The door

    @Test func `staff reach the same code through their socket, and nobody else does`()
        async throws
    {
        let road = try await Road()
        let reply = try await road.knock("status", "{}")
        #expect(reply.status == 200)
        #expect(StaffReply(wire: reply.json)?.exit == .done)
        #expect(try await road.knock("status", "[]").status == 400)
        let unknown = StaffReply(wire: try await road.knock("keys/print", "{}").json)
        #expect(unknown == StaffReply(.usage, "There is no operation keys/print."))
        let outside = try await road.request("POST", "/admin/v1/status", body: Array("{}".utf8))
        #expect(outside.status == 404)
        let ready = try await road.request("GET", "/readyz")
        #expect(ready.text == "ready\n")
    }
}
