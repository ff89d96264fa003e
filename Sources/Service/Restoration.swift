import Foundation
import Glibc
import SQLite
import Storage
import Subscriptions

/// A backup that takes the place of the database, which no process has meanwhile.
package struct Restoration: Sendable {
    /// The backup.
    package let backup: String
    /// The database, with every symbolic link followed.
    package let database: String
    /// The version of the backup's schema.
    package let version: Int
    /// Whose backup it is, in words; nil where nobody was served with it.
    package let origin: String?

    private let lock: DatabaseLock

    /// Takes the lock of the database and looks at the whole backup; nothing is changed.
    ///
    /// Throws ``DatabaseLock/Failure`` where another process owns the database, and one sentence
    /// otherwise.
    package init(of backup: String, to databasePath: String) throws {
        guard FileManager.default.isReadableFile(atPath: backup) else {
            throw ConfigurationError(
                "The backup \(backup) cannot be read: name a file that `tollgate backup` made."
            )
        }
        lock = try DatabaseLock(databasePath: databasePath)
        database = lock.realPath
        self.backup = backup
        guard try !Self.isSameFile(backup, database) else {
            throw ConfigurationError("The file \(backup) is the database itself: name a backup.")
        }
        let stored: StoredBackup
        do {
            stored = try StoredBackup(at: backup)
        } catch let error as SQLiteError {
            let reason = error.isCorrupt ? "it is no whole database" : "\(error)"
            throw ConfigurationError("The file \(backup) is not restored: \(reason).")
        } catch {
            throw ConfigurationError("The file \(backup) is not restored: \(error).")
        }
        version = stored.version
        origin = stored.installation.map { "\($0.mode) mode, \($0.platformOrigin)" }
    }

    private static func isSameFile(_ one: String, _ other: String) throws -> Bool {
        var (first, second) = (stat(), stat())
        guard stat(one, &first) == 0, stat(other, &second) == 0 else {
            return try DatabaseLock.realPath(one) == other
        }
        return first.st_ino == second.st_ino && first.st_dev == second.st_dev
    }

    /// Puts a copy of the backup in the place of the database; where the one before it went, nil
    /// where there was none.
    ///
    /// The copy is whole and on disk before anything is moved.
    package func perform() throws -> String? {
        let files = FileManager.default
        let copy = database + ".restoring"
        // What an earlier try left there, which the lock says is nobody's.
        if files.fileExists(atPath: copy) { try files.removeItem(atPath: copy) }
        try StoredBackup.copy(backup, to: copy)
        let aside = try setAside()
        // The one step that changes what is there: before it the old database, after it the new.
        guard rename(copy, database) == 0 else { throw failure("put \(copy) in place") }
        try syncFolder()
        return aside
    }

    /// Gives the database a second name, under which it stays, and moves away what belongs to it: a
    /// log of writes that stayed behind would be taken for one of the new database.
    private func setAside() throws -> String? {
        let files = FileManager.default
        guard files.fileExists(atPath: database) else { return nil }
        foldLog()
        let names =
            ["\(database).before-restore"]
            + (2...99).map { "\(database).before-restore-\($0)" }
        guard let aside = names.first(where: { !files.fileExists(atPath: $0) }) else {
            throw ConfigurationError(
                "There are 99 databases beside \(database) from before other restores: move them "
                    + "away."
            )
        }
        guard link(database, aside) == 0 else { throw failure("keep \(database) as \(aside)") }
        for suffix in ["-wal", "-shm"] where files.fileExists(atPath: database + suffix) {
            guard rename(database + suffix, aside + suffix) == 0 else {
                throw failure("move \(database + suffix) away")
            }
        }
        return aside
    }

    /// A clean close moves the log into the database; one that is damaged keeps its log, which
    /// goes with it.
    private func foldLog() {
        do {
            _ = try Connection(path: database).query("SELECT count(*) FROM sqlite_schema") { _ in }
        } catch {
            return
        }
    }

    private func syncFolder() throws {
        let folder = URL(fileURLWithPath: database).deletingLastPathComponent().path
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("open \(folder)") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure("sync \(folder)") }
    }

    private func failure(_ what: String) -> ConfigurationError {
        ConfigurationError("Could not \(what): \(String(cString: strerror(errno))).")
    }
}
