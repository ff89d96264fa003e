import Foundation
import JSON
import SQLite

/// The sandbox's state in one SQLite database, spoken to in JSON values.
///
/// Tables of the platform have the platform's names. A table `t` of a database that a service
/// points to is called `<database>/t`, so that all of it is one file and one transaction.
final class Store {
    private let connection: Connection
    /// Released after the connection is closed; nil where the state is in memory.
    private let lock: DatabaseLock?

    init(path: String?) throws {
        do throws(DatabaseLock.Failure) {
            lock = try path.map { path throws(DatabaseLock.Failure) in
                try DatabaseLock(databasePath: path)
            }
        } catch {
            throw SandboxError("The sandbox's database cannot be used: \(error).")
        }
        connection = try Connection(path: path ?? ":memory:")
        // A sandbox must survive the death of its process, not of its machine, and that costs no
        // sync (sqlite.org/pragma.html#pragma_synchronous).
        // References between tables of a service hold, as on the platform; its own tables have none.
        try connection.execute("PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;")
    }

    /// Runs the body in one transaction; what it throws undoes everything.
    func transaction<T>(_ body: () throws -> T) throws -> T {
        try connection.transaction(.immediate, body)
    }

    /// Runs the body so that what it throws undoes it and nothing else.
    func atomically<T>(_ body: () throws -> T) throws -> T {
        try connection.savepoint(body)
    }

    func script(_ sql: String) throws {
        try connection.execute(sql)
    }

    func rows(_ sql: String, _ values: [JSONValue] = []) throws -> [[String: JSONValue]] {
        do {
            return try connection.query(sql, .positional(values.map(Store.value))) { row in
                let names = row.columnNames
                var record: [String: JSONValue] = [:]
                for index in names.indices {
                    record[names[index]] = Store.json(try row[index])
                }
                return record
            }
        } catch let error as SQLiteError {
            throw refusal(error, sql, values)
        }
    }

    /// Rows by a statement of a seed, whose `:name`s are bound to the members of that name.
    func rows(_ sql: String, named values: [String: JSONValue]) throws -> [[String: JSONValue]] {
        var positional = sql
        var bound: [JSONValue] = []
        while let range = positional.range(
            of: ":[A-Za-z_][A-Za-z0-9_]*",
            options: .regularExpression
        ) {
            bound.append(values[String(positional[range].dropFirst())] ?? .null)
            positional.replaceSubrange(range, with: "?")
        }
        return try rows(positional, bound)
    }

    func row(_ sql: String, _ values: [JSONValue] = []) throws -> [String: JSONValue]? {
        try rows(sql, values).first
    }

    /// The first column of the first row, whatever its name.
    func scalar(_ sql: String, _ values: [JSONValue] = []) throws -> JSONValue? {
        try row(sql, values)?.values.first
    }

    @discardableResult
    func run(_ sql: String, _ values: [JSONValue] = []) throws -> Int {
        do {
            return try connection.run(sql, .positional(values.map(Store.value)))
        } catch {
            throw refusal(error, sql, values)
        }
    }

    /// Inserts a row and returns its id.
    func insert(into table: String, _ row: [String: JSONValue]) throws -> Int {
        let columns = row.keys.sorted()
        let values = columns.map { row[$0] ?? .null }
        let names = columns.map(Store.quoted).joined(separator: ", ")
        let marks = columns.map { _ in "?" }.joined(separator: ", ")
        let columnsAndValues =
            columns.isEmpty ? "default values" : "(\(names)) values (\(marks))"
        try run("insert into \(Store.quoted(table)) \(columnsAndValues)", values)
        return Int(connection.lastInsertedRowID)
    }

    /// Updates the row of an id with the members that are given.
    func update(_ table: String, id: JSONValue, _ row: [String: JSONValue], key: String = "id")
        throws
    {
        guard !row.isEmpty else { return }
        let columns = row.keys.sorted()
        let sets = columns.map { "\(Store.quoted($0)) = ?" }.joined(separator: ", ")
        try run(
            "update \(Store.quoted(table)) set \(sets) where \(Store.quoted(key)) = ?",
            columns.map { row[$0] ?? .null } + [id]
        )
    }

    static func quoted(_ name: String) -> String {
        "\"" + name.replacingOccurrences(of: "\"", with: "\"\"") + "\""
    }
}

// MARK: - Values and errors

extension Store {
    private static func value(_ json: JSONValue) -> Value {
        switch json {
        case .null: .null
        case .bool(let value): .integer(value ? 1 : 0)
        case .integer(let value): .integer(value)
        case .number(let value): .real(value)
        case .string(let value): .text(value)
        case .array, .object: .text(json.text())
        }
    }

    private static func json(_ value: Value) -> JSONValue {
        switch value {
        case .null: .null
        case .integer(let value): .integer(value)
        case .real(let value): .number(value)
        case .text(let value): .string(value)
        case .blob(let value): .string(Data(value).base64EncodedString())
        }
    }

    /// A database error as the platform passes it on: with the SQL and, as the platform does, with
    /// every bound value in it.
    private func refusal(_ error: SQLiteError, _ sql: String, _ values: [JSONValue]) -> Refusal {
        var message = error.message
        var sql = sql
        var database = "sqlite"
        // `<database>/t` is our name of a service's table; the platform knows it as `t`.
        if let range = sql.range(of: "\"[^\"/]+/", options: .regularExpression) {
            let prefix = sql[range].dropFirst()
            message = message.replacingOccurrences(of: prefix, with: "")
            database = "service." + (prefix.split(separator: ".").first ?? "")
            sql = sql.replacingOccurrences(of: prefix, with: "")
        }
        for value in values {
            guard let mark = sql.range(of: "?") else { break }
            let text = value.string ?? (value.isNull ? "NULL" : value.text())
            sql.replaceSubrange(mark, with: text.replacingOccurrences(of: "?", with: "\u{FFFD}"))
        }
        let cause = "\(message) (Connection: \(database), SQL: \(sql))"
        guard error.isConstraint else {
            return Refusal(
                500,
                "SQLSTATE[HY000]: General error: \(error.primaryCode) \(cause)",
                code: "HY000",
                envelope: .exception
            )
        }
        return Refusal(
            500,
            "SQLSTATE[23000]: Integrity constraint violation: 19 \(cause)",
            code: "23000",
            envelope: .exception
        )
    }
}
