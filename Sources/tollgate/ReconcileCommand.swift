import JSON
import Service

/// Compares all subscriptions with their provider's, and takes the provider's word.
struct ReconcileCommand: Command {
    let declaration = Declaration(
        words: ["reconcile"],
        summary: "Compares all subscriptions with the provider's and takes the provider's word.",
        ownOptions: [
            .value("provider", "NAME", "the provider; every one whose API has a key unless told"),
            .flag("dry-run", "say what it would change, and change nothing"),
            .flag("anew", "begin at the beginning though the last run did not finish"),
        ],
        notes: [
            """
            Needs the key of a provider's API, such as STRIPE_API_KEY. A run that broke off goes on where it was; what was not seen is
            never ended. Parked events whose cause is gone are applied at the end.
            """
        ]
    )

    func run(_ call: Call) async throws -> Exit {
        try await call.atDoor { door in
            guard let typed = call.arguments["provider"] else { return try await all(door, call) }
            return try await compare(with: typed, door, call)
        }
    }

    /// Compares with every provider; the worst exit counts.
    private func all(_ door: StaffDoor, _ call: Call) async throws -> Exit {
        let reply = try await door.perform("reconcile", arguments(nil, call))
        guard let names = reply.body["providers"]?.array?.compactMap(\.string) else {
            return try await compare(from: reply, nil, door, call)
        }
        var exit = Exit.done
        for name in names {
            let next = try await compare(with: name, door, call)
            if exit == .done { exit = next }
        }
        return exit
    }

    private func arguments(_ provider: String?, _ call: Call) -> JSONValue {
        [
            "provider": provider.map(JSONValue.string) ?? nil,
            "dry_run": .bool(call.arguments.has("dry-run")),
            "anew": .bool(call.arguments.has("anew")),
        ]
    }

    private func compare(
        with provider: String,
        _ door: StaffDoor,
        _ call: Call
    ) async throws -> Exit {
        let first = try await door.perform("reconcile", arguments(provider, call))
        return try await compare(from: first, provider, door, call)
    }

    /// Goes on page by page from the first answer.
    private func compare(
        from first: StaffReply,
        _ provider: String?,
        _ door: StaffDoor,
        _ call: Call
    ) async throws -> Exit {
        var reply = first
        var differences: [JSONValue] = []
        while true {
            guard reply.exit == .done else { return call.show(reply) { _ in "" } }
            let rows = reply.body["differences"]?.array ?? []
            differences += rows
            if !call.isJSON { for row in rows { call.console.print(Self.line(row)) } }
            Self.progress(reply.body, call)
            guard reply.body["done"]?.bool != true else {
                return Self.finish(reply.body, differences, call)
            }
            var next = arguments(provider, call).object ?? [:]
            next["anew"] = false
            for name in ["cursor", "compared", "changed"] { next[name] = reply.body[name] ?? .null }
            reply = try await door.perform("reconcile", .object(next))
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
            "\(body.word("provider")): compared \(body.word("compared")) subscriptions, \(verb) \(body.word("changed"))"
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
