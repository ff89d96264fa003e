import Foundation
import JSON
import Testing

@testable import tollgate

/// A database that is copied while it is served, lost, and taken back.
struct CLIBackupTests {
    @Test func `a backup made beside a server brings back what it had`() async throws {
        let scene = try await CLIScene.make()
        #expect(try await scene.run("plans", "apply", try scene.catalogue()).exit == 0)
        let (server, listen) = try await scene.serve()
        #expect(try await scene.signUp(at: listen).exit == 0)
        let copy = scene.folder.path + "/copy.db"
        let made = try await scene.runAtSocket("backup", copy, "--json")
        #expect(made.exit == 0 && made.json?.word("file") == copy, "\(made)")
        #expect(try scene.folder.mode(of: "copy.db") == 0o600)
        let again = try await scene.runAtSocket("backup", copy)
        #expect(again.exit == 1 && again.error.contains("not there yet"), "\(again)")
        // What comes after it is not in it.
        #expect(try await scene.signUp(2, at: listen).exit == 0)
        let owned = try await scene.run("restore", copy, "--yes")
        #expect(owned.exit == 1 && owned.error.contains("stop it first"), "\(owned)")
        server.signal(SIGTERM)
        #expect(await server.end().exit == 0)

        let before = try await subscriptions(scene)
        #expect(before.count == 2)
        let unasked = try await scene.run("restore", copy)
        #expect(unasked.exit == 2 && unasked.error.contains("add --yes"), "\(unasked)")
        let dry = try await scene.run("restore", copy, "--dry-run")
        #expect(dry.exit == 0 && dry.out.contains("test mode"), "\(dry)")
        #expect(try await subscriptions(scene) == before)
        let done = try await scene.run("restore", copy, "--yes", "--json")
        let aside = try #require(done.json?["before"]?.string, "\(done)")
        #expect(try await subscriptions(scene) == [before[0]])
        #expect(try scene.folder.mode(of: "t.db") == 0o600)
        // The one before it can be taken back likewise.
        #expect(try await scene.run("restore", aside, "--yes").exit == 0)
        #expect(try await subscriptions(scene) == before)
        let audit = try await scene.run("audit", "list", "--json")
        let actions = audit.json?["audit"]?.array?.map { $0.word("action") } ?? []
        #expect(actions.contains("database.backed_up"))
    }

    @Test func `a lost database is taken back, and its log of writes with it is none`() async throws
    {
        let scene = try await CLIScene.make()
        #expect(try await scene.run("plans", "apply", try scene.catalogue()).exit == 0)
        let copy = scene.folder.path + "/copy.db"
        #expect(try await scene.run("backup", copy).exit == 0)
        for damage in ["no database", ""] {
            _ = try scene.folder.file("t.db", damage)
            _ = try scene.folder.file("t.db-wal", "a log of somebody else")
            #expect(try await scene.run("restore", copy, "--yes").exit == 0)
            let plans = try await scene.run("plans", "list", "--json")
            #expect(plans.json?["plans"]?[0]?.word("id") == "pro", "\(plans)")
        }
        try FileManager.default.removeItem(atPath: scene.folder.path + "/t.db")
        let done = try await scene.run("restore", copy, "--yes")
        #expect(done.exit == 0 && !done.out.contains("before it"), "\(done)")
        #expect(try await scene.run("plans", "list").out.contains("pro"))
    }

    @Test func `what is no whole backup changes nothing`() async throws {
        let scene = try await CLIScene.make()
        #expect(try await scene.run("plans", "apply", try scene.catalogue()).exit == 0)
        let copy = scene.folder.path + "/copy.db"
        #expect(try await scene.run("backup", copy).exit == 0)
        var bytes = try Data(contentsOf: URL(fileURLWithPath: copy))
        for index in stride(from: 4_096, to: bytes.count, by: 64) { bytes[index] ^= 0x55 }
        try bytes.write(to: URL(fileURLWithPath: scene.folder.path + "/damaged.db"))
        let database = scene.folder.path + "/t.db"
        #expect(link(database, scene.folder.path + "/link.db") == 0)
        for (file, says) in [
            (scene.folder.path + "/damaged.db", "is not restored"),
            (
                try scene.folder.file("text.db", "no database at all, but long enough to be read"),
                "no whole database"
            ),
            (try scene.folder.file("empty.db", ""), "it is empty"),
            (scene.folder.path + "/missing.db", "cannot be read"),
            (database, "the database itself"),
            (scene.folder.path + "/link.db", "the database itself"),
        ] {
            for option in ["--dry-run", "--yes"] {
                let end = try await scene.run("restore", file, option)
                #expect(end.exit == 1 && end.error.contains(says), "\(end)")
            }
        }
        let plans = try await scene.run("plans", "list", "--json")
        #expect(plans.json?["plans"]?[0]?.word("id") == "pro", "\(plans)")
        let names = try FileManager.default.contentsOfDirectory(atPath: scene.folder.path)
        #expect(!names.contains { $0.contains("restor") || $0.contains("partial") }, "\(names)")
    }

    private func subscriptions(_ scene: CLIScene) async throws -> [String] {
        let list = try await scene.run("subscriptions", "list", "--json")
        let rows = try #require(list.json?["subscriptions"]?.array, "\(list)")
        return rows.map { $0.word("provider_id") }.sorted()
    }
}
