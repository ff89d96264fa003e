import JSON

/// Who did what, the latest last.
struct AuditListCommand: Command {
    let declaration = Declaration(
        words: ["audit", "list"],
        summary: "Lists who did what, the latest last; with QUERY to one subscription.",
        positionals: [
            .init(name: "QUERY", help: Declaration.Positional.query.help, isOptional: true)
        ],
        ownOptions: [.value("limit", "N", "how many of the latest, 50 unless told")]
    )

    func run(_ call: Call) async throws -> Exit {
        var arguments: [String: JSONValue] = [:]
        if !call.arguments.positionals.isEmpty { arguments["query"] = .string(try call.query()) }
        if let limit = try call.arguments.integer("limit", in: 1...1_000) {
            arguments["limit"] = .integer(Int64(limit))
        }
        return try await call.perform("audit/list", .object(arguments), text: Self.text)
    }

    private static func text(_ body: JSONValue) -> String {
        // Several matches of the query come in place of the lines.
        guard let lines = body["audit"]?.array else { return SubscriptionText.list(body) }
        guard !lines.isEmpty else { return "no lines" }
        let rows = lines.map { line in
            ["at", "actor", "action", "subscription"].map(line.word)
                + [SubscriptionText.details(line)]
        }
        return Table(header: ["at", "by", "action", "subscription", "details"], rows: rows).text()
    }
}
