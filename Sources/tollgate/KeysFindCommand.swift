import JSON

/// Whose key this is, and how it stands.
struct KeysFindCommand: Command {
    let declaration = Declaration(
        words: ["keys", "find"],
        summary: "Finds the subscriptions that a query names; never prints a key.",
        positionals: [.query]
    )

    func run(_ call: Call) async throws -> Exit {
        try await call.perform(
            "keys/find",
            ["query": .string(call.query())],
            text: SubscriptionText.list
        )
    }
}
