import Foundation
import SQLite
import Testing

struct ConnectionTests {
    private func scratch(_ columns: String = "value ANY") throws -> Connection {
        let connection = try Connection(path: ":memory:")
        try connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, \(columns)) STRICT")
        return connection
    }

    @Test(arguments: [
        Value.null, 0, -1, .integer(.max), .integer(.min), 0.5, .real(.infinity), "", "text",
        .text("nul \0 inside"), .text("\0"), "žluťoučký 🐎", .blob([]), .blob([0, 1, 255, 0]),
    ])
    func `a value comes back as it was bound`(_ value: Value) throws {
        let connection = try scratch()
        try connection.run("INSERT INTO t (value) VALUES (:value)", ["value": value])
        let read: Value? = try connection.first("SELECT value FROM t") { try $0["value"] }
        #expect(read == value)
    }

    @Test func `an empty blob is not NULL`() throws {
        let connection = try scratch()
        try connection.run("INSERT INTO t (value) VALUES (?)", [.blob([])])
        let kind: String? = try connection.first("SELECT typeof(value) FROM t") { try $0[0] }
        #expect(kind == "blob")
    }

    @Test func `a column of the wrong type names itself and holds no value`() throws {
        let connection = try scratch()
        try connection.run("INSERT INTO t (value) VALUES (?)", ["secret"])
        let error = #expect(throws: SQLiteError.self) {
            _ = try connection.first("SELECT value FROM t") { try $0["value"] as Int }
        }
        #expect(error?.message == "column \"value\" holds text, expected an integer")
        #expect(error.map { "\($0)".contains("secret") } == false)
    }

    @Test func `NULL is refused unless an optional is asked for`() throws {
        let connection = try scratch()
        try connection.run("INSERT INTO t (value) VALUES (NULL)")
        #expect(throws: SQLiteError.self) {
            _ = try connection.first("SELECT value FROM t") { try $0[0] as String }
        }
        let value = try connection.first("SELECT value FROM t") { try $0[0] as String? }
        #expect(value == .some(nil))
    }

    @Test func `an unknown column is an error`() throws {
        let connection = try Connection(path: ":memory:")
        #expect(throws: SQLiteError.self) {
            _ = try connection.first("SELECT 1 AS one") { try $0["two"] as Int }
        }
    }

    @Test(arguments: [["id": 1], ["id": 1, "other": 2], ["id": 1, "size": 2, "other": 3]])
    func `a parameter left out or unknown is an error`(_ values: [String: Int]) throws {
        let connection = try Connection(path: ":memory:")
        let bindings = Bindings.named(values.map { ($0.key, Value($0.value)) })
        #expect(throws: SQLiteError.self) {
            try connection.run("SELECT :id, :size", bindings)
        }
    }

    @Test(arguments: ["SELECT 1; SELECT 2", "", "SELECT 1 \0 SELECT 2"])
    func `anything but one statement is refused`(_ sql: String) throws {
        let connection = try Connection(path: ":memory:")
        #expect(throws: SQLiteError.self) { try connection.run(sql) }
    }

    @Test func `a script runs to its end and names the statement that fails`() throws {
        let connection = try Connection(path: ":memory:")
        try connection.execute(
            "-- first\nCREATE TABLE t (id); ;\nINSERT INTO t VALUES (1); -- end\n"
        )
        #expect(try connection.first("SELECT count(*) FROM t") { try $0[0] as Int } == 1)
        let error = #expect(throws: SQLiteError.self) {
            try connection.execute("INSERT INTO t VALUES (2); INSERT INTO u VALUES (3)")
        }
        #expect(error?.sql == " INSERT INTO u VALUES (3)")
    }

    @Test func `a script with NUL is refused, since SQLite would stop there`() throws {
        let connection = try Connection(path: ":memory:")
        #expect(throws: SQLiteError.self) { try connection.execute("SELECT 1;\0 SELECT 2") }
    }

    @Test func `a statement can be run again while its rows are read`() throws {
        let connection = try scratch()
        for _ in 0..<3 { try connection.run("INSERT INTO t DEFAULT VALUES") }
        let sql = "SELECT id FROM t ORDER BY id"
        let counts = try connection.query(sql) { _ in
            try connection.query(sql) { try $0[0] as Int }.count
        }
        #expect(counts == [3, 3, 3])
    }

    @Test func `changes are those of the statement`() throws {
        let connection = try scratch()
        for _ in 0..<3 { try connection.run("INSERT INTO t DEFAULT VALUES") }
        #expect(try connection.run("UPDATE t SET value = 1 WHERE id > 1") == 2)
        #expect(try connection.run("UPDATE t SET value = 1 WHERE id > 9") == 0)
        #expect(connection.lastInsertedRowID == 3)
    }

    @Test func `a hot statement is bound by index, stepped and reset`() throws {
        let connection = try scratch()
        let statement = try connection.prepare("INSERT INTO t (value) VALUES (?) RETURNING id")
        for expected in 1...3 {
            try statement.bind("x", at: 1)
            #expect(try statement.step())
            #expect(try statement.row[0] == expected)
            #expect(try !statement.step())
            statement.reset()
        }
    }

    @Test func `double quotes make no text`() throws {
        let connection = try Connection(path: ":memory:")
        #expect(throws: SQLiteError.self) { try connection.run("SELECT \"typo\"") }
    }

    @Test func `foreign keys are enforced`() throws {
        let connection = try Connection(path: ":memory:")
        try connection.execute(
            "CREATE TABLE a (id INTEGER PRIMARY KEY); CREATE TABLE b (a INTEGER REFERENCES a (id));"
        )
        let error = #expect(throws: SQLiteError.self) {
            try connection.run("INSERT INTO b VALUES (1)")
        }
        #expect(error?.isConstraint == true)
        #expect(error?.isUniqueConstraint == false)
    }

    @Test func `the schema cannot be written`() throws {
        let connection = try scratch()
        _ = try connection.query("PRAGMA writable_schema = ON") { _ in }
        #expect(throws: SQLiteError.self) { try connection.run("DELETE FROM sqlite_schema") }
    }

    @Test func `a file that is no database is called corrupt`() throws {
        let folder = try TemporaryFolder()
        try String(repeating: "not a database ", count: 100)
            .write(toFile: folder.file(), atomically: false, encoding: .utf8)
        let error = #expect(throws: SQLiteError.self) { try Connection(path: folder.file()) }
        #expect(error?.isCorrupt == true)
    }

    @Test func `a folder that is missing is said`() {
        let error = #expect(throws: SQLiteError.self) {
            try Connection(path: "/nonexistent/folder/x.db")
        }
        #expect(error.map { "\($0)" }?.contains("/nonexistent/folder/x.db") == true)
    }

    @Test func `a nested savepoint undoes only itself`() throws {
        struct Refusal: Error {}
        let connection = try scratch()
        let insert = "INSERT INTO t (value) VALUES (?)"
        try connection.transaction {
            try connection.run(insert, ["outer"])
            try connection.savepoint {
                try connection.run(insert, ["kept"])
                try? connection.savepoint {
                    try connection.run(insert, ["undone"])
                    throw Refusal()
                }
            }
        }
        let values = try connection.query("SELECT value FROM t") { try $0[0] as String }
        #expect(values == ["outer", "kept"])
    }

    @Test func `a failed transaction leaves nothing and no transaction`() throws {
        struct Refusal: Error {}
        let connection = try scratch()
        #expect(throws: Refusal.self) {
            try connection.transaction {
                try connection.run("INSERT INTO t DEFAULT VALUES")
                throw Refusal()
            }
        }
        #expect(!connection.isInTransaction)
        #expect(try connection.first("SELECT count(*) FROM t") { try $0[0] as Int } == 0)
    }

    @Test func `a reader cannot write`() throws {
        let folder = try TemporaryFolder()
        try Connection(path: folder.file()).execute("CREATE TABLE t (id INTEGER)")
        let reader = try Connection(path: folder.file(), access: .readOnly)
        #expect(throws: SQLiteError.self) { try reader.run("INSERT INTO t VALUES (1)") }
    }

    @Test func `all files are private`() throws {
        let folder = try TemporaryFolder()
        let connection = try Connection(path: folder.file())
        try connection.execute("CREATE TABLE t (id INTEGER)")
        let files = ["test.db", "test.db-wal", "test.db-shm"]
        #expect(files.map(folder.mode) == [0o600, 0o600, 0o600])
        try connection.run("SELECT 1")
    }
}
