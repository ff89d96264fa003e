import Foundation
import JSON
import Testing

@testable import tollgate

/// The executable as its users have it: a sandbox, a server and commands, each a process.
struct CLIRoadTests {
    @Test func `a key is sold, found, revoked and restored by commands alone`() async throws {
        let scene = try await CLIScene.make()
        let applied = try await scene.run("plans", "apply", try scene.catalogue())
        #expect(applied.exit == 0, "\(applied)")
        let (server, listen) = try await scene.serve()
        let sent = try await scene.signUp(at: listen)
        #expect(sent.exit == 0, "\(sent)")
        let claim = try await scene.runAtSocket("claims", "create", "ada@example.com", "--json")
        let reference = try #require(claim.json?["reference"]?.string)
        let key = try await scene.claim(reference, at: listen)

        let found = try await scene.runAtSocket("keys", "find", "-", "--json", input: key + "\n")
        #expect(found.exit == 0 && !found.out.contains(key))
        #expect(found.json?["subscriptions"]?[0]?.word("access") == "active")
        try await revoke(key, scene)

        let restored = try await scene.runAtSocket(
            "keys",
            "restore",
            "ada@example.com",
            "--reason",
            "sorry",
            "--yes"
        )
        #expect(restored.exit == 0, "\(restored)")
        let again = try await scene.runAtSocket(
            "keys",
            "restore",
            "ada@example.com",
            "--reason",
            "sorry",
            "--yes"
        )
        #expect(again.exit == 5)
        let story = try await scene.runAtSocket("subscriptions", "show", "ada@example.com")
        #expect(story.exit == 0 && story.out.contains("hold.lifted"), "\(story)")
        server.signal(SIGTERM)
        let end = await server.end()
        #expect(end.exit == 0 && !end.error.contains(key), "\(end)")
    }

    private func revoke(_ key: String, _ scene: CLIScene) async throws {
        let unasked = try await scene.runAtSocket(
            "keys",
            "revoke",
            "-",
            "--reason",
            "leak",
            input: key + "\n"
        )
        #expect(unasked.exit == 2 && unasked.error.contains("--yes"))
        let dry = try await scene.runAtSocket(
            "keys",
            "revoke",
            "-",
            "--reason",
            "leak",
            "--dry-run",
            input: key + "\n"
        )
        #expect(dry.exit == 0 && dry.out.contains("Would revoke"))
        let unknown = try await scene.runAtSocket(
            "keys",
            "revoke",
            "nobody@example.com",
            "--reason",
            "leak",
            "--yes"
        )
        #expect(unknown.exit == 3)
        let revoked = try await scene.runAtSocket(
            "keys",
            "revoke",
            "-",
            "--reason",
            "leak",
            "--wait",
            "20s",
            "--yes",
            "--json",
            input: key + "\n"
        )
        #expect(revoked.exit == 0, "\(revoked)")
        #expect(revoked.json?["subscriptions"]?[0]?.word("access") == "ended")
        #expect(!revoked.out.contains(key) && !revoked.error.contains(key))
    }

    @Test func `several matches are listed and nothing changes`() async throws {
        let scene = try await CLIScene.make()
        #expect(try await scene.run("plans", "apply", try scene.catalogue()).exit == 0)
        let (server, listen) = try await scene.serve()
        for number in [1, 2] {
            let sent = try await scene.signUp(number, at: listen)
            #expect(sent.exit == 0, "\(sent)")
            // A claim waits until the key is there.
            let id = "sub_demo\(number)00"
            let list = try await scene.runAtSocket("subscriptions", "list", "--json")
            let row = list.json?["subscriptions"]?.array?
                .first { $0.word("provider_id").hasPrefix(id) }
            let made = try await scene.runAtSocket(
                "claims",
                "create",
                try #require(row).word("subscription"),
                "--json"
            )
            _ = try await scene.claim(try #require(made.json?["reference"]?.string), at: listen)
        }
        let words = ["keys", "revoke", "ada@example.com", "--reason", "leak"]
        let several = try await Child.run(words + ["--yes", "--json"], scene.environment)
        #expect(several.exit == 2, "\(several)")
        let rows = try #require(several.json?["subscriptions"]?.array)
        #expect(rows.count == 2 && rows.allSatisfy { $0.word("access") == "active" })
        try await ask(words, rows, scene)
        server.signal(SIGTERM)
        #expect(await server.end().exit == 0)
    }

    /// On a terminal, the one that was shown is the one that is revoked.
    private func ask(_ words: [String], _ rows: [JSONValue], _ scene: CLIScene) async throws {
        var transcript = Transcript(typing: ["y"])
        func run(_ words: [String]) async -> Int32 {
            await Program(
                environment: scene.environment,
                console: transcript.console(canAsk: true)
            ).run(words)
        }
        #expect(await run(words) == 2)
        #expect(transcript.error.contains("2 subscriptions match"))
        var one = words
        one[2] = rows[0].word("provider_id")
        transcript = Transcript(typing: ["no"])
        #expect(await run(one) == 1)
        #expect(transcript.error.contains("Nothing was changed."))
        transcript = Transcript(typing: ["y"])
        #expect(await run(one) == 0)
        #expect(transcript.error.contains("Revoke the key for good? [y/N]"))
        #expect(transcript.out.contains(rows[0].word("subscription")))
        #expect(!transcript.out.contains(rows[1].word("subscription")))
    }

    @Test func `the same commands work without a server`() async throws {
        let scene = try await CLIScene.make()
        let status = try await scene.run("status", "--json")
        #expect(status.exit == 0 && status.json?["serving"] == false, "\(status)")
        #expect(try scene.folder.mode(of: "t.db") == 0o600)
        #expect(try await scene.run("plans", "apply", try scene.catalogue()).exit == 0)
        let plans = try await scene.run("plans", "list", "--json")
        #expect(plans.json?["plans"]?[0]?.word("id") == "pro")
        #expect(try await scene.run("plans", "show", "gold").exit == 3)
        #expect(try await scene.run("events", "list").out == "no events\n")
        let refused = try await scene.run(
            "plans",
            "apply",
            try scene.folder.file("bad.json", "{\"plans\": 1}")
        )
        #expect(refused.exit == 5, "\(refused)")
    }

    @Test func `plans are retired with consent only`() async throws {
        let scene = try await CLIScene.make()
        #expect(try await scene.run("plans", "apply", try scene.catalogue()).exit == 0)
        let other = try scene.catalogue("basic")
        let unasked = try await scene.run("plans", "apply", other)
        #expect(unasked.exit == 2 && unasked.error.contains("Retire pro?"), "\(unasked)")
        #expect(try await scene.run("plans", "list", "--json").json?["plans"]?[1] == nil)
        #expect(try await scene.run("plans", "apply", other, "--dry-run").exit == 0)
        let answers = [("n", Int32(1)), ("y", Int32(0))]
        for (answer, exit) in answers {
            let transcript = Transcript(typing: [answer])
            let program = Program(
                environment: scene.environment,
                console: transcript.console(canAsk: true)
            )
            #expect(await program.run(["plans", "apply", other]) == exit, "\(transcript.error)")
            #expect(transcript.error.contains("Retire pro? [y/N]"))
        }
    }

    @Test func `a second server is refused in a sentence`() async throws {
        let scene = try await CLIScene.make()
        let (server, _) = try await scene.serve()
        let second = try await scene.run("serve")
        #expect(second.exit == 1)
        #expect(second.error.contains("Another process owns the database"))
        let migrate = try await scene.run("migrate")
        #expect(migrate.exit == 1)
        let status = try await scene.runAtSocket("status", "--json")
        #expect(status.json?["serving"] == true)
        #expect(try scene.folder.mode(of: "t.db.sock") == 0o600)
        server.signal(SIGINT)
        #expect(await server.end().exit == 0)
        scene.sandbox.signal(SIGTERM)
        #expect(await scene.sandbox.end().exit == 0)
    }

    @Test func `answers that are not 2xx fail the rehearsal`() async throws {
        let scene = try await CLIScene.make()
        let (server, listen) = try await scene.serve()
        let wrong = try scene.folder.file("secret", "whsec_of_somebody_else")
        let event = try scene.folder.file("e.json", "{\"id\": \"evt_1\", \"type\": \"a.b\"}")
        let sent = try await scene.run(
            "events",
            "send",
            event,
            "--provider",
            "stripe",
            "--url",
            "http://\(listen)",
            "--secret-file",
            wrong,
            "--json"
        )
        #expect(sent.exit == 1 && sent.json?["deliveries"]?[0]?["status"] == 400, "\(sent)")
        server.signal(SIGTERM)
        _ = await server.end()
    }

    @Test func `serving is refused without a master key`() async throws {
        let end = try await Child.run(
            ["serve"],
            [
                "DREAMFACTORY_URL": "http://127.0.0.1:9", "DREAMFACTORY_EMAIL": "a@example.com",
                "DREAMFACTORY_PASSWORD": "x",
            ]
        )
        #expect(end.exit == 1 && end.error.contains("TOLLGATE_MASTER_KEY"))
        #expect(end.error.split(separator: "\n").count == 1)
    }
}
