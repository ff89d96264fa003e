import CSQLite

/// One row of a result; read it before the statement steps on.
///
/// A column is read into the type that is asked for: `let email: String? = try row["email"]`.
/// A value of another storage class, NULL without an optional, and an unknown name throw.
package struct Row {
    let statement: Statement

    /// The column with the name, as it stands in the SQL after `AS`.
    package subscript<T: ColumnValue>(_ name: String) -> T {
        get throws(SQLiteError) { try self[statement.columnIndex(name)] }
    }

    /// The column at the index, counted from 0; the quicker way.
    package subscript<T: ColumnValue>(_ index: Int) -> T {
        get throws(SQLiteError) {
            try T.read(from: Column(statement: statement, index: Int32(index)))
        }
    }

    /// The column with the name as the type, for where inference needs help.
    package func read<T: ColumnValue>(
        _ name: String,
        as type: T.Type = T.self
    ) throws(SQLiteError) -> T {
        try self[name]
    }

    /// An error for a column that could be read and does not mean what was expected.
    package func mismatch(_ name: String, expected: String) throws(SQLiteError) -> SQLiteError {
        Column(statement: statement, index: Int32(try statement.columnIndex(name)))
            .mismatch(expected: expected)
    }

    /// The names of the columns, in order.
    package var columnNames: [String] { statement.columnNames }
}

/// One value of the current row, not yet read.
package struct Column {
    let statement: Statement
    let index: Int32

    /// The value in the storage class that it has.
    package var value: Value {
        let handle = statement.handle
        return switch sqlite3_column_type(handle, index) {
        case SQLITE_INTEGER: .integer(sqlite3_column_int64(handle, index))
        case SQLITE_FLOAT: .real(sqlite3_column_double(handle, index))
        case SQLITE_TEXT: .text(uncheckedText)
        case SQLITE_BLOB: .blob(uncheckedBlob)
        default: .null
        }
    }

    /// Whether the value is NULL.
    package var isNull: Bool { sqlite3_column_type(statement.handle, index) == SQLITE_NULL }

    /// An error that says which column could not be read and what was expected.
    package func mismatch(expected: String) -> SQLiteError {
        let name =
            statement.columnNames.indices.contains(Int(index))
            ? "\"\(statement.columnNames[Int(index)])\"" : "\(index)"
        return SQLiteError(
            code: SQLITE_MISMATCH,
            operation: "read",
            message: "column \(name) holds \(storageClass), expected \(expected)",
            sql: statement.sql
        )
    }

    private var storageClass: String {
        switch sqlite3_column_type(statement.handle, index) {
        case SQLITE_INTEGER: "an integer"
        case SQLITE_FLOAT: "a real"
        case SQLITE_TEXT: "text"
        case SQLITE_BLOB: "a blob"
        default: "NULL"
        }
    }

    var isInteger: Bool { sqlite3_column_type(statement.handle, index) == SQLITE_INTEGER }
    var isReal: Bool { sqlite3_column_type(statement.handle, index) == SQLITE_FLOAT }
    var isText: Bool { sqlite3_column_type(statement.handle, index) == SQLITE_TEXT }
    var isBlob: Bool { sqlite3_column_type(statement.handle, index) == SQLITE_BLOB }

    /// The pointer is asked for before the length, as sqlite.org/c3ref/column_blob.html wants.
    var uncheckedText: String {
        guard let start = sqlite3_column_text(statement.handle, index) else { return "" }
        let count = Int(sqlite3_column_bytes(statement.handle, index))
        return String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    }

    var uncheckedBlob: [UInt8] {
        guard let start = sqlite3_column_blob(statement.handle, index) else { return [] }
        let count = Int(sqlite3_column_bytes(statement.handle, index))
        return Array(UnsafeRawBufferPointer(start: start, count: count))
    }
}

/// A type that can be read from a column; conform your own identifiers and states.
package protocol ColumnValue {
    /// Reads the value, or throws ``Column/mismatch(expected:)``.
    static func read(from column: Column) throws(SQLiteError) -> Self
}

extension Int64: ColumnValue {
    package static func read(from column: Column) throws(SQLiteError) -> Int64 {
        guard column.isInteger else { throw column.mismatch(expected: "an integer") }
        return sqlite3_column_int64(column.statement.handle, column.index)
    }
}

extension Int: ColumnValue {
    package static func read(from column: Column) throws(SQLiteError) -> Int {
        guard let value = Int(exactly: try Int64.read(from: column)) else {
            throw column.mismatch(expected: "a smaller integer")
        }
        return value
    }
}

extension Bool: ColumnValue {
    package static func read(from column: Column) throws(SQLiteError) -> Bool {
        switch try Int64.read(from: column) {
        case 0: return false
        case 1: return true
        default: throw column.mismatch(expected: "0 or 1")
        }
    }
}

extension Double: ColumnValue {
    package static func read(from column: Column) throws(SQLiteError) -> Double {
        guard column.isReal || column.isInteger else { throw column.mismatch(expected: "a real") }
        return sqlite3_column_double(column.statement.handle, column.index)
    }
}

extension String: ColumnValue {
    package static func read(from column: Column) throws(SQLiteError) -> String {
        guard column.isText else { throw column.mismatch(expected: "text") }
        return column.uncheckedText
    }
}

extension [UInt8]: ColumnValue {
    package static func read(from column: Column) throws(SQLiteError) -> [UInt8] {
        guard column.isBlob else { throw column.mismatch(expected: "a blob") }
        return column.uncheckedBlob
    }
}

extension Value: ColumnValue {
    package static func read(from column: Column) throws(SQLiteError) -> Value { column.value }
}

extension Optional: ColumnValue where Wrapped: ColumnValue {
    package static func read(from column: Column) throws(SQLiteError) -> Wrapped? {
        column.isNull ? nil : try Wrapped.read(from: column)
    }
}
