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
}
