import Foundation
import HTTP
import JSON
import Subscriptions
import Testing

@testable import Service

/// Each story of the rehearsal as each provider tells it, to its end on the platform.
@Suite struct StoryTests {
    /// A story of a provider.
    struct Told: Sendable, CustomTestStringConvertible {
        let provider: KnownProvider
        let name: String
        var testDescription: String { "\(provider.name) \(name)" }

        /// Every story that a provider has.
        static let all = KnownProvider.all.flatMap { provider in
            Story.names.filter { type(of: provider.writer).obstacle(to: $0) == nil }
                .map { Told(provider: provider, name: $0) }
        }
    }

    private func road(_ told: Told, isAsked: Bool = true) async throws -> Road {
        let key = isAsked ? FakeAPI.key : nil
        return try await Road(
            applying: Catalogues.everywhere,
            setting: Road.setting(told.provider, key: key)
        )
    }

    private func story(_ told: Told, _ road: Road) throws -> Story {
        let (pro, max) = Catalogues.prices(of: told.provider.name)
        let isDown = told.name == "downgrade"
        return try Story(
            told.name,
            of: told.provider,
            price: isDown ? max : pro,
            other: isDown ? pro : max,
            tag: "A1",
            now: road.now
        )
    }

    private func tell(_ steps: [Story.Step], _ told: Told, _ road: Road) async throws {
        for step in steps {
            road.wire.api(of: told.provider).set(step.objects)
            let body = step.event.serialized()
            #expect(try await road.deliver(body, of: told.provider).status == 200)
        }
        try await road.work()
    }

    /// What came before its subscription waits for it, and is tried again within a minute or two.
    private func retry(_ road: Road) async throws {
        road.pass(.seconds(61))
        try await road.tollgate.caretaker.retryParked()
        try await road.work()
    }

    private func claim(_ reference: String, _ told: Told, _ road: Road) async throws -> String {
        let answer = try await road.claim(reference, provider: told.provider.name)
        return try #require(answer.json["key"]?.string, "\(answer.status) \(answer.text)")
    }

    private func desired(_ story: Story, _ road: Road) async throws -> DesiredGrant? {
        try await road.read { reader in
            let found = try reader.subscription(
                provider: Provider(rawValue: story.provider),
                mode: .test,
                providerID: story.subscriptionID
            )
            return try found.flatMap { try reader.grant($0.id)?.desired }
        }
    }

    @Test(arguments: Told.all)
    func `a story ends as its name says, and so does its key`(_ told: Told) async throws {
        let road = try await road(told)
        let story = try story(told, road)
        try await tell(story.signUp, told, road)
        var key = try await claim(story.references[0], told, road)
        #expect(try road.use(key) == 200)
        try await tell(story.rest, told, road)
        let desired = try #require(try await desired(story, road))
        #expect(desired.access.rawValue == story.end.rawValue, "\(desired.reason)")
        if told.name == "return" {
            #expect(try road.use(key) == 400)
            key = try await claim(story.references[1], told, road)
        }
        let answers: [Story.End: Int] = [.active: 200, .suspended: 403, .ended: 400]
        #expect(try road.use(key) == answers[story.end])
        if told.name == "upgrade" { #expect(desired.plan?.id.rawValue == "max") }
        if told.name == "downgrade" { #expect(desired.plan?.id.rawValue == "pro") }
        #expect(try await road.events(.parked).isEmpty)
        let again = try await road.claim(story.references[0], provider: told.provider.name)
        #expect(again.status == 404)
    }

    @Test(arguments: Told.all)
    func `shuffled and told twice a story ends the same`(_ told: Told) async throws {
        for seed in 1...3 as ClosedRange<UInt64> {
            let road = try await road(told)
            let story = try story(told, road)
            for step in story.steps { road.wire.api(of: told.provider).set(step.objects) }
            let steps = story.shuffled(seed: seed).map {
                Story.Step(type: $0.type, event: $0.event, objects: [:])
            }
            try await tell(steps + steps, told, road)
            try await retry(road)
            let desired = try #require(try await desired(story, road))
            #expect(desired.access.rawValue == story.end.rawValue, "\(seed): \(desired.reason)")
        }
    }

    @Test(arguments: Told.all)
    func `without an API in any order nobody has more than the story gives`(
        _ told: Told
    ) async throws {
        for seed in 1...3 as ClosedRange<UInt64> {
            let road = try await road(told, isAsked: false)
            let story = try story(told, road)
            try await tell(story.shuffled(seed: seed), told, road)
            try await retry(road)
            let desired = try #require(try await desired(story, road))
            if story.needsAPI {
                #expect(try await road.events(.parked).contains { $0.need?.kind == .refetch })
            } else {
                #expect(
                    desired.access.rawValue == story.end.rawValue,
                    "\(seed): \(desired.reason)"
                )
            }
        }
    }

    @Test func `the story of a subscription is told event by event`() async throws {
        let told = Told(provider: .stripe, name: "dunning")
        let road = try await road(told)
        let story = try story(told, road)
        try await tell(story.steps, told, road)
        let reply = await road.staff("subscriptions/show", ["query": .string(story.subscriptionID)])
        let notes = (reply.body["events"]?.array ?? []).compactMap { $0["note"]?.string }
        #expect(notes.count == story.steps.count)
        #expect(notes.last?.contains("access ended: the subscription has ended") == true)
    }

    @Test func `a story that a provider cannot tell is refused in a sentence`() throws {
        let refused = KnownProvider.all.flatMap { provider in
            Story.names.compactMap { type(of: provider.writer).obstacle(to: $0) }
        }
        #expect(refused.count == 4)
        #expect(refused.allSatisfy { $0.hasSuffix(".") && $0.contains("dispute") })
        #expect(throws: Story.Untold.self) {
            try Story("dispute-won", of: .polar, price: "1", other: "2", tag: "a", now: Road.start)
        }
    }

    @Test func `one customer has what every provider sold them`() async throws {
        let road = try await Road(
            applying: Catalogues.everywhere,
            setting: Road.everybody(asksStripe: true)
        )
        for provider in KnownProvider.all {
            let told = Told(provider: provider, name: "signup")
            try await tell(try story(told, road).steps, told, road)
        }
        let found = await road.staff("keys/find", ["query": "story-A1@example.com"])
        #expect(found.body.subscriptions.count == KnownProvider.all.count)
        #expect(found.body.subscriptions.allSatisfy { $0["access"]?.string == "active" })
        let status = await road.staff("status")
        let rows = status.body["providers"]?.array ?? []
        #expect(rows.count == KnownProvider.all.count)
        #expect(rows.allSatisfy { $0["last_delivery_at"]?.string != nil })
    }
}
