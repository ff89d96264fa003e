import JSON

/// Takes a suspension back.
struct SubscriptionsResumeCommand: Command {
    let declaration = Declaration(
        words: ["subscriptions", "resume"],
        summary: "Lifts the suspension of one subscription and proves that its key works.",
        positionals: [.query],
        ownOptions: [.reason, .wait, .yes],
        notes: ["The same key works again, where money allows it."]
    )

    func run(_ call: Call) async throws -> Exit {
        var arguments: [String: JSONValue] = [
            "reason": .string(try call.reason()),
            "wait": .integer(Int64(try call.arguments.seconds("wait", in: 0...600) ?? 30)),
        ]
        let query = try call.query()
        return try await call.atDoor { door in
            let target = try await call.target(query, at: door, "Wake the key?")
            guard case .one(let name) = target else { return call.show(target) }
            arguments["query"] = .string(name)
            let reply = try await door.perform("subscriptions/resume", .object(arguments))
            return call.show(reply, text: SubscriptionText.list)
        }
    }
}
