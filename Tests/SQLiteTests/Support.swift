import Foundation
import Glibc
import SQLite
import Synchronization

/// A folder for one test, removed with the last reference.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory
            .appendingPathComponent("sqlite-tests-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String = "test.db") -> String { path + "/" + name }

    func mode(_ name: String) -> mode_t? {
        var status = stat()
        return stat(file(name), &status) == 0 ? status.st_mode & 0o777 : nil
    }

    func exists(_ name: String) -> Bool { access(file(name), F_OK) == 0 }
}

extension Migrator {
    /// Migrations of the scripts, numbered from 1, at a fixed time.
    static func make(_ scripts: String...) -> Migrator {
        Migrator(
            scripts.enumerated().map { index, sql in
                Migration(version: index + 1, name: "step", sql: sql.utf8)
            },
            now: { 1_700_000_000_000 }
        )
    }

    static let item = make(
        "CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT"
    )
}

extension Database {
    static func make(
        in folder: TemporaryFolder,
        migrator: Migrator = .item,
        limits: Limits = Limits(),
        onFatal: @escaping @Sendable (SQLiteError) -> Void = { _ in }
    ) throws -> Database {
        try Database(path: folder.file(), migrator: migrator, limits: limits, onFatal: onFatal)
    }

    func names() throws -> [String] {
        try read { try $0.query("SELECT name FROM item ORDER BY id") { try $0[0] } }
    }
}

extension Connection {
    func insert(_ name: String) throws {
        try run("INSERT INTO item (name) VALUES (:name)", ["name": .text(name)])
    }
}

/// A door that keeps the writer busy until it is opened.
final class Gate: Sendable {
    private let entered = DispatchSemaphore(value: 0)
    private let opened = DispatchSemaphore(value: 0)

    /// Occupies the writer until ``open()``, so that what is queued meanwhile is one batch.
    func hold(_ database: Database) {
        database.enqueue({ [self] _ in
            entered.signal()
            opened.wait()
        }) { _ in }
        entered.wait()
    }

    func open() { opened.signal() }
}

/// Results of several writes in the order in which they were reported.
final class Outcomes: Sendable {
    private let list = Mutex<[(name: String, succeeded: Bool)]>([])
    private let arrival = DispatchSemaphore(value: 0)

    func note<T>(_ name: String) -> @Sendable (Result<T, any Error>) -> Void {
        { [self] result in
            var succeeded = false
            if case .success = result { succeeded = true }
            list.withLock { $0.append((name, succeeded)) }
            arrival.signal()
        }
    }

    /// Waits for the number of results and gives those that succeeded and failed.
    func wait(_ count: Int) -> (succeeded: [String], failed: [String]) {
        for _ in 0..<count { arrival.wait() }
        return list.withLock { list in
            (list.filter(\.succeeded).map(\.name), list.filter { !$0.succeeded }.map(\.name))
        }
    }
}
