package import Foundation
import SQLite
import Storage

/// Who owns a database file, and of which version it is.
package enum Ownership {
    /// What a migration did.
    package struct Migrated: Hashable, Sendable {
        /// The version before; 0 where there was no database.
        package let from: Int
        /// The version now.
        package let to: Int
    }

    /// Whether an error says that another process owns the database.
    package static func isHeldByAnother(_ error: any Error) -> Bool {
        guard let failure = error as? DatabaseLock.Failure, case .held = failure else {
            return false
        }
        return true
    }

    /// Whether another process owns the database now.
    package static func isHeldByAnother(databasePath: String) -> Bool {
        do throws(DatabaseLock.Failure) {
            _ = try DatabaseLock(databasePath: databasePath)
            return false
        } catch {
            return isHeldByAnother(error)
        }
    }

    /// Takes the lock and brings the database to the version of this program.
    package static func migrate(
        databasePath: String,
        now: @escaping @Sendable () -> Date
    ) throws -> Migrated {
        let lock = try DatabaseLock(databasePath: databasePath)
        return try withExtendedLifetime(lock) {
            let connection = try Connection(path: lock.realPath)
            let migrator = SQLiteStore.migrator(now: now)
            let before = try migrator.version(of: connection)
            try migrator.migrate(connection)
            return Migrated(from: before, to: try migrator.version(of: connection))
        }
    }
}
