import JSON

/// Who pays, and what they have.
struct CustomersFindCommand: Command {
    let declaration = Declaration(
        words: ["customers", "find"],
        summary: "Finds customers and what they have, also those without a subscription yet.",
        positionals: [.query]
    )

    func run(_ call: Call) async throws -> Exit {
        try await call.perform(
            "customers/find",
            ["query": .string(call.query())],
            text: Self.text
        )
    }

    static func text(_ body: JSONValue) -> String {
        let rows = (body["customers"]?.array ?? []).flatMap { customer -> [[String]] in
            let who = [
                customer.word("email"), customer.word("provider"), customer.word("provider_id"),
            ]
            let deleted = customer["deleted_at"]?.string.map { "deleted \($0)" }
            let has = customer["subscriptions"]?.array ?? []
            guard !has.isEmpty else { return [who + ["none", "-", "-", deleted ?? "-"]] }
            return has.map { row in
                who + [
                    row.word("subscription"), row.word("plan"), row.word("access"),
                    deleted ?? row.word("reason"),
                ]
            }
        }
        return Table(
            header: ["e-mail", "provider", "customer", "subscription", "plan", "access", "reason"],
            rows: rows
        ).text()
    }
}
