import JSON
import Service

/// Compares all subscriptions with their provider's, and takes the provider's word.
struct ReconcileCommand: Command {
    let declaration = Declaration(
        words: ["reconcile"],
        summary: "Compares all subscriptions with the provider's and takes the provider's word.",
        ownOptions: [
            .value("provider", "NAME", "the provider, stripe unless told"),
            .flag("dry-run", "say what it would change, and change nothing"),
            .flag("anew", "begin at the beginning though the last run did not finish"),
        ],
        notes: [
            """
            Needs STRIPE_API_KEY. A run that broke off goes on where it was; what was not seen is
            never ended. Parked events whose cause is gone are applied at the end.
            """
        ]
    )

    func run(_ call: Call) async throws -> Exit {
        let provider = call.arguments["provider"] ?? "stripe"
        let isDry = call.arguments.has("dry-run")
        return try await call.atDoor { door in
            var arguments: [String: JSONValue] = [
                "provider": .string(provider), "dry_run": .bool(isDry),
                "anew": .bool(call.arguments.has("anew")),
            ]
            var differences: [JSONValue] = []
            while true {
                let reply = try await door.perform("reconcile", .object(arguments))
                guard reply.exit == .done else { return call.show(reply) { _ in "" } }
                let rows = reply.body["differences"]?.array ?? []
                differences += rows
                if !call.isJSON { for row in rows { call.console.print(Self.line(row)) } }
                Self.progress(reply.body, call)
                arguments["anew"] = false
                for name in ["cursor", "compared", "changed"] {
                    arguments[name] = reply.body[name] ?? .null
                }
                guard reply.body["done"]?.bool == true else { continue }
                return Self.finish(reply.body, differences, call)
            }
        }
    }

    private static func finish(
        _ body: JSONValue,
        _ differences: [JSONValue],
        _ call: Call
    ) -> Exit {
        guard !call.isJSON else {
            var members = body.object ?? [:]
            members["differences"] = .array(differences)
            members["cursor"] = nil
            call.console.print(json: .object(members))
            return .done
        }
        let verb = body["dry_run"]?.bool == true ? "would change" : "changed"
        let returned = body["returned"]?.int ?? 0
        call.console.print(
            "compared \(body.word("compared")) subscriptions, \(verb) \(body.word("changed"))"
                + (returned == 0 ? "" : ", tried \(returned) parked events again")
        )
        return .done
    }

    /// How far it is, for whoever waits for it at a terminal.
    private static func progress(_ body: JSONValue, _ call: Call) {
        guard call.console.canAsk, !call.isJSON else { return }
        let resumed = body["resumed"]?.bool == true ? ", going on with the last run" : ""
        call.console.ask("\rcompared \(body.word("compared"))\(resumed) ")
        if body["done"]?.bool == true { call.console.ask("\r") }
    }

    private static func line(_ row: JSONValue) -> String {
        let access =
            row["access_after"]?.string.map { after in
                " access \(row.word("access_before")) → \(after.plain):"
            } ?? ""
        let fields = (row["fields"]?.array ?? []).map { field in
            "\(field.word("name")) \(field.word("ours")) → \(field.word("theirs"))"
        }
        let changes = fields.isEmpty ? "" : " (\(fields.joined(separator: ", ")))"
        return "\(row.word("kind")) \(row.word("provider_id")):\(access) \(row.word("reason"))"
            + changes
    }
}
