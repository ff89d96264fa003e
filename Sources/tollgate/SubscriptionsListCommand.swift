import JSON

/// Subscriptions, a page at a time.
struct SubscriptionsListCommand: Command {
    let declaration = Declaration(
        words: ["subscriptions", "list"],
        summary: "Lists subscriptions, a page at a time.",
        ownOptions: [
            .value("limit", "N", "how many, 50 unless told"),
            .value("after", "ID", "begin after this subscription"),
        ]
    )

    func run(_ call: Call) async throws -> Exit {
        var arguments: [String: JSONValue] = [:]
        if let limit = try call.arguments.integer("limit", in: 1...1_000) {
            arguments["limit"] = .integer(Int64(limit))
        }
        arguments["after"] = call.arguments["after"].map(JSONValue.string)
        return try await call.perform(
            "subscriptions/list",
            .object(arguments),
            text: SubscriptionText.list
        )
    }
}
