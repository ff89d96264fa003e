import SQLite

extension SQLiteStore {
    /// Writes and takes away again as much as a large delivery; throws where the disk has no room.
    package func tryWrite() async throws {
        try await database.write { connection in
            try connection.run(
                """
                INSERT INTO inbox (
                    provider, mode, event_id, type, received_at, state, body
                ) VALUES ('tollgate', 'test', 'trial', 'trial', 0, 'ignored', zeroblob(65536))
                """
            )
            try connection.run("DELETE FROM inbox WHERE provider = 'tollgate'")
        }
    }
}
