/// One step of the schema, as SQL text; once shipped it is never edited.
package struct Migration: Hashable, Sendable {
    /// Its place in the order, from 1, without gaps.
    package let version: Int
    /// A few words, as in the name of its file.
    package let name: String
    /// The script.
    package let sql: String

    /// Makes a migration of the bytes of its file.
    package init(version: Int, name: String, sql: some Sequence<UInt8>) {
        self.version = version
        self.name = name
        self.sql = String(decoding: Array(sql), as: UTF8.self)
    }
}

/// Why a database was not migrated; nothing was changed.
package enum MigrationError: Error, Hashable, Sendable {
    /// The database was migrated by a newer program.
    case newer(database: Int, newest: Int)
    /// A migration that was applied is not the one that this program has.
    case edited(version: Int, name: String)
    /// The file holds tables and was never migrated: it is not ours.
    case foreign
    /// The migration would leave rows that refer to nothing.
    case brokenReferences(version: Int, table: String)
    /// The copy before the migration could not be made.
    case copy(path: String, reason: String)
}

extension MigrationError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .newer(let database, let newest):
            "the database has version \(database), this program knows up to \(newest); "
                + "use the newer program or restore the copy made before its migration"
        case .edited(let version, let name):
            "migration \(version) (\(name)) differs from the one this database was made with; "
                + "use the program that made it"
        case .foreign:
            "the file holds tables of another program; name another file"
        case .brokenReferences(let version, let table):
            "migration \(version) would leave rows of \(table) that refer to nothing"
        case .copy(let path, let reason):
            "could not copy the database to \(path) before migrating it: \(reason)"
        }
    }
}

/// Brings a database to the newest version, one transaction a step.
///
/// The applied steps stand in the table `migration` with their whole text, so that an edited one
/// is recognised by comparison alone. An existing database is copied to
/// `<path>.before-<version>` first.
package struct Migrator: Sendable {
    private let migrations: [Migration]
    private let now: @Sendable () -> Int64

    /// A migrator for the migrations in order; `now` gives milliseconds since 1970.
    package init(_ migrations: [Migration], now: @escaping @Sendable () -> Int64) {
        precondition(
            migrations.map(\.version) == Array(1..<(migrations.count + 1)),
            "migrations are numbered from 1 without gaps"
        )
        self.migrations = migrations
        self.now = now
    }

    /// The version of the database, 0 for an empty file.
    package func version(of connection: Connection) throws -> Int {
        try applied(connection).count
    }

    /// Applies what is missing, or throws and leaves the database at the last whole step.
    package func migrate(_ connection: Connection) throws {
        let applied = try applied(connection)
        try refuseUnknown(applied)
        let pending = migrations.dropFirst(applied.count)
        guard let last = pending.last else { return }
        let copy =
            applied.isEmpty
            ? nil : try DatabaseCopy.make(of: connection, beforeVersion: last.version)
        do {
            for migration in pending { try apply(migration, connection) }
        } catch {
            // Where nothing was applied the copy tells nothing that the database does not.
            if try self.applied(connection).count == applied.count { copy?.remove() }
            throw error
        }
    }

    private func refuseUnknown(_ applied: [Migration]) throws {
        guard applied.count <= migrations.count else {
            throw MigrationError.newer(database: applied.count, newest: migrations.count)
        }
        for (known, applied) in zip(migrations, applied) where known != applied {
            throw MigrationError.edited(version: applied.version, name: applied.name)
        }
    }

    private func applied(_ connection: Connection) throws -> [Migration] {
        let tables = try connection.query(
            """
            SELECT name FROM sqlite_schema WHERE type = 'table' AND substr(name, 1, 7) <> 'sqlite_'
            """
        ) { row in try row[0] as String }
        guard tables.contains("migration") else {
            guard tables.isEmpty else { throw MigrationError.foreign }
            return []
        }
        return try connection.query("SELECT version, name, sql FROM migration ORDER BY version") {
            row in
            Migration(
                version: try row["version"],
                name: try row["name"],
                sql: (try row["sql"] as String).utf8
            )
        }
    }

    /// Foreign keys are off while tables are rebuilt and checked as a whole before the commit, as
    /// sqlite.org/lang_altertable.html §7 says.
    private func apply(_ migration: Migration, _ connection: Connection) throws {
        try connection.execute("PRAGMA foreign_keys = OFF")
        defer { connection.enforceForeignKeys() }
        try connection.transaction {
            try connection.execute(Migrator.table)
            try connection.execute(migration.sql)
            let broken = try connection.first("PRAGMA foreign_key_check") { row in
                try row[0] as String
            }
            if let broken {
                throw MigrationError.brokenReferences(version: migration.version, table: broken)
            }
            try connection.run(
                """
                INSERT INTO migration (version, name, sql, applied_at)
                VALUES (:version, :name, :sql, :now)
                """,
                [
                    "version": Value(migration.version), "name": .text(migration.name),
                    "sql": .text(migration.sql), "now": .integer(now()),
                ]
            )
        }
    }

    private static let table = """
        CREATE TABLE IF NOT EXISTS migration (
            version INTEGER PRIMARY KEY,
            name TEXT NOT NULL,
            sql TEXT NOT NULL,
            applied_at INTEGER NOT NULL
        ) STRICT
        """
}
