import Glibc
import SQLite
import Testing

struct SQLiteErrorTests {
    private func make(_ code: Int32, systemError: Int32 = 0, sql: String? = nil) -> SQLiteError {
        SQLiteError(
            code: code,
            operation: "step",
            message: "no",
            sql: sql,
            systemError: systemError
        )
    }

    /// SQLITE_FULL, SQLITE_IOERR_SHMSIZE, and SQLITE_IOERR_WRITE over a quota.
    @Test(arguments: [(13, 0), (4874, 0), (778, EDQUOT), (778, ENOSPC)] as [(Int32, Int32)])
    func `a full disk is not fatal, whatever SQLite calls it`(_ code: Int32, _ errno: Int32) {
        let error = make(code, systemError: errno)
        #expect(error.isDiskFull)
        #expect(error.description == "The disk is full: make room on it, and try again.")
        #expect(!error.isIOError)
        #expect(!error.isFatal)
    }

    /// SQLITE_IOERR_WRITE, SQLITE_IOERR_FSYNC, SQLITE_CORRUPT, SQLITE_NOTADB.
    @Test(arguments: [(778, EIO), (1034, ENOSPC), (11, 0), (26, 0)] as [(Int32, Int32)])
    func `a disk that fails or lies is fatal`(_ code: Int32, _ errno: Int32) {
        let error = make(code, systemError: errno)
        #expect(error.isFatal)
        #expect(!error.isDiskFull)
    }

    /// SQLITE_CONSTRAINT_UNIQUE and _PRIMARYKEY, then _FOREIGNKEY and SQLITE_BUSY.
    @Test(arguments: [(2067, true), (1555, true), (787, false), (5, false)] as [(Int32, Bool)])
    func `a key that is taken is told from other failures`(_ code: Int32, _ isTaken: Bool) {
        #expect(make(code).isUniqueConstraint == isTaken)
        #expect(make(code).isConstraint == (code != 5))
        #expect(make(code).isBusy == (code == 5))
        #expect(!make(code).isFatal)
    }

    @Test func `the description is one short line`() {
        let sql = "SELECT 1,\n" + String(repeating: "    2,\n", count: 500) + "3"
        let text = make(5, sql: sql).description
        #expect(text.hasPrefix("SQLite could not step: no (code 5) in: SELECT 1, 2, 2,"))
        #expect(text.count < 260)
        #expect(!text.contains("\n"))
    }
}
