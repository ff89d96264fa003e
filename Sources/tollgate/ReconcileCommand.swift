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
            Needs the key of a provider's API, such as STRIPE_API_KEY. A run that broke off goes on
            where it was; what was not seen is never ended. Parked events whose cause is gone are
            applied at the end.
            """
        ]
    )

    func run(_ call: Call) async throws -> Exit {
        let typed = call.arguments["provider"]
        guard typed.map({ KnownProvider.named($0) != nil }) ?? true else {
            let names = KnownProvider.all.filter { $0.apiSettings != nil }.map(\.name)
            throw UsageError(
                "--provider takes one of \(names.joined(separator: ", ")).",
                declaration
            )
        }
        return try await call.atDoor { door in
            let first = try await door.perform("reconcile", arguments(typed, call))
            if typed == nil, let names = first.body["providers"]?.array?.compactMap(\.string) {
                return try await compare(with: names, door, call)
            }
            return Self.show(try await compare(from: first, typed, door, call), call)
        }
    }

    /// Compares with every provider, and says all in one JSON text; the worst exit counts.
    private func compare(
        with names: [String],
        _ door: StaffDoor,
        _ call: Call
    ) async throws -> Exit {
        var exit = Exit.done
        var bodies: [JSONValue] = []
        for name in names {
            let first = try await door.perform("reconcile", arguments(name, call))
            let reply = try await compare(from: first, name, door, call)
            if exit == .done { exit = reply.exit }
            guard call.isJSON else {
                _ = Self.show(reply, call)
                continue
            }
            var members = Self.members(of: reply)
            members["provider"] = .string(name)
            if let message = reply.message {
                members["error"] = .string(message)
                call.console.complain("tollgate: \(message)")
            }
            bodies.append(.object(members))
        }
        if call.isJSON { call.console.print(json: ["providers": .array(bodies)]) }
        return exit
    }

    private func arguments(_ provider: String?, _ call: Call) -> JSONValue {
        [
            "provider": provider.map(JSONValue.string) ?? nil,
            "dry_run": .bool(call.arguments.has("dry-run")),
            "anew": .bool(call.arguments.has("anew")),
        ]
    }

    /// Goes on page by page from the first answer; the last one, with all differences.
    private func compare(
        from first: StaffReply,
        _ provider: String?,
        _ door: StaffDoor,
        _ call: Call
    ) async throws -> StaffReply {
        var reply = first
        var differences: [JSONValue] = []
        var trail = PageTrail()
        while reply.exit == .done {
            let rows = reply.body["differences"]?.array ?? []
            differences += rows
            if !call.isJSON { for row in rows { call.console.print(Self.line(row)) } }
            Self.progress(reply.body, call)
            guard reply.body["done"]?.bool != true else {
                var members = reply.body.object ?? [:]
                members["differences"] = .array(differences)
                return StaffReply(.done, body: .object(members))
            }
            guard trail.goesOn(to: reply.body["last"]?.string) else {
                return StaffReply(
                    .failed,
                    PageTrail.sentence(of: reply.body.word("provider")),
                    body: ["differences": .array(differences)]
                )
            }
            var next = arguments(provider, call).object ?? [:]
            next["anew"] = false
            for name in ["cursor", "compared", "changed"] { next[name] = reply.body[name] ?? .null }
            reply = try await door.perform("reconcile", .object(next))
        }
        return reply
    }

    private static func members(of reply: StaffReply) -> [String: JSONValue] {
        var members = reply.body.object ?? [:]
        members["cursor"] = nil
        members["last"] = nil
        return members
    }

    private static func show(_ reply: StaffReply, _ call: Call) -> Exit {
        guard reply.exit == .done else { return call.show(reply) { _ in "" } }
        guard !call.isJSON else {
            call.console.print(json: .object(members(of: reply)))
            return .done
        }
        let body = reply.body
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
