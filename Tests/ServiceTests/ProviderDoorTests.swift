import Foundation
import HTTP
import JSON
import Subscriptions
import Testing
import Webhooks

@testable import Service

/// The door of each provider: its own signatures open it, and no other's.
struct ProviderDoorTests {
    private func body(_ provider: KnownProvider, _ road: Road) throws -> [UInt8] {
        let story = try Story(
            "signup",
            of: provider,
            price: "1",
            other: "2",
            tag: "A1",
            now: road.now
        )
        return story.steps[0].event.serialized()
    }

    @Test(arguments: KnownProvider.all.map(\.name))
    func `what a provider signed is stored once, and anything else refused`(
        _ name: String
    ) async throws {
        let known = try #require(KnownProvider.named(name))
        let road = try await Road(setting: Road.setting(known))
        let body = try body(known, road)
        #expect(try await road.deliver(body, of: known).json["status"]?.string == "stored")
        #expect(try await road.deliver(body, of: known).json["status"]?.string == "known")
        let stored = try #require(try await road.events().first)
        #expect(stored.provider == known.provider && stored.state == .pending)
        #expect(stored.body == body)

        var headers: HTTPHeaders = [:]
        for field in known.adapter.signedHeaders(
            for: body,
            secret: "whsec_c29tZWJvZHkgZWxzZSBlbnRpcmVseSwgcmVhbGx5",
            at: road.now
        ) {
            headers.add(field.name, field.value)
        }
        for headers in [headers, [:]] {
            let path = "/webhooks/\(name)"
            let response = try await road.request("POST", path, headers, body: body)
            #expect(response.status == 400)
            #expect(response.json["type"] == "urn:tollgate:problem:invalid-signature")
        }
        for other in KnownProvider.all where other.name != name {
            #expect(try await road.deliver(body, of: other).status == 404)
        }
        #expect(try await road.events().count == 1)
    }

    @Test(arguments: KnownProvider.all.map(\.name))
    func `a body that is no event of the provider is stored and said to be none`(
        _ name: String
    ) async throws {
        let known = try #require(KnownProvider.named(name))
        let road = try await Road(setting: Road.setting(known))
        let bodies = ["", "{", "[]", "{}", "null", "\u{FEFF}{}"].map { Array($0.utf8) }
        for body in bodies { #expect(try await road.deliver(body, of: known).status == 200) }
        try await road.work()
        #expect(try await road.events().allSatisfy { $0.state == .unparsed })
        #expect(try await road.events().count == bodies.count)
    }

    @Test func `what is lost without a key of the API is an alarm`() async throws {
        let lemon = try await Road(setting: Road.setting(.lemonSqueezy))
        let alarms = await lemon.staff("status").body["alarms"]?.array ?? []
        #expect(alarms.compactMap(\.string).contains { $0.hasPrefix("Set LEMONSQUEEZY_API_KEY") })
        let asked = Road.setting(.lemonSqueezy, key: FakeAPI.key)
        let road = try await Road(setting: asked)
        #expect(await road.staff("status").body["alarms"]?.array?.isEmpty == true)
    }

    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func `an order of Lemon Squeezy is claimed without its API, in whatever order it is told`(
        _ seed: UInt64
    ) async throws {
        let known = KnownProvider.lemonSqueezy
        let road = try await Road(applying: Catalogues.everywhere, setting: Road.setting(known))
        let prices = Catalogues.prices(of: known.name)
        func story(_ tag: String) throws -> Story {
            try Story(
                "signup",
                of: known,
                price: prices.pro,
                other: prices.max,
                tag: tag,
                now: road.now
            )
        }
        let (ada, bob) = (try story("A"), try story("B"))
        let order = try #require(bob.steps.first { $0.type == "order_created" })
        try await road.deliver(order.event.serialized(), of: known)
        for step in ada.shuffled(seed: seed) {
            try await road.deliver(step.event.serialized(), of: known)
        }
        try await road.work()
        let claim = try await road.claim(ada.references[0], provider: known.name)
        #expect(try road.use(try #require(claim.json["key"]?.string)) == 200)
        // An order whose subscription nobody has told of gives nothing.
        #expect(try await road.claim(bob.references[0], provider: known.name).status == 404)
        let parked = try await road.events(.parked)
        #expect(parked.map(\.type) == ["order_created"])
        for step in bob.steps { try await road.deliver(step.event.serialized(), of: known) }
        try await road.work()
        #expect(try await road.claim(bob.references[0], provider: known.name).status == 200)
        #expect(try await road.events(.parked).isEmpty)
    }

    @Test func `a refund of an order counts without the API too`() async throws {
        let known = KnownProvider.lemonSqueezy
        let road = try await Road(applying: Catalogues.everywhere, setting: Road.setting(known))
        let story = try Story(
            "signup",
            of: known,
            price: Catalogues.prices(of: known.name).pro,
            other: "9002",
            tag: "A",
            now: road.now
        )
        let order = try #require(story.steps.first { $0.type == "order_created" }).event
        let data = try #require(order["data"])
        let attributes = try #require(data["attributes"])
        let now = JSONValue.string(road.now.formatted(.iso8601))
        let refund = order.with([
            "meta": ["event_name": "order_refunded", "test_mode": true],
            "data": data.with([
                "attributes": attributes.with([
                    "status": "refunded", "refunded_at": now, "updated_at": now,
                ])
            ]),
        ])
        try await road.deliver(refund.serialized(), of: known)
        for step in story.steps { try await road.deliver(step.event.serialized(), of: known) }
        try await road.work()
        let found = await road.staff("keys/find", ["query": .string(story.subscriptionID)])
        #expect(found.body.subscriptions.first?["access"]?.string == "ended")
    }

    @Test(arguments: [KnownProvider.standard.name, KnownProvider.paddle.name])
    func `money back for a subscription that nobody told of is an alarm until it is told of`(
        _ name: String
    ) async throws {
        let known = try #require(KnownProvider.named(name))
        let (road, story) = try await refund(of: known)
        try await deliver(story.rest, of: known, road)
        let alarms = await road.staff("status").body["alarms"]?.array ?? []
        #expect(alarms.count == 1)
        if known.api == nil {
            #expect(alarms[0].string?.hasSuffix("told of: have it sent.") == true)
        }
        // Neither the time nor the caretaker is needed.
        try await deliver(story.signUp, of: known, road)
        let found = await road.staff("keys/find", ["query": .string(story.subscriptionID)])
        #expect(found.body.subscriptions.first?["access"]?.string == "ended")
        #expect(await road.staff("status").body["alarms"]?.array?.isEmpty == true)
    }

    @Test func `money back for a subscription that is imported afterwards waits for the caretaker`()
        async throws
    {
        let known = KnownProvider.standard
        let (road, story) = try await refund(of: known)
        try await deliver(story.rest, of: known, road)
        #expect(try await road.events(.parked).count == 1)
        let file = ImportFile(
            parsing: Array(
                """
                email,plan,provider,customer,subscription
                ada@example.com,pro,standard,cus_1,\(story.subscriptionID)
                """.utf8
            )
        )
        #expect(file.refusals == [])
        let reply = await road.staff("subscriptions/import", .object(file.page(0..<file.count)))
        #expect(reply.body["new"]?.int == 1, "\(reply.body)")
        road.pass(.seconds(61))
        await road.tollgate.caretaker.tick()
        try await road.work()
        #expect(try await road.events(.parked).isEmpty)
    }

    /// A road to one provider that is not asked, and a story that ends with a refund.
    private func refund(of known: KnownProvider) async throws -> (road: Road, story: Story) {
        let road = try await Road(applying: Catalogues.everywhere, setting: Road.setting(known))
        let prices = Catalogues.prices(of: known.name)
        let story = try Story(
            "refund",
            of: known,
            price: prices.pro,
            other: prices.max,
            tag: "A1",
            now: road.now
        )
        return (road, story)
    }

    private func deliver(_ steps: [Story.Step], of known: KnownProvider, _ road: Road) async throws
    {
        for step in steps { try await road.deliver(step.event.serialized(), of: known) }
        try await road.work()
    }
}
