import JSON

/// Takes a revocation back.
struct KeysRestoreCommand: Command {
    let declaration = Declaration(
        words: ["keys", "restore"],
        summary: "Lifts the revocation of one subscription and makes its next key.",
        positionals: [.query],
        ownOptions: [.reason, .wait, .yes],
        notes: ["The revoked key stays dead: the subscriber fetches the new one with the token."]
    )

    func run(_ call: Call) async throws -> Exit {
        var arguments: [String: JSONValue] = [
            "reason": .string(try call.reason()),
            "wait": .integer(Int64(try call.arguments.seconds("wait", in: 0...600) ?? 30)),
        ]
        let query = try call.query()
        return try await call.atDoor { door in
            let target = try await call.target(query, at: door, "Restore its access?")
            guard case .one(let name) = target else { return call.show(target) }
            arguments["query"] = .string(name)
            let reply = try await door.perform("keys/restore", .object(arguments))
            return call.show(reply, text: SubscriptionText.list)
        }
    }
}
