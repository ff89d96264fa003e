import Foundation
import JSON
import Service

/// Tells a story to a running server, event by event.
struct StoryRehearsal {
    /// How long the server may take over its events, while the stand-in for the provider's API waits.
    private static let patience: Duration = .seconds(15)

    let call: Call
    let settings: Settings
    let provider: KnownProvider
    /// Posts one event, under a name; its answer.
    let send: (String, [UInt8], Chaos.Trouble?) async -> JSONValue

    func run(_ name: String) async throws -> Exit {
        let pause = try call.arguments.seconds("pause", in: 0...3_600)
        let story = try await story(name)
        let isShuffled = call.arguments["shuffle"] != nil
        let api = try startAPI()
        if story.needsAPI, api == nil { call.console.complain(hint) }
        if call.arguments.has("chaos") {
            let exit = try await tellBadly(story, api)
            await api?.stop()
            return exit
        }
        var results: [JSONValue] = []
        if isShuffled {
            for step in story.steps { api?.set(step.objects) }
            results = await tell(try shuffled(story), nil)
        } else {
            results = await tell(story.signUp, api)
            await settle(results)
            if let pause { try await Task.sleep(for: .seconds(pause)) }
            results += await tell(story.rest, api)
        }
        await settle(results)
        await api?.stop()
        return finish(story, results)
    }

    private var hint: String {
        let (key, address) = provider.apiSettings ?? ("", "")
        return
            "tollgate: to map money that goes back, the server asks \(provider.title): set \(key) "
            + "to any key of test mode and \(address) to a free loopback address such as "
            + "http://127.0.0.1:12111 for both the server and this command, which then stands in "
            + "for \(provider.title). Without them these events are parked."
    }

    private func tell(_ steps: [Story.Step], _ api: StoryAPI?) async -> [JSONValue] {
        var results: [JSONValue] = []
        for step in steps {
            api?.set(step.objects)
            for _ in 0..<(call.arguments.has("duplicate") ? 2 : 1) {
                let result = await send(step.type, step.event.serialized(), nil)
                if !call.isJSON { call.console.print(EventsSendCommand.line(result)) }
                results.append(result)
            }
        }
        return results
    }

    /// As badly as the seed says; the server is asked at the end.
    private func tellBadly(_ story: Story, _ api: StoryAPI?) async throws -> Exit {
        for step in story.steps { api?.set(step.objects) }
        let typed = call.arguments["seed"]
        guard let seed = typed.map({ UInt64($0) }) ?? UInt64.random(in: 0..<1_000_000) else {
            throw UsageError("--seed takes a whole number, as --chaos prints it.")
        }
        let rehearsal = ChaosRehearsal(story: story, seed: seed, hasAPI: api != nil, send: send) {
            if !call.isJSON { call.console.print(EventsSendCommand.line($0)) }
        }
        if !call.isJSON { call.console.print("seed \(seed)") }
        var tally = try await rehearsal.deliver()
        let asked: Void? = try await atSocket { try await rehearsal.verify(&tally, $0) }
        if asked == nil {
            tally.faults.append("the server's socket is not here, so that it cannot be asked")
        }
        if call.isJSON {
            call.console.print(json: ["chaos": rehearsal.json(tally), "story": json(story)])
        } else {
            call.console.print(rehearsal.text(tally))
            call.console.print(text(story))
        }
        return tally.faults.isEmpty ? .done : .failed
    }

    private func shuffled(_ story: Story) throws -> [Story.Step] {
        guard let seed = call.arguments["shuffle"].flatMap({ UInt64($0) }) else {
            throw UsageError("--shuffle takes a whole number, the seed of the order.")
        }
        return story.shuffled(seed: seed)
    }

    private func story(_ name: String) async throws -> Story {
        let known = await soldPrices()
        let pair = (known + [DemoEvents.price, DemoEvents.price]).prefix(2)
        let isDown = name == "downgrade" && call.arguments["price"] == nil
        let price = call.arguments["price"] ?? (isDown ? pair.last : pair.first)
        let other = call.arguments["other-price"] ?? (isDown ? pair.first : pair.last)
        let letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
        do {
            return try Story(
                name,
                of: provider,
                price: price ?? DemoEvents.price,
                other: other ?? DemoEvents.price,
                tag: String((0..<12).compactMap { _ in letters.randomElement() }),
                now: Date()
            )
        } catch {
            throw UsageError(error.description)
        }
    }

    /// The provider's prices that the server's plans sell, one a plan, where it can be asked.
    private func soldPrices() async -> [String] {
        guard call.arguments["price"] == nil || call.arguments["other-price"] == nil else {
            return []
        }
        // Where no server answers the prices of the demo must do.
        let prices = try? await atSocket { door in
            var prices: [(price: String, rate: Int)] = []
            let plans = try await door.perform("plans/list").body["plans"]?.array ?? []
            for plan in plans where plan["retired_at"]?.string == nil {
                let shown = try await door.perform("plans/show", ["id": plan["id"] ?? ""])
                let sold = shown.body.at("plan", "prices", provider.name)?.array ?? []
                let rate = shown.body.at("plan", "limits")?.array?.first?["rate"]?.int ?? .max
                prices += sold.prefix(1).compactMap(\.string).map { ($0, rate) }
            }
            // The smaller plan first, so that an upgrade goes up.
            return prices.sorted { $0.rate < $1.rate }.map(\.price)
        }
        return prices ?? []
    }

    /// Waits until the server is done with what it has stored.
    private func settle(_ results: [JSONValue]) async {
        let numbers = results.compactMap { $0.at("answer", "event")?.integer }
        let deadline = ContinuousClock.now + Self.patience
        // A server that cannot be asked is not waited for.
        _ = try? await atSocket { door in
            for number in numbers {
                while ContinuousClock.now < deadline {
                    let reply = try await door.perform("events/show", ["id": .string("\(number)")])
                    guard reply.body.at("event", "state")?.string == "pending" else { break }
                    try await Task.sleep(for: .milliseconds(50))
                }
            }
        }
    }

    private func atSocket<T>(_ body: (StaffDoor) async throws -> T) async throws -> T? {
        guard FileManager.default.fileExists(atPath: settings.socketPath) else { return nil }
        return try await call.atDoor(body)
    }

    private func startAPI() throws -> StoryAPI? {
        guard let name = provider.apiSettings?.address, let text = settings[name],
            let url = URL(string: text),
            url.scheme == "http", let host = url.host, let port = url.port
        else { return nil }
        return try StoryAPI(of: provider, host: host, port: port)
    }

    private func finish(_ story: Story, _ results: [JSONValue]) -> Exit {
        let isGood = results.allSatisfy { (200..<300).contains($0["status"]?.int ?? 0) }
        if call.isJSON {
            call.console.print(json: ["deliveries": .array(results), "story": json(story)])
        } else if isGood {
            // Of a story that was told in part nobody knows how it ends.
            call.console.print(text(story))
        }
        return isGood ? .done : .failed
    }

    private func json(_ story: Story) -> JSONValue {
        [
            "name": .string(story.name), "end": .string(story.end.rawValue),
            "provider": .string(story.provider),
            "reference": .string(story.references.last ?? ""),
            "subscription": .string(story.subscriptionID),
        ]
    }

    private func text(_ story: Story) -> String {
        let reference = story.references.last ?? ""
        return """
            \(story.name) ends with access \(story.end.rawValue)
            claim it with {"provider": "\(story.provider)", "reference": "\(reference)"}
            look at it with tollgate subscriptions show \(story.subscriptionID)
            """
    }
}
