import JSON

/// Why a key works, sleeps or is refused.
struct KeysExplainCommand: Command {
    let declaration = Declaration(
        words: ["keys", "explain"],
        summary: "Says why the key of one subscription works, sleeps or is refused.",
        positionals: [.query]
    )

    func run(_ call: Call) async throws -> Exit {
        try await call.perform("keys/explain", ["query": .string(call.query())], text: Self.text)
    }

    static func text(_ body: JSONValue) -> String {
        guard let why = body["why"]?.array else { return SubscriptionText.list(body) }
        let rows = [["subscription", body.word("subscription")]]
        return Table(rows: rows + why.map { [$0.word("about"), $0.word("text")] }, lineMax: 100)
            .text()
    }
}
