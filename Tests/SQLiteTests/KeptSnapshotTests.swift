import Foundation
import SQLite
import Testing

struct KeptSnapshotTests {
    private static func count(_ database: Database) throws -> Int? {
        try database.readNewest { connection in
            try connection.first("SELECT count(*) FROM item") { try $0[0] }
        }
    }

    @Test func `what was acknowledged is seen, however long a snapshot was kept`() throws {
        let folder = try TemporaryFolder()
        let database = try Database.make(in: folder)
        for index in 0..<50 {
            #expect(try Self.count(database) == index)
            #expect(try Self.count(database) == index)
            try database.writeBlocking { try $0.insert("\(index)") }
        }
        // A reader that was lent over a commit is not lent again as it was.
        let counts = try database.readNewest { connection in
            try database.writeBlocking { try $0.insert("meanwhile") }
            return try connection.first("SELECT count(*) FROM item") { try $0[0] as Int }
        }
        #expect(counts == 51)
        #expect(try Self.count(database) == 51)
        #expect(try database.names().count == 51)
        database.close()
    }

    @Test func `other reads and snapshots find no transaction that was kept`() throws {
        let folder = try TemporaryFolder()
        let database = try Database.make(in: folder)
        #expect(try Self.count(database) == 0)
        try database.read { #expect(!$0.isInTransaction) }
        #expect(try Self.count(database) == 0)
        let count = try database.read { connection in
            try connection.snapshot {
                try connection.first("SELECT count(*) FROM item") { try $0[0] as Int }
            }
        }
        #expect(count == 0)
        database.close()
    }

    @Test func `kept snapshots let the WAL begin anew`() throws {
        let folder = try TemporaryFolder()
        let database = try Database.make(in: folder)
        let text = String(repeating: "x", count: 800_000)
        var sizes: [Int] = []
        for index in 0..<160 {
            #expect(try Self.count(database) == index)
            try database.writeBlocking { connection in
                // Some two hundred pages each.
                try connection.insert("\(index) \(text)")
            }
            let attributes = try FileManager.default.attributesOfItem(
                atPath: folder.file() + "-wal"
            )
            sizes.append((attributes[.size] as? NSNumber)?.intValue ?? 0)
        }
        // 128 MB were written in all; at 66 MB everybody waits for the checkpoint.
        #expect(try #require(sizes.max()) < 70 << 20)
        database.close()
        #expect(!folder.exists("test.db-wal"))
    }
}
