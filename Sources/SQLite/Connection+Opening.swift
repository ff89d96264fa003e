import CSQLite
import Glibc

/// How a connection begins, and what it knows of its file and its errors.
extension Connection {
    func configure(_ busyMilliseconds: Int32) throws(SQLiteError) {
        sqlite3_busy_timeout(handle, busyMilliseconds)
        var options = [
            (SQLITE_DBCONFIG_DQS_DML, Int32(0)), (SQLITE_DBCONFIG_DQS_DDL, 0),
            (SQLITE_DBCONFIG_DEFENSIVE, 1), (SQLITE_DBCONFIG_ENABLE_FKEY, 1),
            (SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0),
        ]
        if access == .readOnly { options.append((SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)) }
        for (option, value) in options {
            let code = csqlite_set_option(handle, Int32(option), value)
            guard code == SQLITE_OK else { throw error(code, "configure", nil) }
        }
        guard access == .readWrite else { return }
        // FULL makes every commit durable; the size limit shrinks a WAL that a burst has grown.
        try execute(
            """
            PRAGMA journal_mode = WAL;
            PRAGMA synchronous = FULL;
            PRAGMA journal_size_limit = 67108864;
            """
        )
    }

    /// Without it SQLite takes 20 pages from the heap for every table in memory, which it makes for
    /// each list in a CHECK, and that cost 40 µs each (sqlite.org/malloc.html §3.1.2).
    ///
    /// Set once, before the first connection; what opened one before has set it its own way.
    static let allocatesPagesSingly = csqlite_allocate_pages_singly() == SQLITE_OK

    static func open(_ path: String, _ access: Access) throws(SQLiteError) -> OpaquePointer {
        // NOMUTEX: the caller keeps a connection on one thread at a time.
        let mode =
            switch access {
            case .readWrite: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
            case .readOnly: SQLITE_OPEN_READONLY
            }
        var handle: OpaquePointer?
        let flags = mode | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
        let code = sqlite3_open_v2(path, &handle, flags, nil)
        guard code == SQLITE_OK, let handle else {
            let systemError = handle.map(sqlite3_system_errno) ?? 0
            sqlite3_close_v2(handle)
            throw SQLiteError(
                code: code,
                operation: "open \(path)",
                message: String(cString: sqlite3_errstr(code)),
                systemError: systemError
            )
        }
        return handle
    }

    /// Makes a new file readable by its owner alone, whatever the umask; SQLite gives the files
    /// beside it the same mode.
    ///
    /// Only a file that did not exist is touched: closing a descriptor of an open database would
    /// drop SQLite's locks (sqlite.org/howtocorrupt.html §2.2).
    static func createPrivateFile(_ path: String) throws(SQLiteError) {
        guard path != ":memory:", !path.isEmpty else { return }
        let descriptor = Glibc.open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0o600)
        if descriptor >= 0 {
            fchmod(descriptor, 0o600)
            Glibc.close(descriptor)
        } else if errno != EEXIST {
            throw SQLiteError(
                code: SQLITE_CANTOPEN,
                operation: "create \(path)",
                message: String(cString: strerror(errno)),
                systemError: errno
            )
        }
    }

    /// The error of the last call, noted where it is fatal.
    func error(_ code: Int32, _ operation: String, _ sql: String?) -> SQLiteError {
        let error = SQLiteError(
            code: code,
            operation: operation,
            message: String(cString: sqlite3_errmsg(handle)),
            sql: sql,
            systemError: code & 0xff == SQLITE_IOERR ? sqlite3_system_errno(handle) : 0
        )
        if error.isFatal, fatalError == nil { fatalError = error }
        return error
    }

    /// Throws a fatal error where another file, or none, stands where the database was opened.
    ///
    /// Costs one stat(2). SQLite itself would write on into a file that nobody finds again.
    func expectFile() throws(SQLiteError) {
        var hasMoved: Int32 = 0
        let code = sqlite3_file_control(handle, "main", SQLITE_FCNTL_HAS_MOVED, &hasMoved)
        guard code == SQLITE_OK, hasMoved != 0 else { return }
        let error = SQLiteError(
            code: SQLiteError.moved,
            operation: "commit",
            message: "the file \(path) was moved, replaced or deleted under the process; put it "
                + "back, with its -wal file, and start again"
        )
        if fatalError == nil { fatalError = error }
        throw error
    }
}
