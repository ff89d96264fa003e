import CSQLite
import Glibc

/// One connection to a database file; one thread at a time.
///
/// Statements that pass through ``query(_:_:_:)``, ``first(_:_:_:)`` and ``run(_:_:)`` stay
/// prepared. Double-quoted strings are errors, foreign keys are enforced, the schema is not trusted
/// and cannot be damaged through SQL (`SQLITE_DBCONFIG_DEFENSIVE`).
package final class Connection {
    /// What a connection may do.
    package enum Access: Sendable {
        /// Reads, writes, checkpoints; makes the file (0600) where there is none.
        case readWrite
        /// Only reads, and never checkpoints, not even when it is the last to close.
        case readOnly
    }

    /// The file, or `:memory:`.
    package let path: String
    package let access: Access
    /// The first I/O error or corruption that the connection met; it cannot be trusted after it.
    package internal(set) var fatalError: SQLiteError?
    /// While true, every commit becomes a rollback; see ``Writer``.
    var refusesCommits = false
    var savepointDepth = 0
    /// The number of the commit whose snapshot a reader keeps; see ``ReaderPool``.
    var keptSnapshot: UInt64?
    /// How many pages the WAL held after the last commit; see ``takeOverCheckpoints()``.
    var walPages: Int32 = 0
    let handle: OpaquePointer
    private var statements: [String: Statement] = [:]
    /// The statements of ``HotSQL`` by its number.
    var hotStatements: [Statement?] = []
    private(set) var isClosed = false

    /// How many statements stay prepared; the product has a fixed set that is far smaller.
    private static let statementsMax = 512

    /// Opens the file; `busyMilliseconds` is how long a statement waits for another's lock.
    package init(
        path: String,
        access: Access = .readWrite,
        busyMilliseconds: Int32 = 5_000
    ) throws(SQLiteError) {
        if access == .readWrite { try Connection.createPrivateFile(path) }
        self.path = path
        self.access = access
        _ = Connection.allocatesPagesSingly
        handle = try Connection.open(path, access)
        // Where this throws, deinit closes the handle.
        try configure(busyMilliseconds)
        let context = Unmanaged.passUnretained(self).toOpaque()
        // A hook that answers nonzero turns a commit into a rollback.
        sqlite3_commit_hook(
            handle,
            { context in
                guard let context else { return 0 }
                let connection = Unmanaged<Connection>.fromOpaque(context).takeUnretainedValue()
                return connection.refusesCommits ? 1 : 0
            },
            context
        )
    }

    deinit { close() }

    /// Closes the file at once; nothing may be done with the connection after it.
    func close() {
        guard !isClosed else { return }
        isClosed = true
        statements.removeAll()
        hotStatements.removeAll()
        // A connection that cannot be trusted leaves the WAL to the next process.
        if fatalError != nil {
            csqlite_set_option(handle, Int32(SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE), 1)
        }
        // A statement that a caller still holds keeps the handle alive until it is gone
        // (sqlite.org/c3ref/close.html).
        sqlite3_close_v2(handle)
    }

    // MARK: Statements

    /// Runs a script of several statements that need no values; an error names its statement.
    package func execute(_ sql: String) throws(SQLiteError) {
        var rest = Array(sql.utf8)[...]
        while !rest.isEmpty {
            let (statement, tail) = try prepareFirst(of: rest)
            if let statement {
                while try statement.step() {}
            }
            rest = tail
        }
    }

    /// All rows, each turned into a value.
    package func query<T>(
        _ sql: String,
        _ bindings: Bindings = [],
        _ read: (Row) throws -> T
    ) throws -> [T] {
        try withStatement(sql) { statement in
            try statement.bind(bindings)
            var rows: [T] = []
            while try statement.step() { rows.append(try read(statement.row)) }
            return rows
        }
    }

    /// The first row turned into a value, or nil where there is none.
    package func first<T>(
        _ sql: String,
        _ bindings: Bindings = [],
        _ read: (Row) throws -> T
    ) throws -> T? {
        try withStatement(sql) { statement in
            try statement.bind(bindings)
            return try statement.step() ? try read(statement.row) : nil
        }
    }

    /// Runs one statement to its end and says how many rows it inserted, updated or deleted.
    @discardableResult
    package func run(_ sql: String, _ bindings: Bindings = []) throws(SQLiteError) -> Int {
        let statement = try take(sql)
        defer { giveBack(statement) }
        try statement.bind(bindings)
        while try statement.step() {}
        return Int(sqlite3_changes64(handle))
    }

    /// Lends the prepared statement for hot paths and resets it afterwards.
    package func withStatement<T>(_ sql: String, _ body: (Statement) throws -> T) throws -> T {
        let statement = try take(sql)
        defer { giveBack(statement) }
        return try body(statement)
    }

    /// The rowid of the last insert.
    package var lastInsertedRowID: Int64 { sqlite3_last_insert_rowid(handle) }

    /// Whether a transaction is open.
    package var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

    /// Prepares one statement that the caller keeps, for as long as the connection lives.
    package func prepare(_ sql: String) throws(SQLiteError) -> Statement {
        let (first, tail) = try prepareFirst(of: Array(sql.utf8)[...])
        guard let first, tail.allSatisfy({ $0 <= 0x20 && $0 != 0 }) else {
            throw SQLiteError(
                code: SQLITE_MISUSE,
                operation: "prepare",
                message: "one statement expected; use execute for a script",
                sql: sql
            )
        }
        return first
    }

    /// The first statement of a script, or nil where only space and comments are left, and what
    /// follows it.
    private func prepareFirst(
        of script: ArraySlice<UInt8>
    ) throws(SQLiteError) -> (statement: Statement?, tail: ArraySlice<UInt8>) {
        guard !script.contains(0) else {
            throw SQLiteError(
                code: SQLITE_MISUSE,
                operation: "prepare",
                message: "the SQL holds a NUL, after which SQLite would not read on"
            )
        }
        var prepared: OpaquePointer?
        var length = script.count
        let code = script.withUnsafeBytes { bytes -> Int32 in
            let start = bytes.bindMemory(to: CChar.self).baseAddress
            var tail: UnsafePointer<CChar>?
            let code = sqlite3_prepare_v3(
                handle,
                start,
                Int32(bytes.count),
                UInt32(SQLITE_PREPARE_PERSISTENT),
                &prepared,
                &tail
            )
            if let start, let tail { length = tail - start }
            return code
        }
        let sql = String(decoding: script.prefix(length), as: UTF8.self)
        guard code == SQLITE_OK else { throw error(code, "prepare", sql) }
        let statement = prepared.map { Statement(sql: sql, handle: $0, connection: self) }
        return (statement, script.dropFirst(length))
    }

    private func take(_ sql: String) throws(SQLiteError) -> Statement {
        precondition(!isClosed, "a closed connection was used")
        if let statement = statements[sql], !statement.isInUse {
            statement.isInUse = true
            return statement
        }
        let statement = try prepare(sql)
        statement.isInUse = true
        if statements.count >= Connection.statementsMax { statements.removeAll() }
        statements[sql] = statement
        return statement
    }

    func giveBack(_ statement: Statement) {
        statement.reset()
        statement.isInUse = false
    }
}
