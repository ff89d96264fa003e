import JSON

extension Declaration.Positional {
    /// How staff name an event.
    static let event = Declaration.Positional(
        name: "ID",
        help: "the event's number, or the provider's id"
    )
}

/// One event: what it was and what became of it.
struct EventsShowCommand: Command {
    let declaration = Declaration(
        words: ["events", "show"],
        summary: "Shows one event and what became of it.",
        positionals: [.event]
    )

    func run(_ call: Call) async throws -> Exit {
        try await call.perform(
            "events/show",
            ["id": .string(call.arguments.positionals[0])],
            text: EventText.show
        )
    }
}
