import Foundation
import HTTP
import JSON
import Subscriptions
import Testing

@testable import Service

/// Each story of the rehearsal, to its end on the platform.
@Suite struct StoryTests {
    private func road() async throws -> Road {
        try await Road(applying: Catalogues.both, setting: RefetchTests.setting)
    }

    private func story(_ name: String, _ road: Road) throws -> Story {
        let isDown = name == "downgrade"
        return try Story(
            name,
            of: .stripe,
            price: isDown ? "price_max" : "price_pro",
            other: isDown ? "price_pro" : "price_max",
            tag: "A1",
            now: road.now
        )
    }

    private func tell(_ steps: [Story.Step], _ road: Road) async throws {
        for step in steps {
            road.wire.stripe.set(step.objects)
            try await road.deliver(step.event)
        }
        try await road.work()
    }

    private func desired(_ story: Story, _ road: Road) async throws -> DesiredGrant? {
        try await road.read { reader in
            let found = try reader.subscription(
                provider: .stripe,
                mode: .test,
                providerID: story.subscriptionID
            )
            return try found.flatMap { try reader.grant($0.id)?.desired }
        }
    }

    @Test(arguments: Story.names)
    func `a story ends as its name says, and so does its key`(_ name: String) async throws {
        let road = try await road()
        let story = try story(name, road)
        try await tell(story.signUp, road)
        let first = story.references[0]
        var key = try #require(try await road.claim(first).json["key"]?.string)
        #expect(try road.use(key) == 200)
        try await tell(story.rest, road)
        let desired = try #require(try await desired(story, road))
        #expect(desired.access.rawValue == story.end.rawValue, "\(desired.reason)")
        if name == "return" {
            #expect(try road.use(key) == 400)
            key = try #require(try await road.claim(story.references[1]).json["key"]?.string)
        }
        let answers: [Story.End: Int] = [.active: 200, .suspended: 403, .ended: 400]
        #expect(try road.use(key) == answers[story.end])
        if name == "upgrade" { #expect(desired.plan?.id.rawValue == "max") }
        if name == "downgrade" { #expect(desired.plan?.id.rawValue == "pro") }
        #expect(try await road.events(.parked).isEmpty)
    }

    @Test(arguments: Story.names)
    func `shuffled and told twice a story ends the same`(_ name: String) async throws {
        for seed in 1...3 as ClosedRange<UInt64> {
            let road = try await road()
            let story = try story(name, road)
            for step in story.steps { road.wire.stripe.set(step.objects) }
            let steps = story.shuffled(seed: seed).map {
                Story.Step(type: $0.type, event: $0.event, objects: [:])
            }
            try await tell(steps + steps, road)
            let desired = try #require(try await desired(story, road))
            #expect(desired.access.rawValue == story.end.rawValue, "\(seed): \(desired.reason)")
        }
    }

    @Test(arguments: Story.names)
    func `without an API in any order nobody has more than the story gives`(
        _ name: String
    ) async throws {
        for seed in 1...3 as ClosedRange<UInt64> {
            let road = try await Road(applying: Catalogues.both)
            let story = try story(name, road)
            try await tell(story.shuffled(seed: seed), road)
            let desired = try #require(try await desired(story, road))
            if story.needsAPI {
                #expect(try await road.events(.parked).contains { $0.need?.kind == .refetch })
            } else {
                #expect(desired.access.rawValue == story.end.rawValue, "\(seed)")
            }
        }
    }

    @Test func `the story of a subscription is told event by event`() async throws {
        let road = try await road()
        let story = try story("dunning", road)
        try await tell(story.steps, road)
        let reply = await road.staff("subscriptions/show", ["query": .string(story.subscriptionID)])
        let notes = (reply.body["events"]?.array ?? []).compactMap { $0["note"]?.string }
        #expect(notes.count == story.steps.count)
        #expect(notes.last?.contains("access ended: the subscription has ended") == true)
    }
}
