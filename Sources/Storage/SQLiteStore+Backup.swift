import Foundation
import Migrations
import SQLite
package import Subscriptions

extension SQLiteStore {
    /// Copies what is committed to a path where no file is (0600), while others read and write.
    package func backUp(to path: String) async throws {
        try await database.read { connection in
            _ = try DatabaseCopy.make(of: connection, at: path)
        }
    }
}

/// A copy of a database in a file, as it is looked at before it is restored.
package struct StoredBackup: Sendable {
    /// The version of its schema.
    package let version: Int
    /// Whose it is: the mode and the platform; nil for one that was never served.
    package let installation: Installation?

    /// Why a file is not restored.
    package enum Failure: Error, Hashable, Sendable {
        /// It is no whole database of ours.
        case damaged(String)
        /// A newer program made it.
        case newer(version: Int, newest: Int)
    }

    /// Looks at the whole of a file.
    package init(at path: String) throws {
        let connection = try Connection(path: path, access: .readOnly)
        let complaint = try connection.first("PRAGMA integrity_check(1)") { row in
            try row[0] as String
        }
        if let complaint, complaint != "ok" { throw Failure.damaged(complaint) }
        version = try SQLiteStore.migrator(now: { .distantPast }).version(of: connection)
        guard version > 0 else { throw Failure.damaged("it is empty") }
        let newest = Schema.steps.count
        guard version <= newest else { throw Failure.newer(version: version, newest: newest) }
        installation = try SQLiteTransaction(connection: connection, plans: PlanCache())
            .installation()
    }

    /// Copies a backup to a path where no file is, whole and synced.
    package static func copy(_ backup: String, to path: String) throws {
        let connection = try Connection(path: backup, access: .readOnly)
        _ = try DatabaseCopy.make(of: connection, at: path)
    }
}

extension StoredBackup.Failure: CustomStringConvertible {
    package var description: String {
        switch self {
        case .damaged(let complaint): "it is no whole database of Tollgate: \(complaint)"
        case .newer(let version, let newest):
            "it has version \(version) and this program knows up to \(newest): use the newer program"
        }
    }
}
