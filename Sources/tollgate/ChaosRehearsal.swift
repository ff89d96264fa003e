import Foundation
import JSON
import Service

/// Tells a story as badly as a seed says, and asks the server whether anything was lost.
struct ChaosRehearsal {
    /// How long the server may take over what it has.
    private static let patience: Duration = .seconds(60)
    /// How often an event that is not acknowledged is sent again, as a provider would for days, and
    /// how long is waited before.
    private static let again = (count: 120, pause: Duration.milliseconds(500))

    let story: Story
    let seed: UInt64
    /// Whether the server can ask what no event says.
    let hasAPI: Bool
    /// Posts one event, under a name; its answer.
    let send: (String, [UInt8], Chaos.Trouble?) async -> JSONValue
    /// Is told of every answer.
    let report: (JSONValue) -> Void
    var sleep: (Duration) async throws -> Void = { try await Task.sleep(for: $0) }

    /// What was sent and what came of it.
    struct Tally {
        var sent: [String: Int] = [:]
        /// The numbers that the server gave to each event; one each where all is well.
        var numbers: [Set<Int64>]
        var faults: [String] = []
        var states: [String: Int] = [:]
        var access: String?

        init(steps: Int) { numbers = Array(repeating: [], count: steps) }
    }

    /// Delivers everything, and again what was not acknowledged.
    func deliver() async throws -> Tally {
        var tally = Tally(steps: story.steps.count)
        for delivery in Chaos(steps: story.steps.count, seed: seed).deliveries {
            try await sleep(.milliseconds(delivery.pause))
            await deliver(delivery.step, delivery.trouble, &tally)
        }
        for step in story.steps.indices {
            for _ in 0..<Self.again.count where tally.numbers[step].isEmpty {
                try await sleep(Self.again.pause)
                await deliver(step, nil, &tally)
            }
            switch tally.numbers[step].count {
            case 0: tally.faults.append("event \(step + 1) was never acknowledged")
            case 1: break
            default: tally.faults.append("event \(step + 1) is stored more than once")
            }
        }
        return tally
    }

    private func deliver(_ step: Int, _ trouble: Chaos.Trouble?, _ tally: inout Tally) async {
        let event = story.steps[step]
        let name = event.type + (trouble.map { " (\($0.rawValue))" } ?? "")
        let answer = await send(name, event.event.serialized(), trouble)
        report(answer)
        tally.sent[trouble?.rawValue ?? "whole", default: 0] += 1
        let isGood = (200..<300).contains(answer["status"]?.int ?? 0)
        if trouble == nil, isGood, let number = answer.at("answer", "event")?.integer {
            tally.numbers[step].insert(number)
        } else if trouble != nil, isGood {
            tally.faults.append("a \(trouble?.rawValue ?? "") delivery was acknowledged")
        }
    }

    /// Asks the server what has become of every event, and of the subscription.
    func verify(_ tally: inout Tally, _ door: StaffDoor) async throws {
        let deadline = ContinuousClock.now + Self.patience
        for number in tally.numbers.flatMap(\.self).sorted() {
            var state = "pending"
            while state == "pending", ContinuousClock.now < deadline {
                let reply = try await door.perform("events/show", ["id": .string("\(number)")])
                state = reply.body.at("event", "state")?.string ?? "lost"
                if state == "pending" { try await Task.sleep(for: .milliseconds(50)) }
            }
            tally.states[state, default: 0] += 1
            if ["pending", "lost", "unparsed"].contains(state) {
                tally.faults.append("event \(number) of the inbox is \(state)")
            }
        }
        let shown = try await door.perform(
            "subscriptions/show",
            ["query": .string(story.subscriptionID)]
        )
        tally.access = shown.body.at("grant", "access")?.string
        guard tally.access != story.end.rawValue, hasAPI || !story.needsAPI else { return }
        tally.faults.append(
            "access is \(tally.access ?? "unknown") and should be \(story.end.rawValue)"
        )
    }

    /// What there is to say at the end, for people.
    func text(_ tally: Tally) -> String {
        let kinds = ["whole"] + Chaos.Trouble.allCases.map(\.rawValue)
        let sent = kinds.map { "\(tally.sent[$0] ?? 0) \($0)" }.joined(separator: ", ")
        let states = tally.states.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
        let verdict =
            tally.faults.isEmpty
            ? "nothing was lost"
            : "something is wrong: \(tally.faults.joined(separator: "; "))"
        return """
            seed \(seed): \(story.steps.count) events in \
            \(tally.sent.values.reduce(0, +)) deliveries: \(sent)
            the server has \(states.isEmpty ? "none" : states.joined(separator: ", ")), and access \
            is \(tally.access ?? "unknown"); \(verdict)
            """
    }

    /// The same for programs.
    func json(_ tally: Tally) -> JSONValue {
        func counts(_ counts: [String: Int]) -> JSONValue {
            .object(counts.mapValues { .integer(Int64($0)) })
        }
        return [
            // A JSON number would lose digits of it in many readers.
            "seed": .string(String(seed)), "events": .integer(Int64(story.steps.count)),
            "sent": counts(tally.sent), "states": counts(tally.states),
            "access": tally.access.map(JSONValue.string) ?? nil,
            "faults": .array(tally.faults.map(JSONValue.string)),
        ]
    }
}
