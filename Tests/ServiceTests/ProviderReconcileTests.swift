import Foundation
import JSON
import Subscriptions
import Testing

@testable import Service

/// The comparison with each provider's own list.
struct ProviderReconcileTests {
    static let names = KnownProvider.all.filter { $0.api != nil }.map(\.name)

    private func story(
        _ name: String,
        _ provider: KnownProvider,
        _ tag: String,
        _ road: Road
    ) throws -> Story {
        let (pro, max) = Catalogues.prices(of: provider.name)
        return try Story(name, of: provider, price: pro, other: max, tag: tag, now: road.now)
    }

    private func tell(_ steps: [Story.Step], _ provider: KnownProvider, _ road: Road) async throws {
        for step in steps {
            road.wire.api(of: provider).set(step.objects)
            try await road.deliver(step.event.serialized(), of: provider)
        }
        try await road.work()
    }

    private func access(_ story: Story, _ road: Road) async throws -> String? {
        try await road.read { reader in
            try reader.subscription(
                provider: Provider(rawValue: story.provider),
                mode: .test,
                providerID: story.subscriptionID
            ).flatMap { try reader.grant($0.id)?.desired.access.rawValue }
        }
    }

    /// All pages, of which each has one subscription.
    private func reconcile(
        _ provider: KnownProvider,
        isDry: Bool,
        _ road: Road
    ) async throws -> [String] {
        var arguments: [String: JSONValue] = [
            "provider": .string(provider.name), "dry_run": .bool(isDry),
        ]
        var found: [String] = []
        while true {
            let reply = await road.staff("reconcile", .object(arguments))
            try #require(reply.exit == .done, "\(reply.message ?? "")")
            for row in reply.body["differences"]?.array ?? [] {
                found.append("\(row["provider_id"]?.string ?? "") \(row["kind"]?.string ?? "")")
            }
            for name in ["cursor", "compared", "changed"] {
                arguments[name] = reply.body[name] ?? .null
            }
            if reply.body["done"]?.bool == true { return found.sorted() }
        }
    }

    @Test(arguments: names)
    func `what no event told is taken, page by page, and only its word ends anything`(
        _ name: String
    ) async throws {
        let provider = try #require(KnownProvider.named(name))
        let road = try await Road(
            applying: Catalogues.everywhere,
            setting: Road.setting(provider, key: FakeAPI.key)
        )
        let api = road.wire.api(of: provider)
        api.setPageSize(1)
        let known = try ["A1", "A2", "A3", "A4"].map { try story("signup", provider, $0, road) }
        for story in known { try await tell(story.steps, provider, road) }
        road.pass(.seconds(60))
        // One was cancelled, one begun, one is not listed, and one is gone.
        let ended = try story("cancel", provider, "A2", road)
        for step in ended.steps { api.set(step.objects) }
        let begun = try story("signup", provider, "B1", road)
        for step in begun.steps { api.set(step.objects) }
        let hidden = try story("cancel", provider, "A3", road)
        for step in hidden.steps { api.set(step.objects) }
        api.unlist(hidden.subscriptionID)
        for path in ["/v1/subscriptions/", "/subscriptions/"] {
            api.remove(path + known[3].subscriptionID)
        }
        let expected = [
            "\(ended.subscriptionID) changed", "\(begun.subscriptionID) new",
            "\(hidden.subscriptionID) changed", "\(known[3].subscriptionID) problem",
        ].sorted()
        #expect(try await reconcile(provider, isDry: true, road) == expected)
        #expect(try await access(known[1], road) == "active")
        #expect(try await reconcile(provider, isDry: false, road) == expected)
        let after = try await known.asyncMap { try await access($0, road) }
        #expect(after == ["active", "ended", "ended", "active"])
        #expect(try await access(begun, road) == "active")
    }

    @Test(arguments: names)
    func `a list that breaks off is said with the provider's name, and never with the key`(
        _ name: String
    ) async throws {
        let provider = try #require(KnownProvider.named(name))
        let road = try await Road(setting: Road.setting(provider, key: FakeAPI.key))
        let api = road.wire.api(of: provider)
        for status in [401, 403, 404, 418, 500] {
            api.script(status, status, status, status)
            let reply = await road.staff("reconcile", ["provider": .string(name)])
            #expect(reply.exit == .failed)
            #expect(reply.message?.hasPrefix(provider.title) == true, "\(reply.message ?? "")")
            api.forgetScript()
        }
        #expect(!(road.log.all + road.answers.all).contains { $0.contains(FakeAPI.key) })
    }

    @Test func `Lemon Squeezy is compared four times an hour, for it soon gives up telling`()
        async throws
    {
        let provider = KnownProvider.lemonSqueezy
        let road = try await Road(
            applying: Catalogues.everywhere,
            setting: Road.setting(provider, key: FakeAPI.key)
        )
        let caretaker = road.tollgate.caretaker
        await caretaker.tick()
        // Nobody heard of it while the server was away.
        let story = try story("signup", provider, "A1", road)
        for step in story.steps { road.wire.api(of: provider).set(step.objects) }
        road.pass(.seconds(899))
        await caretaker.tick()
        #expect(try await access(story, road) == nil)
        road.pass(.seconds(1))
        await caretaker.tick()
        #expect(try await access(story, road) == "active")
    }

    @Test func `where several can be compared with staff must say which`() async throws {
        let stripe = Road.setting(.stripe, key: FakeAPI.key)
        let paddle = Road.setting(.paddle, key: FakeAPI.key)
        let road = try await Road(setting: paddle.merging(stripe) { _, last in last })
        let reply = await road.staff("reconcile")
        #expect(reply.exit == .usage)
        #expect(reply.body["providers"]?.array?.compactMap(\.string) == ["paddle", "stripe"])
        #expect(await road.staff("reconcile", ["provider": "paddle"]).exit == .done)
        let standard = await road.staff("reconcile", ["provider": "standard"])
        #expect(standard.message?.contains("has no API") == true)
        let polar = await road.staff("reconcile", ["provider": "polar"])
        #expect(polar.message?.contains("POLAR_ACCESS_TOKEN") == true)
        let nobody = await road.staff("reconcile", ["provider": "nobody"])
        #expect(nobody.exit == .usage)
    }
}

extension Sequence {
    fileprivate func asyncMap<T>(_ body: (Element) async throws -> T) async rethrows -> [T] {
        var values: [T] = []
        for element in self { values.append(try await body(element)) }
        return values
    }
}
