import JSON
import SQLite
import Subscriptions

extension StaffOperations {
    /// Copies the database as it is now to a file of the machine on which it is.
    func backUp(_ request: StaffRequest) async throws -> StaffReply {
        let path = try request.text("file")
        guard path.hasPrefix("/") else {
            throw StaffStop(.usage, "The file of a backup is named by its whole path.")
        }
        do {
            try await copyDatabase(path)
        } catch MigrationError.copy(_, let reason) {
            throw StaffStop(
                .failed,
                "The backup \(path) could not be written: \(reason). Name a file that is not there "
                    + "yet, in a folder that this server may write to."
            )
        }
        let now = now()
        try await store.write { tx in
            try tx.append(
                AuditEntry(
                    at: now,
                    actor: request.actor,
                    action: "database.backed_up",
                    subscriptionID: nil,
                    details: ["file": path]
                )
            )
        }
        return StaffReply(
            .done,
            "The database is copied to \(path). The master key is not in it: keep a copy of that "
                + "apart.",
            body: ["file": .string(path)]
        )
    }
}
