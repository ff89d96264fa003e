import Foundation
import Glibc
import SQLite
import Testing

struct MigratorTests {
    private static let first = "CREATE TABLE a (id INTEGER PRIMARY KEY, x TEXT) STRICT;"
    private static let second = "ALTER TABLE a ADD COLUMN y TEXT; CREATE INDEX a_y ON a (y);"

    private func columns(_ connection: Connection) throws -> [String] {
        try connection.query("SELECT name FROM pragma_table_info('a')") { try $0[0] }
    }

    @Test func `a new file gets every migration and no copy`() throws {
        let folder = try TemporaryFolder()
        let connection = try Connection(path: folder.file())
        let migrator = Migrator.make(Self.first, Self.second)
        try migrator.migrate(connection)
        #expect(try columns(connection) == ["id", "x", "y"])
        #expect(try migrator.version(of: connection) == 2)
        #expect(!folder.exists("test.db.before-2"))
        try migrator.migrate(connection)
        #expect(try migrator.version(of: connection) == 2)
    }

    @Test func `an older file is copied, then gets what it lacks`() throws {
        let folder = try TemporaryFolder()
        let connection = try Connection(path: folder.file())
        try Migrator.make(Self.first).migrate(connection)
        try connection.run("INSERT INTO a (x) VALUES ('kept')")
        try Migrator.make(Self.first, Self.second).migrate(connection)
        #expect(try columns(connection) == ["id", "x", "y"])
        #expect(try connection.query("SELECT x FROM a") { try $0[0] as String } == ["kept"])

        #expect(folder.mode("test.db.before-2") == 0o600)
        let copy = try Connection(path: folder.file("test.db.before-2"), access: .readOnly)
        #expect(try columns(copy) == ["id", "x"])
        #expect(try copy.query("SELECT x FROM a") { try $0[0] as String } == ["kept"])
    }

    @Test func `a copy that is there already is not overwritten`() throws {
        let folder = try TemporaryFolder()
        try "precious".write(
            toFile: folder.file("test.db.before-2"),
            atomically: false,
            encoding: .utf8
        )
        let connection = try Connection(path: folder.file())
        try Migrator.make(Self.first).migrate(connection)
        try Migrator.make(Self.first, Self.second).migrate(connection)
        let kept = try String(contentsOfFile: folder.file("test.db.before-2"), encoding: .utf8)
        #expect(kept == "precious")
        let copy = try Connection(path: folder.file("test.db.before-2-2"), access: .readOnly)
        #expect(try columns(copy) == ["id", "x"])
    }

    @Test func `nine copies are enough`() throws {
        let folder = try TemporaryFolder()
        let connection = try Connection(path: folder.file())
        try Migrator.make(Self.first).migrate(connection)
        for name in ["test.db.before-2"] + (2...9).map({ "test.db.before-2-\($0)" }) {
            try "".write(toFile: folder.file(name), atomically: false, encoding: .utf8)
        }
        #expect(throws: MigrationError.self) {
            try Migrator.make(Self.first, Self.second).migrate(connection)
        }
        #expect(try columns(connection) == ["id", "x"])
    }

    @Test func `a newer database is refused untouched`() throws {
        let connection = try Connection(path: ":memory:")
        try Migrator.make(Self.first, Self.second).migrate(connection)
        #expect(throws: MigrationError.newer(database: 2, newest: 1)) {
            try Migrator.make(Self.first).migrate(connection)
        }
    }

    @Test func `an edited migration is refused`() throws {
        let connection = try Connection(path: ":memory:")
        try Migrator.make(Self.first).migrate(connection)
        #expect(throws: MigrationError.edited(version: 1, name: "step")) {
            try Migrator.make(Self.first + " -- changed", Self.second).migrate(connection)
        }
        #expect(try columns(connection) == ["id", "x"])
    }

    @Test func `the file of another program is refused`() throws {
        let connection = try Connection(path: ":memory:")
        try connection.execute("CREATE TABLE other (id INTEGER)")
        #expect(throws: MigrationError.foreign) {
            try Migrator.make(Self.first).migrate(connection)
        }
    }

    @Test func `a migration that fails leaves the last whole step and no copy`() throws {
        let folder = try TemporaryFolder()
        let connection = try Connection(path: folder.file())
        try Migrator.make(Self.first).migrate(connection)
        let broken = Migrator.make(Self.first, "ALTER TABLE a ADD COLUMN y TEXT; NONSENSE;")
        #expect(throws: SQLiteError.self) { try broken.migrate(connection) }
        #expect(try columns(connection) == ["id", "x"])
        #expect(!folder.exists("test.db.before-2"))
        #expect(!folder.exists("test.db.before-2.partial"))
    }

    @Test func `a migration that breaks a reference is undone`() throws {
        let connection = try Connection(path: ":memory:")
        let base = """
            CREATE TABLE a (id INTEGER PRIMARY KEY);
            CREATE TABLE b (a INTEGER REFERENCES a (id));
            INSERT INTO a VALUES (1); INSERT INTO b VALUES (1);
            """
        try Migrator.make(base).migrate(connection)
        #expect(throws: MigrationError.brokenReferences(version: 2, table: "b")) {
            try Migrator.make(base, "DELETE FROM a").migrate(connection)
        }
        #expect(try connection.first("SELECT count(*) FROM a") { try $0[0] as Int } == 1)
        #expect(throws: SQLiteError.self) { try connection.run("DELETE FROM a") }
    }
}
