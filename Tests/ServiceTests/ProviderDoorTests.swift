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

    @Test func `money back for a subscription that nobody told of is an alarm until it is told of`()
        async throws
    {
        let known = KnownProvider.standard
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
        func deliver(_ steps: [Story.Step]) async throws {
            for step in steps { try await road.deliver(step.event.serialized(), of: known) }
            try await road.work()
        }
        try await deliver(story.rest)
        let alarms = await road.staff("status").body["alarms"]?.array ?? []
        #expect(alarms.compactMap(\.string).contains { $0.hasSuffix("told of: have it sent.") })
        try await deliver(story.signUp)
        road.pass(.seconds(61))
        await road.tollgate.caretaker.tick()
        try await road.work()
        let found = await road.staff("keys/find", ["query": .string(story.subscriptionID)])
        #expect(found.body.subscriptions.first?["access"]?.string == "ended")
        #expect(await road.staff("status").body["alarms"]?.array?.isEmpty == true)
    }
}
