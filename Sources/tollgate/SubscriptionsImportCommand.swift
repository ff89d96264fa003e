import JSON
import Service

/// Takes existing customers over from a file.
struct SubscriptionsImportCommand: Command {
    let declaration = Declaration(
        words: ["subscriptions", "import"],
        summary: "Takes existing customers over from a file of comma-separated values.",
        positionals: [.init(name: "FILE", help: "the file; - reads it from standard input")],
        ownOptions: [
            .flag("dry-run", "say what it would do, and change nothing"),
            .value("wait", "TIME", "how long to wait until all keys are proved, 5m unless told"),
        ],
        notes: [
            """
            The first line names columns, in any order; the first two must be there:
              email          the customer's e-mail address
              plan           the id of a plan in the catalogue
              provider       who collects the money, for example stripe; empty or manual for
                             subscriptions that no provider tells of
              customer       the provider's id of the customer; empty for manual
              subscription   the provider's id of the subscription; for manual a name of your own,
                             needed only where a customer has several of one plan
              paid_until     a day such as 2026-12-31, to its end in UTC, or a time; may be empty
              app            the platform's id of the app whose key the customer has; empty for a
                             new key

            A line that cannot be taken is refused with its number and changes nothing; the others
            are taken. A subscription that is known changes nothing, so that the same file can be
            imported again, and goes on where it broke off; a manual one moves to the plan and date
            of the file. A provider's word outweighs the file: run tollgate reconcile afterwards.
            A manual subscription without a date lives until staff end it. Keys are made in the
            background, behind everybody who waits for a first key; hand them out with tollgate
            claims create.

            An app that is taken over keeps its key, its role and its limits until staff, with
            tollgate keys rotate, or the customer ask for a new key: then it ends as every old key
            does. It sleeps, wakes and is deleted as access says; its role and limits are never
            touched. Its key is neither stored nor shown, since the customer has it. Refused are
            apps without a role, asleep, of the platform or of a Tollgate, and a subscription that
            is known here without the app.

            Exit code 1 says that lines were refused, 4 that keys are being made.
            """
        ]
    )

    /// Lines in one transaction.
    private static let pageSize = 200
    /// Seconds between two looks at how far the keys are.
    private static let lookEvery = 2

    func run(_ call: Call) async throws -> Exit {
        let wait = try call.arguments.seconds("wait", in: 0...86_400) ?? 300
        let file = ImportFile(parsing: try call.input())
        var result = Result(isDry: call.arguments.has("dry-run"), refused: file.refused)
        return try await call.atDoor { door in
            for start in stride(from: 0, to: file.count, by: Self.pageSize) {
                let end = min(start + Self.pageSize, file.count)
                var page = file.page(start..<end)
                page["dry_run"] = .bool(result.isDry)
                let reply = try await door.perform("subscriptions/import", .object(page))
                guard reply.exit == .done else { return call.show(reply) { _ in "" } }
                result.add(reply.body)
                call.progress("took \(end) of \(file.count) lines")
            }
            if !result.isDry, result.lines > 0 { try await result.awaitKeys(door, wait, call) }
            return result.show(call)
        }
    }

    /// What all pages came to.
    private struct Result {
        let isDry: Bool
        var refused: [JSONValue]
        var new = 0
        var changed = 0
        var known = 0
        var underWay = 0
        var stuck = 0

        var lines: Int { new + changed + known }

        init(isDry: Bool, refused: [JSONValue]) {
            self.isDry = isDry
            self.refused = refused
        }

        mutating func add(_ body: JSONValue) {
            new += body["new"]?.int ?? 0
            changed += body["changed"]?.int ?? 0
            known += body["known"]?.int ?? 0
            refused += body["refused"]?.array ?? []
            look(body)
        }

        private mutating func look(_ body: JSONValue) {
            underWay = body["under_way"]?.int ?? 0
            stuck = body["stuck"]?.int ?? 0
        }

        mutating func awaitKeys(_ door: StaffDoor, _ wait: Int, _ call: Call) async throws {
            var left = wait
            repeat {
                let seconds = min(left, SubscriptionsImportCommand.lookEvery)
                let reply = try await door.perform(
                    "subscriptions/import",
                    ["wait": .integer(Int64(seconds))]
                )
                look(reply.body)
                left -= max(seconds, 1)
                call.progress("\(underWay) keys are being made")
            } while underWay > stuck && left > 0
        }

        func show(_ call: Call) -> Exit {
            let sorted = refused.sorted { ($0["line"]?.int ?? 0) < ($1["line"]?.int ?? 0) }
            if call.isJSON {
                call.console.print(
                    json: [
                        "dry_run": .bool(isDry), "new": .integer(Int64(new)),
                        "changed": .integer(Int64(changed)), "known": .integer(Int64(known)),
                        "refused": .array(sorted), "under_way": .integer(Int64(underWay)),
                        "stuck": .integer(Int64(stuck)),
                    ]
                )
            } else {
                call.console.print(
                    "\(isDry ? "would take" : "took") \(lines) lines: \(new) new, \(changed) "
                        + "changed, \(known) known"
                )
            }
            for refusal in sorted where !call.isJSON {
                call.console.complain(
                    "line \(refusal.word("line")): \(refusal.word("sentence"))"
                )
            }
            return exit(call)
        }

        private func exit(_ call: Call) -> Exit {
            if underWay > 0, !isDry {
                call.console.complain(
                    "\(underWay) keys are not proved yet, \(stuck) of them are stuck: see "
                        + "`tollgate grants list --stuck`."
                )
            }
            guard refused.isEmpty else {
                let count = refused.count == 1 ? "1 line was" : "\(refused.count) lines were"
                call.console.complain(
                    "tollgate: \(count) refused; mend them and import the file again, which takes "
                        + "no line twice."
                )
                return .failed
            }
            return underWay > 0 && !isDry ? .notYetProved : .done
        }
    }
}

extension Call {
    /// The file that is named first, or standard input.
    fileprivate func input() throws -> [UInt8] {
        let path = arguments.positionals[0]
        guard path == "-" else { return try contents(ofFile: path) }
        var text = ""
        while let line = console.readLine() { text += line + "\n" }
        return Array(text.utf8)
    }

    /// How far it is, for whoever waits at a terminal.
    fileprivate func progress(_ text: String) {
        guard console.canAsk, !isJSON else { return }
        console.ask("\r\(text)   \r")
    }
}
