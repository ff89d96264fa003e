import Foundation
import JSON

/// Copies the database while it is served.
struct BackupCommand: Command {
    let declaration = Declaration(
        words: ["backup"],
        summary: "Copies the database, whole and as it is now, to a new file.",
        positionals: [
            .init(name: "FILE", help: "where no file is yet; only its owner may read it")
        ],
        notes: [
            """
            It can be done while the server runs, which then writes the file. It holds who pays and
            the bodies of events, and no key and no master key: keep a copy of TOLLGATE_MASTER_KEY
            apart. Copies of the file itself, made beside a running server, may be damaged.
            """
        ]
    )

    func run(_ call: Call) async throws -> Exit {
        let path = URL(fileURLWithPath: call.arguments.positionals[0]).path
        return try await call.perform("backup", ["file": .string(path)]) { _ in "" }
    }
}
