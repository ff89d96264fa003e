import JSON
import Service

/// The inbox, latest first.
struct EventsListCommand: Command {
    static let states = ["pending", "applied", "ignored", "parked", "unparsed"]

    let declaration = Declaration(
        words: ["events", "list"],
        summary: "Lists the events of the inbox, latest first.",
        ownOptions: [
            .value("state", "STATE", "only \(states.joined(separator: ", "))"),
            .value("limit", "N", "how many, 50 unless told"),
            .value("before", "NUMBER", "begin before this event"),
        ]
    )

    func run(_ call: Call) async throws -> Exit {
        var arguments: [String: JSONValue] = [:]
        if let state = call.arguments["state"] {
            guard Self.states.contains(state) else {
                throw UsageError(
                    "--state takes one of \(Self.states.joined(separator: ", ")).",
                    declaration,
                    nearest: nearestName(to: state, among: Self.states)
                )
            }
            arguments["state"] = .string(state)
        }
        if let limit = try call.arguments.integer("limit", in: 1...1_000) {
            arguments["limit"] = .integer(Int64(limit))
        }
        if let before = try call.arguments.integer("before", in: 1...Int.max) {
            arguments["before"] = .integer(Int64(before))
        }
        return try await call.perform("events/list", .object(arguments), text: EventText.list)
    }
}
