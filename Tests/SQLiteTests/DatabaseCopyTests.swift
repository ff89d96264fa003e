import Foundation
import Glibc
import SQLite
import Testing

struct DatabaseCopyTests {
    @Test func `two copies to one name are one whole copy and a refusal`() async throws {
        let folder = try TemporaryFolder()
        let database = try Database.make(in: folder)
        try database.writeBlocking { try $0.insert(String(repeating: "x", count: 4_000_000)) }
        for round in 0..<10 {
            let path = folder.file("copy-\(round).db")
            let results = await withTaskGroup(of: Bool.self) { group in
                for _ in 0..<4 {
                    group.addTask { (try? database.copy(to: path)) != nil && Self.isWhole(path) }
                }
                return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(results == 1)
            #expect(Self.isWhole(path))
        }
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(!names.contains { $0.contains("partial") }, "\(names)")
        database.close()
    }

    private static func isWhole(_ path: String) -> Bool {
        let connection = try? Connection(path: path, access: .readOnly)
        return (try? connection?.first("PRAGMA integrity_check") { try $0[0] as String }) == "ok"
    }

    @Test func `what a dead process left in the way is taken over, another's is refused`() throws {
        let folder = try TemporaryFolder()
        let database = try Database.make(in: folder)
        try Data("half a copy".utf8).write(to: URL(fileURLWithPath: folder.file("copy.db.partial")))
        try database.copy(to: folder.file("copy.db"))
        #expect(folder.mode("copy.db") == 0o600)
        let held = open(folder.file("other.db.partial"), O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        defer { close(held) }
        #expect(flock(held, LOCK_EX) == 0)
        #expect(throws: MigrationError.self) { try database.copy(to: folder.file("other.db")) }
        #expect(!folder.exists("other.db") && folder.exists("other.db.partial"))
        database.close()
    }
}
