import JSON
import Service

/// Grants, a page at a time, or those that do not get on.
struct GrantsListCommand: Command {
    let declaration = Declaration(
        words: ["grants", "list"],
        summary: "Lists what is kept on the platform for each subscription, a page at a time.",
        ownOptions: [
            .flag("stuck", "only those that something stands in the way of, the oldest first"),
            .value("limit", "N", "how many, 50 unless told"),
            .value("after", "ID", "begin after this subscription"),
        ]
    )

    func run(_ call: Call) async throws -> Exit {
        var arguments: [String: JSONValue] = ["stuck": .bool(call.arguments.has("stuck"))]
        if let limit = try call.arguments.integer("limit", in: 1...1_000) {
            arguments["limit"] = .integer(Int64(limit))
        }
        arguments["after"] = call.arguments["after"].map(JSONValue.string)
        return try await call.perform("grants/list", .object(arguments), text: GrantText.list)
    }
}

/// What on the platform is not as it ought to be.
struct GrantsDriftCommand: Command {
    let declaration = Declaration(
        words: ["grants", "drift"],
        summary: "Says what on the platform is not as it ought to be, and what would help.",
        notes: [
            """
            Reads all roles, apps and limits named tollgate-<mode>-<installation>-… and compares
            them with the grants at rest: missing, changed by hand, orphaned, duplicated, wrong
            limit. It changes nothing on the platform; other names are never looked at. A server
            does the same once a day (TOLLGATE_DRIFT) and raises an alarm in its log and status.
            """
        ]
    )

    func run(_ call: Call) async throws -> Exit {
        try await call.perform("grants/drift", text: GrantText.drift)
    }
}

/// Brings the platform back to what ought to be there.
struct GrantsRepairCommand: Command {
    let declaration = Declaration(
        words: ["grants", "repair"],
        summary: "Compares as grants drift does, and repairs what differs.",
        ownOptions: [
            .flag("dry-run", "say what it would do, and change nothing"),
            .value("confirm", "N", "how many grants it may delete from or make anew at most"),
            .value("wait", "TIME", "how long to wait until all is done, 30s unless told"),
            .yes,
        ],
        notes: [
            """
            It stops, and changes nothing, where it would delete from or make anew more than a
            tenth of the grants, and more than 20, unless --confirm says how many. A key that
            comes back is the same key: it sleeps until its limits are back, and is proved. What
            is deleted is proved to be refused. Exit code 4 says that some are still under way.
            """
        ]
    )

    func run(_ call: Call) async throws -> Exit {
        let isDry = call.arguments.has("dry-run")
        var arguments: [String: JSONValue] = ["dry_run": .bool(isDry)]
        if let number = try call.arguments.integer("confirm", in: 0...10_000_000) {
            arguments["confirm"] = .integer(Int64(number))
        }
        arguments["wait"] = .integer(Int64(try call.arguments.seconds("wait", in: 0...600) ?? 30))
        return try await call.atDoor { door in
            if !isDry, !call.arguments.has("yes") {
                // Without a terminal the refusal comes before anything is looked up.
                if !call.console.canAsk { try call.consent(to: Self.question) }
                let plan = try await door.perform("grants/drift")
                guard plan.exit == .done, plan.body["differences"]?.int != 0 else {
                    return call.show(plan, text: GrantText.drift)
                }
                call.console.complain(GrantText.drift(plan.body))
                try call.consent(to: Self.question)
            }
            let reply = try await door.perform("grants/repair", .object(arguments))
            let isRepaired = !isDry && reply.exit != .refused
            return call.show(reply) { GrantText.drift($0, isRepaired: isRepaired) }
        }
    }

    private static let question = "Repair the platform?"
}

/// Grants and their drift as tables.
enum GrantText {
    static func list(_ body: JSONValue) -> String {
        let rows = body["grants"]?.array ?? []
        guard !rows.isEmpty else { return "no grants" }
        let next = body["next"]?.string.map { "more with --after \($0)\n" } ?? ""
        return Table(
            header: [
                "subscription", "e-mail", "plan", "access", "role", "apps", "proof", "problem",
            ],
            rows: rows.map { row in
                [
                    "subscription", "email", "plan", "access", "role_id", "app_ids", "proof",
                    "problem",
                ]
                .map(row.word)
            }
        ).text() + next
    }

    static func drift(_ body: JSONValue) -> String { drift(body, isRepaired: false) }

    static func drift(_ body: JSONValue, isRepaired: Bool) -> String {
        let rows = body["drift"]?.array ?? []
        var text =
            rows.isEmpty
            ? ""
            : Table(
                header: ["drift", "record", "id", "name", "reason", "repair"],
                rows: rows.map { row in
                    ["kind", "record", "id", "name", "reason", "repair"].map(row.word)
                }
            ).text()
        let count = body["differences"]?.int ?? 0
        if count > rows.count, !rows.isEmpty { text += "… and \(count - rows.count) more\n" }
        if !isRepaired, let number = body["confirm"]?.int {
            text += "to repair it: tollgate grants repair --confirm \(number)\n"
        }
        return text
    }
}
