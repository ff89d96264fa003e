import Foundation
import JSON
import Testing

@testable import tollgate

/// The executable in process: what it answers before it has anything to work on.
struct CLITests {
    private func run(
        _ words: [String],
        _ environment: [String: String] = [:],
        _ transcript: Transcript,
        canAsk: Bool = false
    ) async -> Int32 {
        await Program(
            environment: environment,
            console: transcript.console(canAsk: canAsk),
            patience: .milliseconds(250)
        ).run(words)
    }

    @Test(
        arguments: [
            ["--help"], ["--version"], ["keys", "--help"], ["keys", "revoke", "--help"],
            ["events", "send", "a", "--wrong", "--help"], ["serve", "-h"],
        ]
    )
    func `help and version are answers`(_ words: [String]) async {
        let transcript = Transcript()
        #expect(await run(words, [:], transcript) == 0)
        #expect(!transcript.out.isEmpty && transcript.error.isEmpty)
    }

    @Test(
        arguments: [
            ([], "usage:"), (["kys"], "Did you mean keys?"),
            (["keys"], "find, explain, revoke, restore"),
            (["keys", "revok"], "Did you mean keys revoke?"), (["--dry-run"], "after the command"),
            (["status", "now"], "options only"), (["keys", "revoke", "x"], "--reason TEXT"),
            (["events", "list", "--state", "parkd"], "Did you mean parked?"),
            (["events", "send", "f", "--provider", "strip"], "one of stripe"),
            (["sandbox", "--port", "70000"], "from 0 to 65535"),
            (["reconcile", "--provider", "nobody"], "stripe, paddle, lemonsqueezy, polar"),
        ]
    )
    func `a wrong call ends with 2 and a sentence`(_ words: [String], _ sentence: String) async {
        let transcript = Transcript()
        #expect(await run(words, [:], transcript) == 2)
        #expect(transcript.error.contains(sentence), "\(transcript.error)")
        #expect(transcript.out.isEmpty)
    }

    @Test func `an error is JSON too where JSON is wanted`() async {
        let transcript = Transcript()
        #expect(await run(["keys", "find", "--json"], [:], transcript) == 2)
        #expect(transcript.out.hasPrefix("{\"error\":\"QUERY is missing."))
    }

    @Test func `a pasted key is not repeated`() async throws {
        let key = "tgtest" + String(repeating: "aB3", count: 18) + "WxYz"
        for words in [
            [key], ["keys", "find", key, key], ["keys", key],
            ["keys", "revoke", key, "--reason", "got \(key)"],
            ["keys", "find", key, "--\(key)"],
        ] {
            let transcript = Transcript()
            #expect(await run(words, [:], transcript) == 2)
            #expect(!transcript.error.contains(key) && !transcript.out.contains(key))
        }
    }

    @Test func `a dash without a line names nothing`() async {
        let transcript = Transcript(typing: [" "])
        #expect(await run(["keys", "find", "-"], [:], transcript) == 2)
    }

    @Test func `without a server the settings are needed, one after the other`() async throws {
        let folder = try Folder()
        let transcript = Transcript()
        let environment = ["TOLLGATE_DATABASE": folder.path + "/t.db"]
        #expect(await run(["status"], environment, transcript) == 1)
        #expect(transcript.error.contains("No server answers at \(folder.path)/t.db.sock"))
        #expect(transcript.error.contains("Set DREAMFACTORY_URL"))
        #expect(!FileManager.default.fileExists(atPath: folder.path + "/t.db"))
    }

    @Test func `a held lock without a socket is waited for, then said`() async throws {
        let folder = try Folder()
        let database = folder.path + "/t.db"
        let lock = open(database + ".lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        defer { close(lock) }
        try #require(flock(lock, LOCK_EX | LOCK_NB) == 0)
        let transcript = Transcript()
        let began = ContinuousClock.now
        #expect(await run(["status"], ["TOLLGATE_DATABASE": database], transcript) == 1)
        #expect(ContinuousClock.now - began >= .milliseconds(250))
        #expect(transcript.error.contains("Another process owns the database \(database)"))
        #expect(transcript.error.split(separator: "\n").count == 1)
        #expect(await run(["migrate"], ["TOLLGATE_DATABASE": database], transcript) == 1)
    }

    @Test func `a new database is migrated once`() async throws {
        let folder = try Folder()
        let environment = ["TOLLGATE_DATABASE": folder.path + "/t.db"]
        // In processes of their own: a lock of this one passes through every child that another
        // test is just starting, until that child has become its program.
        let first = try await Child.run(["migrate", "--json"], environment)
        #expect(first.exit == 0 && first.json?["from"] == 0, "\(first)")
        #expect(try folder.mode(of: "t.db") == 0o600)
        let second = try await Child.run(["migrate"], environment)
        #expect(second.exit == 0 && second.out.contains("already"), "\(second)")
    }

    @Test func `events are not sent without a secret or a file`() async throws {
        let file = try Folder()
        let event = try file.file("e.json", "{}")
        let words = ["events", "send", event, "--provider", "stripe"]
        let transcript = Transcript()
        #expect(await run(words, [:], transcript) == 1)
        #expect(transcript.error.contains("Set STRIPE_WEBHOOK_SECRET"))
        let secret = ["STRIPE_WEBHOOK_SECRET": "whsec_12345678"]
        #expect(await run(words + ["--shift"], secret, transcript) == 1)
        #expect(transcript.error.contains("created"))
        let missing = ["events", "send", event + "x", "--provider", "stripe"]
        #expect(await run(missing, secret, transcript) == 1)
        #expect(transcript.error.contains("There is no file"))
    }

    @Test func `a story is told only where all was typed right, and its end only if it was told`()
        async throws
    {
        let port = try ReservedPort()
        let words = [
            "events", "send", "--story", "signup", "--url", "http://127.0.0.1:\(port.number)",
        ]
        let secret = ["STRIPE_WEBHOOK_SECRET": "whsec_12345678"]
        let wrong = Transcript()
        #expect(await run(words + ["--pause", "x"], secret, wrong) == 2)
        #expect(wrong.error.contains("--pause takes a time") && wrong.out.isEmpty)
        let untold = Transcript()
        #expect(await run(words, secret, untold) == 1)
        #expect(untold.out.contains("invoice.paid: failed"))
        #expect(!untold.out.contains("claim it with"))
    }

    @Test func `the demo is one JSON text where JSON is wanted`() async throws {
        let end = try await Child.run(["demo", "--json"], [:])
        #expect(end.exit == 0 && end.json?["proved"] == true, "\(end)")
    }

    @Test func `a story that the provider cannot tell is refused in a sentence`() async throws {
        let words = ["events", "send", "--story"]
        let secrets = ["LEMONSQUEEZY_WEBHOOK_SECRET": "lemons_of_this_test"]
        let transcript = Transcript()
        let lemon = ["dispute-won", "--provider", "lemonsqueezy"]
        #expect(await run(words + lemon, secrets, transcript) == 2)
        #expect(transcript.error.contains("settles disputes itself"))
        #expect(await run(words + ["signup", "--provider", "nobody"], secrets, transcript) == 2)
        #expect(transcript.error.contains("stripe, paddle, lemonsqueezy, polar, standard"))
        #expect(await run(words + ["signup", "--provider", "paddle"], secrets, transcript) == 1)
        #expect(transcript.error.contains("Set PADDLE_WEBHOOK_SECRET"))
    }
}
