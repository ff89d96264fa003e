import JSON
import Service

/// Handles an event once more.
struct EventsReplayCommand: Command {
    let declaration = Declaration(
        words: ["events", "replay"],
        summary: "Handles one stored event again; what it already did, it does not do twice.",
        positionals: [.event]
    )

    func run(_ call: Call) async throws -> Exit {
        var reply = try await call.atDoor {
            try await $0.perform(
                "events/replay",
                ["id": .string(call.arguments.positionals[0])]
            )
        }
        // What became of it stands in its row already.
        if reply.exit == .done { reply.message = nil }
        return call.show(reply, text: EventText.show)
    }
}
