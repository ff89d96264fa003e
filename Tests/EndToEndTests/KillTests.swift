import Foundation
import JSON
import Testing

@testable import tollgate

/// Real processes, killed at random moments; `TOLLGATE_TEST_SEED` gives the moments again.
@Suite(.serialized, .timeLimit(.minutes(20)))
struct KillTests {
    private static let subscribers = 30
    private static let kills = 16

    @Test func `sign-ups and revocations outlive kills of the server and of both`() async throws {
        let rig = try await Rig.make()
        let subscribers = try await rig.signUp(
            Self.subscribers,
            killing: [rig.server],
            times: Self.kills,
            SeededRandom(seed: SeededRandom.seed, sequence: 1)
        )
        try await expectAll(subscribers, of: rig)
        print("the server was killed \(await rig.server.kills) times: \(rig.account)")
        try await revokeAll(subscribers, of: rig)
        print(
            "the server was killed \(await rig.server.kills) times in all, "
                + "the platform \(await rig.platform.kills) times: \(rig.account)"
        )
    }

    @Test func `sign-ups and suspensions outlive kills of the platform`() async throws {
        let rig = try await Rig.make()
        let subscribers = try await rig.signUp(
            Self.subscribers,
            killing: [rig.platform],
            times: Self.kills,
            SeededRandom(seed: SeededRandom.seed, sequence: 2)
        )
        try await expectAll(subscribers, of: rig)
        print("the platform was killed \(await rig.platform.kills) times: \(rig.account)")
        try await suspendAndResume(Array(subscribers.prefix(6)), of: rig)
        try await expectAll(subscribers, of: rig)
        let end = try await rig.server.stop()
        #expect(end.exit == 0, "\(end.error.suffix(2_000))")
    }

    private func expectAll(_ subscribers: [Rig.Subscriber], of rig: Rig) async throws {
        #expect(subscribers.count == Self.subscribers)
        try await rig.expectAllEventsApplied()
        try await rig.expectExactly(subscribers)
        try await rig.expectAlive(subscribers)
    }

    private func revokeAll(_ subscribers: [Rig.Subscriber], of rig: Rig) async throws {
        let random = SeededRandom(seed: SeededRandom.seed, sequence: 3)
        let victims = [rig.server, rig.platform]
        try await rig.withKills(of: victims, times: Self.kills, random) { kills in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for lane in 0..<3 {
                    group.addTask {
                        for number in stride(from: lane, to: subscribers.count, by: 3) {
                            try await eventually("the next kill") {
                                await kills() >= number * Self.kills / subscribers.count
                            }
                            try await revoke(subscribers[number], of: rig)
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
        try await expectNothing(but: subscribers, of: rig)
        for subscriber in subscribers {
            try await rig.deliver(
                subscriber.story.event("invoice.paid.subscription_cycle", at: Date())
            )
        }
        #expect(try await rig.server.stop().exit == 0)
        try await rig.server.start()
        try await rig.expectAllEventsApplied()
        try await expectNothing(but: subscribers, of: rig)
    }

    /// Revokes as staff do whose command may be cut off: again, until it is proved.
    private func revoke(_ subscriber: Rig.Subscriber, of rig: Rig) async throws {
        let email = subscriber.story.email
        try await eventually("\(email) is revoked") {
            let end = try await rig.run(
                "keys",
                "revoke",
                email,
                "--reason",
                "leaked",
                "--yes",
                "--wait",
                "3s"
            )
            guard [0, 1, 4].contains(end.exit) else { throw Late("Revoking failed: \(end)") }
            #expect(end.holdsNoKey)
            return end.exit == 0
        }
        #expect(try await eventuallyUse(subscriber, of: rig) == 400)
    }

    /// The platform may be down for a moment.
    private func eventuallyUse(_ subscriber: Rig.Subscriber, of rig: Rig) async throws -> Int {
        var status = 0
        try await eventually("the platform answers") {
            guard let answer = try? await rig.use(subscriber) else { return false }
            status = answer
            return true
        }
        return status
    }

    private func expectNothing(but dead: [Rig.Subscriber], of rig: Rig) async throws {
        try await eventually("nothing is left on the platform") {
            let kinds = ["role", "limit"]
            for kind in kinds where try await !rig.records(kind).isEmpty { return false }
            return true
        }
        try await rig.expectExactly([])
        try await rig.expectDead(dead)
        let status = try #require(try await rig.run("status", "--json").json)
        #expect(status["unproved_revocations"]?.array?.isEmpty == true)
    }

    private func suspendAndResume(_ subscribers: [Rig.Subscriber], of rig: Rig) async throws {
        let random = SeededRandom(seed: SeededRandom.seed, sequence: 4)
        let now = Date()
        try await rig.withKills(of: [rig.server, rig.platform], times: 6, random) { _ in
            for subscriber in subscribers {
                try await rig.deliver(
                    subscriber.story.event("customer.subscription.updated.unpaid", at: now)
                )
            }
            for subscriber in subscribers {
                try await eventually("\(subscriber.story.email) sleeps") {
                    guard let status = try? await rig.use(subscriber) else { return false }
                    return status == 403
                }
            }
        }
        for subscriber in subscribers {
            let shown = try await rig.lookUp(subscriber)
            #expect(shown["key"] == nil && shown.word("status") == "suspended")
        }
        try await rig.withKills(of: [rig.platform, rig.server], times: 6, random) { _ in
            for subscriber in subscribers {
                try await rig.deliver(
                    subscriber.story.event(
                        "customer.subscription.updated.recovered",
                        at: now.addingTimeInterval(1)
                    )
                )
            }
            for subscriber in subscribers {
                try await eventually("\(subscriber.story.email) is awake") {
                    guard let status = try? await rig.use(subscriber) else { return false }
                    return status == 200
                }
            }
        }
    }

    @Test func `a server that stops amid deliveries has kept what it acknowledged`() async throws {
        let rig = try await Rig.make()
        var random = SeededRandom(seed: SeededRandom.seed, sequence: 5)
        let wanted = Int.random(in: 100...400, using: &random)
        async let streams: Void = withThrowingTaskGroup(of: Void.self) { group in
            for lane in 0..<6 {
                group.addTask {
                    for number in 0... {
                        let story = try StripeStory(
                            number: lane * 1_000 + number,
                            signedUpAt: Date(timeIntervalSinceNow: -60)
                        )
                        for event in story.signUp {
                            guard await rig.deliverOnce(event) != nil else { return }
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        try await eventually("enough is acknowledged") { rig.acknowledgements >= wanted }
        let end = try await rig.server.stop()
        try await streams
        #expect(end.exit == 0, "\(end.error.suffix(2_000))")
        let inbox = try await rig.inbox()
        #expect(rig.acknowledged.subtracting(inbox.keys).isEmpty)
        print("the server stopped amid deliveries: \(rig.account)")
    }

    @Test func `the demo proves every step and prints no key`() async throws {
        let demo = try Child(["demo"], [:])
        let end = try await withThrowingTaskGroup(of: Child.End?.self) { group in
            group.addTask { await demo.end() }
            group.addTask {
                try await Task.sleep(for: .seconds(300))
                demo.signal(SIGKILL)
                return nil
            }
            let first = try await group.next()
            group.cancelAll()
            return try #require(first ?? nil, "The demo took more than 300 seconds.")
        }
        #expect(end.exit == 0, "\(end.out)")
        #expect(end.holdsNoKey)
    }
}
