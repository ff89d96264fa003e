import JSON

/// Ends a key for good, and proves it.
struct KeysRevokeCommand: Command {
    let declaration = Declaration(
        words: ["keys", "revoke"],
        summary: "Revokes the key of one subscription and proves that the platform refuses it.",
        positionals: [.query],
        ownOptions: [
            .reason,
            .flag("dry-run", "say whose key it is, and change nothing"),
            .wait,
            .yes,
        ],
        notes: [
            """
            No payment brings the key back, only keys restore. Exit code 0 says proved, 4 says
            withheld from lookups and not yet proved, and Tollgate keeps trying.
            """
        ]
    )

    func run(_ call: Call) async throws -> Exit {
        let isDry = call.arguments.has("dry-run")
        var arguments: [String: JSONValue] = [
            "reason": .string(try call.reason()), "dry_run": .bool(isDry),
            "wait": .integer(Int64(try call.arguments.seconds("wait", in: 0...600) ?? 30)),
        ]
        let query = try call.query()
        return try await call.atDoor { door in
            let target =
                isDry
                ? .one(query)
                : try await call.target(query, at: door, "Revoke the key for good?")
            guard case .one(let name) = target else { return call.show(target) }
            arguments["query"] = .string(name)
            let reply = try await door.perform("keys/revoke", .object(arguments))
            return call.show(reply, text: SubscriptionText.list)
        }
    }
}

extension Declaration.Option {
    /// Why staff decide over money.
    static let reason = value("reason", "TEXT", "why, for the audit", isRequired: true)
    /// How long a command waits for the platform.
    static let wait = value("wait", "TIME", "how long to wait for the proof, 30s unless told")
}
