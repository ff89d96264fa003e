import ChildProcess
import Foundation
import Glibc
import SQLite
import Testing

struct DatabaseLockTests {
    @Test func `a second owner is refused until the first lets go`() throws {
        let folder = try TemporaryFolder()
        var lock: DatabaseLock? = try DatabaseLock(databasePath: folder.file())
        #expect(lock?.lockPath == folder.file() + ".lock")
        #expect(throws: DatabaseLock.Failure.held(lockPath: folder.file() + ".lock")) {
            try DatabaseLock(databasePath: folder.file())
        }
        lock = nil
        #expect(throws: Never.self) { try DatabaseLock(databasePath: folder.file()) }
    }

    @Test func `another process that holds the lock is noticed, and its end frees it`() throws {
        let folder = try TemporaryFolder()
        let path = folder.file() + ".lock"
        let process = try ChildProcess(
            "/usr/bin/flock",
            [path, "sh", "-c", "echo held; read line"]
        )
        #expect(process.output.availableData == Data("held\n".utf8))
        #expect(throws: DatabaseLock.Failure.held(lockPath: path)) {
            try DatabaseLock(databasePath: folder.file())
        }
        try process.input.close()
        _ = process.wait()
        #expect(throws: Never.self) { try DatabaseLock(databasePath: folder.file()) }
    }

    @Test func `a symbolic link leads to the same lock`() throws {
        let folder = try TemporaryFolder()
        _ = try Connection(path: folder.file())
        try FileManager.default.createSymbolicLink(
            atPath: folder.file("link.db"),
            withDestinationPath: folder.file()
        )
        let lock = try DatabaseLock(databasePath: folder.file())
        #expect(throws: DatabaseLock.Failure.held(lockPath: lock.lockPath)) {
            try DatabaseLock(databasePath: folder.file("link.db"))
        }
    }

    @Test func `a link to nowhere is refused`() throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createSymbolicLink(
            atPath: folder.file("link.db"),
            withDestinationPath: folder.file("missing.db")
        )
        #expect(throws: DatabaseLock.Failure.self) {
            try DatabaseLock(databasePath: folder.file("link.db"))
        }
    }

    @Test func `the file is private and stays`() throws {
        let folder = try TemporaryFolder()
        do {
            let lock = try DatabaseLock(databasePath: folder.file())
            #expect(lock.realPath == folder.file())
        }
        #expect(folder.mode("test.db.lock") == 0o600)
    }

    @Test func `a missing folder is named`() {
        let error = #expect(throws: DatabaseLock.Failure.self) {
            try DatabaseLock(databasePath: "/nonexistent/test.db")
        }
        #expect(error.map { "\($0)" }?.contains("/nonexistent") == true)
    }
}
