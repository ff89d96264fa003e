import JSON

/// Makes the next key of one subscription.
struct KeysRotateCommand: Command {
    let declaration = Declaration(
        words: ["keys", "rotate"],
        summary: "Makes the next key of one subscription; the old one lives on for a while.",
        positionals: [.query],
        ownOptions: [
            .value("grace", "TIME", "how long the old key lives on; the plan's unless told"),
            .flag("leaked", "end the old key at once, and prove it; the same as --grace 0s"),
            .value("reason", "TEXT", "why, for the audit"),
            .wait,
            .yes,
        ],
        notes: [
            """
            The old key gets its end once the new one is proved, which the subscriber fetches with
            the token. Exit code 4 says not yet proved, and Tollgate keeps trying.
            """
        ]
    )

    /// A month, in seconds.
    private static let graceMax = 30 * 86_400

    func run(_ call: Call) async throws -> Exit {
        let isLeaked = call.arguments.has("leaked")
        let grace = try call.arguments.seconds("grace", in: 0...Self.graceMax)
        if isLeaked, let grace, grace > 0 {
            throw UsageError(
                "A leaked key has no grace: leave --grace or --leaked out.",
                declaration
            )
        }
        var arguments: [String: JSONValue] = [
            "leaked": .bool(isLeaked),
            "wait": .integer(Int64(try call.arguments.seconds("wait", in: 0...600) ?? 30)),
        ]
        if let grace { arguments["grace"] = .integer(Int64(grace)) }
        if call.arguments.has("reason") { arguments["reason"] = .string(try call.reason()) }
        let query = try call.query()
        let question =
            isLeaked || grace == 0
            ? "End the key at once and make the next one?" : "Make the next key?"
        return try await call.atDoor { door in
            let target = try await call.target(query, at: door, question)
            guard case .one(let name) = target else { return call.show(target) }
            arguments["query"] = .string(name)
            let reply = try await door.perform("keys/rotate", .object(arguments))
            return call.show(reply, text: SubscriptionText.list)
        }
    }
}
