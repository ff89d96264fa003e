import Foundation
import SQLite
import Synchronization
import Testing

struct DatabaseTests {
    struct Refusal: Error {}

    @Test func `a failing job in the middle undoes itself and nothing else`() throws {
        let folder = try TemporaryFolder()
        let database = try Database.make(in: folder)
        let gate = Gate()
        let outcomes = Outcomes()
        gate.hold(database)
        for name in ["a", "b", "c"] {
            database.enqueue(
                { connection in
                    try connection.insert(name)
                    if name == "b" { throw Refusal() }
                },
                completion: outcomes.note(name)
            )
        }
        gate.open()
        let (succeeded, failed) = outcomes.wait(3)
        #expect(succeeded == ["a", "c"])
        #expect(failed == ["b"])
        #expect(try database.names() == ["a", "c"])
        database.close()
    }

    @Test func `a broken constraint fails its own job`() throws {
        let folder = try TemporaryFolder()
        let database = try Database.make(in: folder)
        try database.writeBlocking { try $0.insert("a") }
        let error = #expect(throws: SQLiteError.self) {
            try database.writeBlocking { try $0.insert("a") }
        }
        #expect(error?.isConstraint == true)
        #expect(error?.isUniqueConstraint == true)
        try database.writeBlocking { try $0.insert("b") }
        #expect(try database.names() == ["a", "b"])
        database.close()
    }

    @Test func `what is queued together is one commit`() throws {
        let folder = try TemporaryFolder()
        let database = try Database.make(in: folder)
        let version = {
            try database.read { try $0.first("PRAGMA data_version") { try $0[0] as Int } }
        }
        _ = try database.names()
        let gate = Gate()
        let outcomes = Outcomes()
        gate.hold(database)
        let before = try version()
        for index in 0..<50 {
            database.enqueue({ try $0.insert("\(index)") }, completion: outcomes.note("\(index)"))
        }
        gate.open()
        #expect(outcomes.wait(50).succeeded == (0..<50).map(String.init))
        // The version of the data is counted once for each commit that a reader can see.
        #expect(try #require(try version()) - #require(before) == 1)
        database.close()
    }

    @Test func `a job that loses the transaction does not lose the others`() throws {
        let folder = try TemporaryFolder()
        let database = try Database.make(in: folder)
        let gate = Gate()
        let outcomes = Outcomes()
        gate.hold(database)
        for name in ["a", "b", "c"] {
            database.enqueue(
                { connection in
                    try connection.insert(name)
                    // As SQLite does by itself when the disk is full.
                    if name == "b" { try connection.run("ROLLBACK") }
                },
                completion: outcomes.note(name)
            )
        }
        gate.open()
        let (succeeded, failed) = outcomes.wait(3)
        #expect(succeeded == ["a", "c"])
        #expect(failed == ["b"])
        #expect(try database.names() == ["a", "c"])
        database.close()
    }

    @Test func `a job cannot commit`() throws {
        let folder = try TemporaryFolder()
        let database = try Database.make(in: folder)
        let result = Result {
            try database.writeBlocking { connection in
                try connection.insert("a")
                try connection.run("COMMIT")
            }
        }
        #expect(throws: SQLiteError.self) { try result.get() }
        #expect(try database.names().isEmpty)
        try database.writeBlocking { try $0.insert("b") }
        #expect(try database.names() == ["b"])
        database.close()
    }

    @Test func `a full disk refuses what does not fit and keeps the rest`() throws {
        let folder = try TemporaryFolder()
        let fatal = Mutex(0)
        let database = try Database.make(in: folder, onFatal: { _ in fatal.withLock { $0 += 1 } })
        try database.writeBlocking { connection in
            let pages = try connection.first("PRAGMA page_count") { try $0[0] as Int } ?? 0
            _ = try connection.first("PRAGMA max_page_count = \(pages + 2)") { _ in }
        }
        let gate = Gate()
        let outcomes = Outcomes()
        gate.hold(database)
        let large = String(repeating: "x", count: 100_000)
        for name in ["a", large, "c"] {
            database.enqueue({ try $0.insert(name) }, completion: outcomes.note(name))
        }
        gate.open()
        let (succeeded, failed) = outcomes.wait(3)
        #expect(succeeded == ["a", "c"])
        #expect(failed == [large])
        let error = #expect(throws: SQLiteError.self) {
            try database.writeBlocking { try $0.insert(large) }
        }
        #expect(error?.isDiskFull == true)
        #expect(try database.names() == ["a", "c"])
        #expect(fatal.withLock { $0 } == 0)
        database.close()
    }

    @Test(arguments: [false, true])
    func `a file that is moved or replaced under the process takes no more writes`(
        _ isReplaced: Bool
    ) throws {
        let folder = try TemporaryFolder()
        let fatal = Mutex<[SQLiteError]>([])
        let database = try Database.make(
            in: folder,
            onFatal: { error in fatal.withLock { $0.append(error) } }
        )
        try database.writeBlocking { try $0.insert("a") }
        try FileManager.default.moveItem(atPath: folder.file(), toPath: folder.file("moved.db"))
        if isReplaced { try Data().write(to: URL(filePath: folder.file())) }
        let error = #expect(throws: SQLiteError.self) {
            try database.writeBlocking { try $0.insert("b") }
        }
        #expect(error?.isMoved == true && error?.isFatal == true)
        #expect(throws: (any Error).self) { try database.writeBlocking { try $0.insert("c") } }
        database.close()
        #expect(fatal.withLock { $0.map(\.isMoved) } == [true])
    }

    @Test func `a commit that fails fails every job of the batch`() throws {
        let folder = try TemporaryFolder()
        let migrator = Migrator.make(
            """
            CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT,
                parent INTEGER REFERENCES item (id) DEFERRABLE INITIALLY DEFERRED)
            """
        )
        let database = try Database.make(in: folder, migrator: migrator)
        let gate = Gate()
        let outcomes = Outcomes()
        gate.hold(database)
        database.enqueue({ try $0.insert("a") }, completion: outcomes.note("a"))
        database.enqueue(
            { _ = try $0.run("INSERT INTO item (name, parent) VALUES ('b', 99)") },
            completion: outcomes.note("b")
        )
        gate.open()
        #expect(outcomes.wait(2).failed == ["a", "b"])
        #expect(try database.names().isEmpty)
        try database.writeBlocking { try $0.insert("c") }
        #expect(try database.names() == ["c"])
        database.close()
    }

    @Test func `after corruption nothing more is written and the owner is told once`() throws {
        let folder = try TemporaryFolder()
        let told = Mutex<[SQLiteError]>([])
        let database = try Database.make(
            in: folder,
            onFatal: { error in
                told.withLock { $0.append(error) }
            }
        )
        try database.writeBlocking { connection in
            for index in 0..<2_000 { try connection.insert("name \(index)") }
        }
        database.close()
        let handle = try #require(FileHandle(forUpdatingAtPath: folder.file()))
        try handle.seek(toOffset: 4096)
        try handle.write(contentsOf: Data(repeating: 0xAA, count: 4096 * 8))
        try handle.close()

        let damaged = Result {
            try Database.make(in: folder, onFatal: { error in told.withLock { $0.append(error) } })
        }
        if case .success(let database) = damaged {
            #expect(throws: SQLiteError.self) {
                try database.writeBlocking { connection in
                    _ = try connection.first("SELECT count(*), max(name) FROM item NOT INDEXED") {
                        _ in
                    }
                    try connection.insert("more")
                }
            }
            database.close()
            #expect(throws: DatabaseUnavailable.self) {
                try database.writeBlocking { try $0.insert("again") }
            }
            #expect(told.withLock { $0.map(\.isCorrupt) } == [true])
        } else {
            #expect(throws: SQLiteError.self) { _ = try damaged.get() }
        }
    }

    @Test func `what was acknowledged is seen by another connection at once`() async throws {
        let folder = try TemporaryFolder()
        let database = try Database.make(in: folder)
        for index in 0..<20 {
            let name = "item \(index)"
            try await database.write { try $0.insert(name) }
            let other = try Connection(path: folder.file(), access: .readOnly)
            let isThere = try other.first(
                "SELECT count(*) FROM item WHERE name = :name",
                ["name": .text(name)]
            ) { try $0[0] as Bool }
            #expect(isThere == true)
        }
        database.close()
    }

    @Test func `an acknowledged write survives a copy of the files taken at that moment`() throws {
        let folder = try TemporaryFolder()
        let database = try Database.make(in: folder)
        try database.writeBlocking { try $0.insert("kept") }
        // What a crash would leave: the file and its WAL, without anybody closing them.
        for suffix in ["", "-wal"] {
            try FileManager.default.copyItem(
                atPath: folder.file() + suffix,
                toPath: folder.file("crashed.db") + suffix
            )
        }
        database.close()
        let reopened = try Connection(path: folder.file("crashed.db"))
        #expect(try reopened.query("SELECT name FROM item") { try $0[0] as String } == ["kept"])
    }

    @Test func `a full queue refuses at once and says so`() throws {
        let folder = try TemporaryFolder()
        var limits = Database.Limits()
        limits.queuedWrites = 2
        let database = try Database.make(in: folder, limits: limits)
        let gate = Gate()
        let outcomes = Outcomes()
        gate.hold(database)
        for name in ["a", "b"] {
            database.enqueue({ try $0.insert(name) }, completion: outcomes.note(name))
        }
        #expect(throws: DatabaseUnavailable.busy(queued: 2)) {
            try database.writeBlocking { try $0.insert("c") }
        }
        gate.open()
        #expect(outcomes.wait(2).succeeded == ["a", "b"])
        database.close()
    }

    @Test func `closing commits what is queued, empties the WAL and refuses the rest`() throws {
        let folder = try TemporaryFolder()
        let database = try Database.make(in: folder)
        let outcomes = Outcomes()
        for index in 0..<100 {
            database.enqueue({ try $0.insert("\(index)") }, completion: outcomes.note("\(index)"))
        }
        database.close()
        database.close()
        #expect(outcomes.wait(100).succeeded.count == 100)
        #expect(!folder.exists("test.db-wal"))
        #expect(throws: DatabaseUnavailable.closed) { try database.writeBlocking { _ in } }
        #expect(throws: DatabaseUnavailable.closed) { try database.names() }
    }

    @Test func `many tasks write and read at once`() async throws {
        let folder = try TemporaryFolder()
        let database = try Database.make(in: folder)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<200 {
                group.addTask {
                    try await database.write { try $0.insert("\(index)") }
                    let name = try await database.read { connection in
                        try connection.first(
                            "SELECT name FROM item WHERE name = ?",
                            [.text("\(index)")]
                        ) { try $0[0] as String }
                    }
                    #expect(name == "\(index)")
                }
            }
            try await group.waitForAll()
        }
        #expect(try database.names().count == 200)
        database.close()
    }

    @Test func `a copy holds what is committed and never replaces a file`() throws {
        let folder = try TemporaryFolder()
        let database = try Database.make(in: folder)
        try database.writeBlocking { try $0.insert("kept") }
        try database.copy(to: folder.file("copy.db"))
        #expect(throws: MigrationError.self) { try database.copy(to: folder.file("copy.db")) }
        database.close()
        #expect(folder.mode("copy.db") == 0o600)
        #expect(!folder.exists("copy.db.partial"))
        let copy = try Connection(path: folder.file("copy.db"), access: .readOnly)
        #expect(try copy.query("SELECT name FROM item") { try $0[0] as String } == ["kept"])
    }

    @Test func `a read inside a read sees its own connection`() throws {
        let folder = try TemporaryFolder()
        let database = try Database.make(in: folder)
        try database.writeBlocking { try $0.insert("a") }
        let names = try database.read { _ in try database.names() }
        #expect(names == ["a"])
        database.close()
    }

    @Test func `a snapshot does not change under its reader`() throws {
        let folder = try TemporaryFolder()
        let database = try Database.make(in: folder)
        let count = "SELECT count(*) FROM item"
        let counts = try database.read { connection in
            try connection.snapshot {
                let before: Int? = try connection.first(count) { try $0[0] }
                try database.writeBlocking { try $0.insert("a") }
                let after: Int? = try connection.first(count) { try $0[0] }
                return [before, after]
            }
        }
        #expect(counts == [0, 0])
        database.close()
    }
}
