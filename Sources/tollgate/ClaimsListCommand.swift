import JSON

/// The latest references that can be, or were, exchanged for the key.
struct ClaimsListCommand: Command {
    let declaration = Declaration(
        words: ["claims", "list"],
        summary: "Lists the latest claims, the newest first; the references are stored nowhere.",
        ownOptions: [.value("limit", "N", "how many, 50 unless told")],
        notes: ["A try on a reference that was used stands in the audit as claim.refused."]
    )

    func run(_ call: Call) async throws -> Exit {
        var arguments: [String: JSONValue] = [:]
        if let limit = try call.arguments.integer("limit", in: 1...1_000) {
            arguments["limit"] = .integer(Int64(limit))
        }
        return try await call.perform("claims/list", .object(arguments), text: Self.text)
    }

    static func text(_ body: JSONValue) -> String {
        let claims = body["claims"]?.array ?? []
        guard !claims.isEmpty else { return "no claims" }
        let columns = ["created_at", "provider", "subscription", "state", "expires_at", "used_at"]
        return Table(
            header: ["created", "provider", "subscription", "state", "expires", "used"],
            rows: claims.map { claim in columns.map(claim.word) }
        ).text()
    }
}
