import CSQLite
import Glibc

/// What SQLite answered when it could not do what it was asked.
///
/// It carries the SQL text and never a bound value, so that it may be logged.
package struct SQLiteError: Error, Hashable, Sendable {
    /// The extended result code (sqlite.org/rescode.html).
    package let code: Int32
    /// What we were doing, as a verb: `open`, `prepare`, `bind`, `step`, `read`.
    package let operation: String
    /// SQLite's own sentence, or ours where the mistake was found before SQLite was asked.
    package let message: String
    /// The statement, without the values that were bound to it.
    package let sql: String?
    /// The `errno` of the failed system call behind an I/O error, or 0.
    package let systemError: Int32

    /// Makes an error; SQLite's own errors are made by the connection.
    package init(
        code: Int32,
        operation: String,
        message: String,
        sql: String? = nil,
        systemError: Int32 = 0
    ) {
        self.code = code
        self.operation = operation
        self.message = message
        self.sql = sql
        self.systemError = systemError
    }
}

extension SQLiteError {
    /// The result code without its extension.
    package var primaryCode: Int32 { code & 0xff }

    /// Nothing was written because the disk, the quota or the page limit is used up.
    ///
    /// SQLite has I/O errors for two of these: the shared-memory file could not grow, and a write
    /// met a quota.
    package var isDiskFull: Bool {
        let isOverQuota = systemError == EDQUOT || systemError == ENOSPC
        return primaryCode == SQLITE_FULL || code == ioErrorSharedMemorySize
            || (code == ioErrorWrite && isOverQuota)
    }

    /// The file is damaged, or is no database.
    package var isCorrupt: Bool { primaryCode == SQLITE_CORRUPT || primaryCode == SQLITE_NOTADB }

    /// The operating system failed to read, write or sync; what is on disk is unknown.
    package var isIOError: Bool { primaryCode == SQLITE_IOERR && !isDiskFull }

    /// A row broke a constraint of the schema.
    package var isConstraint: Bool { primaryCode == SQLITE_CONSTRAINT }

    /// A row with the same unique or primary key is there already.
    package var isUniqueConstraint: Bool {
        code == SQLITE_CONSTRAINT | (8 << 8) || code == SQLITE_CONSTRAINT | (6 << 8)
    }

    /// Another connection holds the lock that was needed.
    package var isBusy: Bool { primaryCode == SQLITE_BUSY || primaryCode == SQLITE_LOCKED }

    /// The file is not where it was opened: what is written to it is gone with the process.
    package var isMoved: Bool { code == SQLiteError.moved }

    /// Nothing that this connection does can be trusted any more.
    package var isFatal: Bool { isIOError || isCorrupt || isMoved }

    /// SQLITE_READONLY_DBMOVED, a macro that Swift does not import.
    static let moved = SQLITE_READONLY | (4 << 8)
}

extension SQLiteError: CustomStringConvertible {
    package var description: String {
        guard !isDiskFull else { return "The disk is full: make room on it, and try again." }
        let system = systemError == 0 ? "" : ", errno \(systemError)"
        return "SQLite could not \(operation): \(message) (code \(code)\(system))\(place)"
    }

    /// The beginning of the statement, on one line.
    private var place: String {
        guard let sql else { return "" }
        let line = sql.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return " in: \(line.count > 200 ? line.prefix(200) + "…" : line)"
    }
}

/// SQLITE_IOERR_SHMSIZE and SQLITE_IOERR_WRITE, which are macros that Swift does not import.
private let ioErrorSharedMemorySize = SQLITE_IOERR | (19 << 8)
private let ioErrorWrite = SQLITE_IOERR | (3 << 8)
