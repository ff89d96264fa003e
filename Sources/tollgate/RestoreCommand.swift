import JSON
import Service

/// Puts a backup in the place of the database.
struct RestoreCommand: Command {
    let declaration = Declaration(
        words: ["restore"],
        summary: "Puts a backup in the place of the database, which is kept beside it.",
        positionals: [.init(name: "FILE", help: "what backup made")],
        ownOptions: [
            .flag("dry-run", "look at the whole backup, and change nothing"), .yes,
        ],
        notes: [
            """
            Stop the server first. What happened since the backup was made is not in it: after the
            start, `reconcile` takes the provider's word for subscriptions, `grants drift` shows the
            keys that the platform still has, and holds of staff must be placed again.
            """
        ]
    )

    func run(_ call: Call) async throws -> Exit {
        let database = try call.settings().databasePath
        let restoration: Restoration
        do {
            restoration = try Restoration(of: call.arguments.positionals[0], to: database)
        } catch  where Ownership.isHeldByAnother(error) {
            throw CommandFailure.owned(database)
        }
        let whose = restoration.origin.map { " of \($0)" } ?? ""
        let what = "the backup \(restoration.backup) (version \(restoration.version)\(whose))"
        var members: [String: JSONValue] = [
            "backup": .string(restoration.backup), "database": .string(restoration.database),
            "version": .integer(Int64(restoration.version)),
            "dry_run": .bool(call.arguments.has("dry-run")),
        ]
        guard !call.arguments.has("dry-run") else {
            return say("\(what) is whole. Nothing was changed.", members, call)
        }
        try call.consent(to: "Put \(what) in the place of \(restoration.database)?")
        let aside = try restoration.perform()
        members["before"] = aside.map(JSONValue.string) ?? nil
        let kept = aside.map { " The database before it is \($0)." } ?? ""
        return say(
            "\(restoration.database) is \(what) now.\(kept) Start the server, and run tollgate "
                + "reconcile and tollgate grants drift.",
            members,
            call
        )
    }

    private func say(_ sentence: String, _ members: [String: JSONValue], _ call: Call) -> Exit {
        if call.isJSON {
            call.console.print(json: .object(members))
        } else {
            call.console.print(sentence.prefix(1).uppercased() + sentence.dropFirst())
        }
        return .done
    }
}
