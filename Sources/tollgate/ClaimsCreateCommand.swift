import JSON

/// A reference for a subscriber who has no checkout, or lost the token.
struct ClaimsCreateCommand: Command {
    let declaration = Declaration(
        words: ["claims", "create"],
        summary: "Makes a reference that the subscriber claims the key with, once.",
        positionals: [.query],
        notes: ["Lookup tokens that the subscriber had before end."]
    )

    func run(_ call: Call) async throws -> Exit {
        try await call.perform("claims/create", ["query": .string(call.query())]) { body in
            guard let reference = body["reference"]?.string else {
                return SubscriptionText.list(body)
            }
            let rows = [
                ["reference", reference],
                ["expires", body.word("expires_at")],
                ["claim it with", "POST /v1/claims"],
                ["", #"{"provider": "tollgate", "reference": "\#(reference)"}"#],
            ]
            return Table(rows: rows).text()
                + "It can be claimed once. Lookup tokens made before it have ended."
        }
    }
}
