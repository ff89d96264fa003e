import Foundation
import JSON
import Service

/// Brings the database to the version of this program; `serve` does so too.
struct MigrateCommand: Command {
    let declaration = Declaration(
        words: ["migrate"],
        summary: "Brings the database to the version of this program.",
        notes: ["An older database is copied to <name>.before-<version> first."]
    )

    func run(_ call: Call) async throws -> Exit {
        let database = try call.settings().databasePath
        let done: Ownership.Migrated
        do {
            done = try Ownership.migrate(databasePath: database, now: { Date() })
        } catch  where Ownership.isHeldByAnother(error) {
            throw CommandFailure.owned(database)
        }
        if call.isJSON {
            call.console.print(
                json: [
                    "database": .string(database), "from": .integer(Int64(done.from)),
                    "to": .integer(Int64(done.to)),
                ]
            )
        } else if done.from == done.to {
            call.console.print("\(database) is of version \(done.to) already.")
        } else {
            call.console.print("\(database) went from version \(done.from) to \(done.to).")
        }
        return .done
    }
}
