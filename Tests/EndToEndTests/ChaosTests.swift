import Foundation
import JSON
import Service
import Testing

@testable import tollgate

/// `events send --chaos`: what a seed makes of a story, and what the server makes of that.
struct ChaosTests {
    @Test(arguments: 0..<50 as Range<UInt64>)
    func `a seed delivers every event whole and every trouble, the same each time`(_ seed: UInt64) {
        for count in [1, 4, 12] {
            let deliveries = Chaos(steps: count, seed: seed).deliveries
            #expect(deliveries == Chaos(steps: count, seed: seed).deliveries)
            let whole = deliveries.filter { $0.trouble == nil }.map(\.step)
            #expect(Set(whole) == Set(0..<count))
            #expect(Set(deliveries.compactMap(\.trouble)) == Set(Chaos.Trouble.allCases))
        }
    }

    @Test func `seeds differ, duplicate and reorder`() {
        let seeds = (0..<50 as Range<UInt64>).map { Chaos(steps: 8, seed: $0).deliveries }
        #expect(Set(seeds.map { "\($0)" }).count == 50)
        let whole = seeds.map { $0.filter { $0.trouble == nil }.map(\.step) }
        #expect(whole.contains { $0.count > 8 })
        #expect(whole.contains { $0 != $0.sorted() })
    }

    /// What is said of a server that answers so.
    private func faults(
        _ answer: @escaping (_ call: Int, Chaos.Trouble?) -> JSONValue
    ) async throws -> [String] {
        let story = try Story(
            "signup",
            of: try #require(KnownProvider.named("stripe")),
            price: DemoEvents.price,
            other: DemoEvents.price,
            tag: "chaos",
            now: Date(timeIntervalSince1970: 1_790_000_000)
        )
        var calls = 0
        var rehearsal = ChaosRehearsal(
            story: story,
            seed: 7,
            hasAPI: false,
            send: { name, _, trouble in
                calls += 1
                let number = story.steps.firstIndex { name.hasPrefix($0.type) } ?? 0
                var answer = answer(calls, trouble).object ?? [:]
                answer["answer"] = answer["answer"] ?? ["event": .integer(Int64(number))]
                return .object(answer)
            },
            report: { _ in }
        )
        rehearsal.sleep = { _ in }
        return try await rehearsal.deliver().faults
    }

    @Test func `a server that is right is found right, also where it is away at first`()
        async throws
    {
        let faults = try await faults { call, trouble in
            trouble == .cut || call < 12
                ? ["error": "cut off"]
                : trouble == nil
                    ? ["status": 200] : ["status": 400]
        }
        #expect(faults == [])
    }

    @Test func `a server that takes what is forged, loses or doubles is found out`() async throws {
        let forged = try await faults { _, trouble in
            ["status": trouble == .damaged ? 400 : 200]
        }
        #expect(forged.contains("a forged delivery was acknowledged"))
        let lost = try await faults { _, trouble in ["status": trouble == nil ? 503 : 400] }
        #expect(lost.contains("event 1 was never acknowledged"))
        let doubled = try await faults { call, trouble in
            trouble == nil
                ? ["status": 200, "answer": ["event": .integer(Int64(call))]] : ["status": 400]
        }
        #expect(doubled.contains { $0.hasSuffix("is stored more than once") })
    }

    @Test func `a story that is told as badly as can be is told all the same`() async throws {
        let scene = try await CLIScene.make()
        #expect(try await scene.run("plans", "apply", try scene.catalogue()).exit == 0)
        let (server, listen) = try await scene.serve()
        func tell(_ story: String, _ seed: String) async throws -> Child.End {
            try await scene.run(
                "events",
                "send",
                "--story",
                story,
                "--chaos",
                "--seed",
                seed,
                "--json",
                "--url",
                "http://\(listen)"
            )
        }
        for (story, access) in [("dunning", "ended"), ("signup", "active")] {
            let told = try await tell(story, "7")
            #expect(told.exit == 0, "\(told)")
            let chaos = try #require(told.json?["chaos"])
            #expect(chaos["faults"]?.array?.isEmpty == true)
            #expect(chaos["access"]?.string == access)
            for kind in ["whole", "cut", "forged", "damaged"] {
                #expect(try #require(chaos.at("sent", kind)?.int) > 0, "\(kind)")
            }
            let states = chaos["states"]?.object?.values.compactMap(\.int) ?? []
            #expect(states.reduce(0, +) == chaos["events"]?.int)
        }
        server.signal(SIGTERM)
        #expect(await server.end().exit == 0)
        let alone = try await scene.run("events", "send", "--chaos", "event.json")
        #expect(alone.exit == 2)
        #expect(alone.error.contains("--chaos tells a story"))
    }
}
