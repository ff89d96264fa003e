import CSQLite

/// A prepared statement, to bind, step and reset; it lives no longer than its connection.
///
/// Most code calls ``Connection/query(_:_:_:)`` and its siblings, which keep their statements
/// prepared. Use this where a path is hot: bind by index, step, read by index, reset.
package final class Statement {
    /// The SQL text, without values.
    package let sql: String
    let handle: OpaquePointer
    /// Whether a caller is between taking it from the cache and giving it back.
    var isInUse = false
    private unowned let connection: Connection
    private let parameterNames: [String?]
    private(set) lazy var columnNames = (0..<sqlite3_column_count(handle)).map { index in
        sqlite3_column_name(handle, index).map { String(cString: $0) } ?? ""
    }
    private lazy var columnIndices = Dictionary(
        columnNames.enumerated().map { ($0.element, $0.offset) },
        uniquingKeysWith: { first, _ in first }
    )

    init(sql: String, handle: OpaquePointer, connection: Connection) {
        self.sql = sql
        self.handle = handle
        self.connection = connection
        parameterNames = (0..<sqlite3_bind_parameter_count(handle)).map { index in
            sqlite3_bind_parameter_name(handle, index + 1).map { String(cString: $0 + 1) }
        }
    }

    deinit {
        // The result repeats the error of the last step, which has been reported.
        sqlite3_finalize(handle)
    }

    // MARK: Binding

    /// Binds all parameters; a name that the statement lacks, or a parameter left out, throws.
    package func bind(_ bindings: Bindings) throws(SQLiteError) {
        switch bindings {
        case .positional(let values):
            try expectParameters(values.count)
            for (index, value) in values.enumerated() { try bind(value, at: index + 1) }
        case .named(let values):
            try expectParameters(values.count)
            for (name, value) in values {
                guard let index = parameterNames.firstIndex(of: name) else {
                    throw misuse("the statement has no parameter :\(name)")
                }
                try bind(value, at: index + 1)
            }
        }
    }

    private func expectParameters(_ count: Int) throws(SQLiteError) {
        guard count == parameterNames.count else {
            throw misuse("\(parameterNames.count) parameters expected, \(count) given")
        }
    }

    /// Binds a value to the parameter at the index, counted from 1 as SQLite counts.
    package func bind(_ value: Value, at index: Int) throws(SQLiteError) {
        switch value {
        case .null: try check(sqlite3_bind_null(handle, Int32(index)), "bind")
        case .integer(let integer): try bind(integer, at: index)
        case .real(let real): try check(sqlite3_bind_double(handle, Int32(index), real), "bind")
        case .text(let text): try bind(text, at: index)
        case .blob(let bytes): try bind(bytes, at: index)
        }
    }

    /// Binds an integer to the parameter at the index, counted from 1.
    package func bind(_ integer: Int64, at index: Int) throws(SQLiteError) {
        try check(sqlite3_bind_int64(handle, Int32(index), integer), "bind")
    }

    /// Binds a text, which may hold NUL, to the parameter at the index, counted from 1.
    package func bind(_ text: String, at index: Int) throws(SQLiteError) {
        var text = text
        let code = text.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { characters in
                csqlite_bind_text(
                    handle,
                    Int32(index),
                    characters.baseAddress,
                    UInt64(characters.count)
                )
            }
        }
        try check(code, "bind")
    }

    /// Binds bytes to the parameter at the index, counted from 1.
    package func bind(_ bytes: [UInt8], at index: Int) throws(SQLiteError) {
        let code = bytes.withUnsafeBytes { buffer in
            csqlite_bind_blob(handle, Int32(index), buffer.baseAddress, UInt64(buffer.count))
        }
        try check(code, "bind")
    }

    // MARK: Stepping

    /// Goes on to the next row; false at the end.
    package func step() throws(SQLiteError) -> Bool {
        switch sqlite3_step(handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        case let code: throw connection.error(code, "step", sql)
        }
    }

    /// The row that the last ``step()`` reached.
    package var row: Row { Row(statement: self) }

    /// Ends the reading, which lets go of the snapshot, and forgets the bound values.
    package func reset() {
        // Both results repeat the error of the last step, which has been reported.
        sqlite3_reset(handle)
        sqlite3_clear_bindings(handle)
    }

    func columnIndex(_ name: String) throws(SQLiteError) -> Int {
        guard let index = columnIndices[name] else {
            throw misuse("the result has no column \"\(name)\"")
        }
        return index
    }

    private func check(_ code: Int32, _ operation: String) throws(SQLiteError) {
        guard code == SQLITE_OK else { throw connection.error(code, operation, sql) }
    }

    private func misuse(_ message: String) -> SQLiteError {
        SQLiteError(code: SQLITE_MISUSE, operation: "use a statement", message: message, sql: sql)
    }
}
