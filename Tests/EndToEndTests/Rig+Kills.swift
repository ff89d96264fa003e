import Foundation
import JSON
import Synchronization
import Testing

@testable import tollgate

extension Rig {
    /// Signs up so many subscribers while processes are killed, and gives them with what they
    /// claimed.
    ///
    /// Only so many begin as kills have been, so that the kills fall among all of them.
    func signUp(
        _ count: Int,
        killing mortals: [Mortal],
        times: Int,
        _ random: SeededRandom
    ) async throws -> [Subscriber] {
        try await withKills(of: mortals, times: times, random) { kills in
            try await withThrowingTaskGroup(of: Subscriber.self) { group in
                for number in 0..<count {
                    group.addTask {
                        let story = try StripeStory(
                            number: number,
                            signedUpAt: Date(timeIntervalSinceNow: -120)
                        )
                        try await eventually("kill \(number * times / count)") {
                            await kills() >= number * times / count
                        }
                        return try await self.signUp(story, random)
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
        }
    }

    /// All events, mixed up and some twice, while the subscriber asks for the key already.
    private func signUp(_ story: StripeStory, _ random: SeededRandom) async throws -> Subscriber {
        var random = random
        for _ in 0...story.number { _ = random.next() }
        let again = story.signUp.filter { _ in Int.random(in: 0..<3, using: &random) == 0 }
        let events = (story.signUp + again).shuffled(using: &random)
        async let subscriber = claim(story)
        for event in events { try await deliver(event) }
        return try await subscriber
    }

    /// Does what is to be done while processes are killed, in turn and at random moments.
    func withKills<T: Sendable>(
        of mortals: [Mortal],
        times: Int,
        _ random: SeededRandom,
        _ body: (_ kills: @escaping @Sendable () async -> Int) async throws -> T
    ) async throws -> T {
        let before = await Self.kills(of: mortals)
        async let killing: Void = kill(mortals, times: times, random)
        let result = try await body { await Self.kills(of: mortals) - before }
        try await killing
        return result
    }

    private func kill(_ mortals: [Mortal], times: Int, _ random: SeededRandom) async throws {
        var random = random
        for number in 0..<times {
            let mortal = mortals[number % mortals.count]
            let wanted = acknowledgements + Int.random(in: 0...8, using: &random)
            // Among deliveries and, a little later, among the platform calls that they cause; or
            // at any time, where no deliveries come.
            let end = ContinuousClock.now + .milliseconds(Int.random(in: 50...250, using: &random))
            try await eventually("a moment to kill") {
                acknowledgements >= wanted || ContinuousClock.now >= end
            }
            try await Task.sleep(for: .microseconds(Int.random(in: 0...15_000, using: &random)))
            await mortal.kill()
            if Int.random(in: 0..<4, using: &random) == 0 {
                let life = Duration.milliseconds(Int.random(in: 0...40, using: &random))
                try await mortal.killYoung(after: life)
            }
            try await mortal.start()
        }
    }

    private static func kills(of mortals: [Mortal]) async -> Int {
        var sum = 0
        for mortal in mortals { sum += await mortal.kills }
        return sum
    }

    /// Nothing that was acknowledged is lost, and everything has its effect.
    func expectAllEventsApplied() async throws {
        try await eventually("no event is pending") {
            let status = try await run("status", "--json")
            return status.json?["events"]?["pending"] == 0
        }
        let inbox = try await inbox()
        let lost = acknowledged.subtracting(inbox.keys)
        #expect(lost.isEmpty, "Acknowledged and lost: \(lost)")
        let others = inbox.filter { !["applied", "ignored"].contains($0.value) }
        #expect(others.isEmpty, "Without effect: \(others)")
    }

    /// The platform holds one role, app and limit for each subscriber, and nothing else.
    func expectExactly(_ subscribers: [Subscriber]) async throws {
        let installation = try #require(try await run("status", "--json").json).word("installation")
        let roles = try await records("role")
        let apps = try await records("app").filter { app in
            builtInApps.withLock { !$0.contains(app.word("name")) }
        }
        let limits = try await records("limit")
        let prefix = "tollgate-test-\(installation)-"
        #expect(roles.count == subscribers.count)
        #expect(apps.count == subscribers.count)
        #expect(limits.count == subscribers.count)
        let names = Set(roles.map { $0.word("name") })
        #expect(names.count == subscribers.count && names.allSatisfy { $0.hasPrefix(prefix) })
        #expect(Set(limits.map { $0.word("name") }) == names)
        #expect(
            Set(limits.compactMap { $0["role_id"]?.int }) == Set(roles.compactMap { $0["id"]?.int })
        )
        for app in apps {
            let role = roles.first { $0["id"] == app["role_id"] }
            let name = role.map { app.word("name").hasPrefix($0.word("name")) }
            #expect(name == true && app["is_active"] == true, "\(app.word("name"))")
        }
        #expect(Set(apps.map { $0.word("api_key") }) == Set(subscribers.map(\.key)))
    }

    /// Each key is accepted, and is what the claim gave.
    func expectAlive(_ subscribers: [Subscriber]) async throws {
        for subscriber in subscribers {
            #expect(try await use(subscriber) == 200)
            let shown = try await lookUp(subscriber)
            #expect(shown["key"]?.string == subscriber.key && shown.word("status") == "active")
        }
    }

    /// Each key is refused as one that nobody has, and is shown to nobody.
    func expectDead(_ subscribers: [Subscriber]) async throws {
        for subscriber in subscribers {
            #expect(try await use(subscriber) == 400, "\(subscriber.story.email)")
            let shown = try await lookUp(subscriber)
            #expect(shown["key"] == nil && shown.word("status") == "ended")
        }
    }
}
