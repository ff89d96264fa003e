import JSON

/// The story of one subscription.
struct SubscriptionsShowCommand: Command {
    let declaration = Declaration(
        words: ["subscriptions", "show"],
        summary: "Tells the story of one subscription in one screen.",
        positionals: [.query]
    )

    func run(_ call: Call) async throws -> Exit {
        try await call.perform(
            "subscriptions/show",
            ["query": .string(call.query())],
            text: SubscriptionText.story
        )
    }
}
