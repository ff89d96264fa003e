import JSON

/// Lets a key sleep until staff wake it.
struct SubscriptionsSuspendCommand: Command {
    let declaration = Declaration(
        words: ["subscriptions", "suspend"],
        summary: "Puts the key of one subscription to sleep, and proves it.",
        positionals: [.query],
        ownOptions: [.reason, .wait, .yes],
        notes: [
            "The key, its rules and its limits stay, and no payment wakes it: only subscriptions resume."
        ]
    )

    func run(_ call: Call) async throws -> Exit {
        var arguments: [String: JSONValue] = [
            "reason": .string(try call.reason()),
            "wait": .integer(Int64(try call.arguments.seconds("wait", in: 0...600) ?? 30)),
        ]
        let query = try call.query()
        return try await call.atDoor { door in
            let target = try await call.target(query, at: door, "Put the key to sleep?")
            guard case .one(let name) = target else { return call.show(target) }
            arguments["query"] = .string(name)
            let reply = try await door.perform("subscriptions/suspend", .object(arguments))
            return call.show(reply, text: SubscriptionText.list)
        }
    }
}
