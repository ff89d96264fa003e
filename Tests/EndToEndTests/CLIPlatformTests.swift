import Foundation
import JSON
import Sandbox
import Synchronization
import Testing

@testable import tollgate

/// `platform export`, `diff` and `apply` as their users call them, between two platforms.
struct CLIPlatformTests {
    /// The databases themselves are of no platform, so that both have them.
    fileprivate static let databases = #"""
        "databases":[{"name":"crm.sqlite","tables":[{"name":"lead","field":[
            {"name":"id","type":"id"},{"name":"name","type":"string"}]}]}]
        """#

    /// What a platform holds that somebody has worked with, with texts that must not get out.
    fileprivate static let seed = #"""
        {\#(databases),
         "services":[{"name":"crm","label":"CRM","type":"sqlite","is_active":true,
            "config":{"database":"crm.sqlite"}},
           {"name":"store","label":"Store","type":"mysql","is_active":true,
            "config":{"host":"db","database":"crm.sqlite","username":"u",
              "password":"s3cret-of-the-database"}}],
         "roles":[
           {"name":"it's \"odd\" \u001b[2J","description":"two\nlines","is_active":true,
            "role_service_access_by_role_id":[
              {"service":"crm","component":"_table/lead/*","verb_mask":1,"requestor_mask":1,
               "filters":[],"filter_op":"AND"}]},
           {"name":"tollgate-test-abcdef-x","is_active":true}],
         "apps":[{"name":"site","is_active":true,"type":0,"role":"it's \"odd\" \u001b[2J",
            "api_key":"5e5f5e5f5e5f5e5f5e5f5e5f5e5f5e5f5e5f5e5f5e5f5e5f5e5f5e5f5e5f5e5f"}],
         "limits":[{"name":"all","type":"instance","rate":9000,"period":"minute"}]}
        """#

    /// Two platforms and a configuration that names them.
    private struct Scene {
        let folder: Folder
        let full: SandboxServer
        let empty: SandboxServer
        let config: String

        init() throws {
            folder = try Folder()
            full = try SandboxServer.start(seed: Array(CLIPlatformTests.seed.utf8))
            empty = try SandboxServer.start(seed: Array("{\(CLIPlatformTests.databases)}".utf8))
            let environments = [("full", full), ("empty", empty)].map { name, server in
                """
                "\(name)":{"DREAMFACTORY_URL":"\(server.url.absoluteString)",\
                "DREAMFACTORY_EMAIL":"admin@example.com",\
                "DREAMFACTORY_PASSWORD":"sandbox-password"}
                """
            }
            config = try folder.file(
                "tollgate.json",
                "{\"environments\":{\(environments.joined(separator: ","))}}"
            )
        }

        func run(_ words: String...) async -> (exit: Int32, out: String, error: String) {
            let transcript = Transcript()
            let program = Program(environment: [:], console: transcript.console())
            let exit = await program.run(words + ["--config", config])
            return (exit, transcript.out, transcript.error)
        }

        func export(_ name: String) async throws -> String {
            let end = await run("platform", "export", name)
            try #require(end.exit == 0, "\(end)")
            return end.out
        }

        /// What one platform exports, in a file.
        func exported(_ name: String = "full") async throws -> String {
            try folder.file("\(name).json", try await export(name))
        }
    }

    private func withPlatforms(_ body: (Scene) async throws -> Void) async throws {
        let scene = try Scene()
        do {
            try await body(scene)
        } catch {
            await scene.full.stop()
            await scene.empty.stop()
            throw error
        }
        await scene.full.stop()
        await scene.empty.stop()
    }

    @Test func `export, apply and diff leave no difference`() async throws {
        try await withPlatforms { scene in
            let before = await scene.run("platform", "diff", "full", "empty")
            #expect(before.exit == 1 && before.out.contains("missing"), "\(before)")
            let file = try await scene.exported()
            let applied = await scene.run("platform", "apply", file, "empty")
            #expect(applied.exit == 4, "\(applied)")
            // The one thing that no file can bring.
            let left = applied.out.split(separator: "\n").filter { $0.hasPrefix("left:") }
            #expect(left.count == 1 && left[0].contains("secrets of the service store"), "\(left)")
            let after = await scene.run("platform", "diff", "full", "empty", "--json")
            let found = try JSONValue(parsing: after.out.utf8)["differences"]?.array ?? []
            #expect(found.allSatisfy { $0["field"] == "secrets" }, "\(after)")
            let file2 = try await scene.exported("empty")
            #expect(await scene.run("platform", "diff", "empty", file2).exit == 0)
        }
    }

    @Test func `nothing secret and nothing of ours is exported`() async throws {
        try await withPlatforms { scene in
            let text = try await scene.export("full")
            for secret in ["s3cret", "5e5f5e5f", "sandbox-password", "tollgate-test", "api_key"] {
                #expect(!text.contains(secret), "\(secret)")
            }
            #expect(text.contains("\"secrets\"") && text.contains("\"username\" : \"u\""))
        }
    }

    @Test func `a dry run changes nothing`() async throws {
        try await withPlatforms { scene in
            let (file, before) = (try await scene.exported(), try await scene.export("empty"))
            let words = ["platform", "apply", file, "empty", "--dry-run"]
            let dry = await scene.run(words[0], words[1], words[2], words[3], words[4], "--json")
            #expect(dry.exit == 0)
            let plan = try JSONValue(parsing: dry.out.utf8)
            #expect(plan["steps"]?.array?.count == 5 && plan["dry_run"] == true, "\(dry)")
            #expect(try await scene.export("empty") == before)
        }
    }

    @Test func `pruning needs the number of what it deletes, and spares what is ours`()
        async throws
    {
        try await withPlatforms { scene in
            let file = try await scene.exported("empty")
            let before = try await scene.export("full")
            for number in ["", "1", "6"] {
                let confirm = number.isEmpty ? [] : ["--confirm", number]
                let transcript = Transcript()
                let exit = await Program(environment: [:], console: transcript.console()).run(
                    ["platform", "apply", file, "full", "--prune", "--config", scene.config]
                        + confirm
                )
                #expect(
                    exit == 5 && transcript.error.contains("--confirm 5"),
                    "\(transcript.error)"
                )
            }
            #expect(try await scene.export("full") == before)
            let pruned = await scene.run(
                "platform",
                "apply",
                file,
                "full",
                "--prune",
                "--confirm",
                "5"
            )
            #expect(pruned.exit == 0, "\(pruned)")
            #expect(await scene.run("platform", "diff", "full", "empty").exit == 0)
            let seen = scene.full.platform
            #expect(try Self.roles(of: seen) == ["tollgate-test-abcdef-x"])
        }
    }

    @Test func `a name of ours in a file is not made`() async throws {
        try await withPlatforms { scene in
            let text = try await scene.export("empty").replacing(
                "\"roles\" : [",
                with: "\"roles\" : [ {\"name\": \"tollgate-test-abcdef-y\", \"is_active\": true}"
            )
            let file = try scene.folder.file("own.json", text)
            #expect(await scene.run("platform", "apply", file, "empty").exit == 0)
            #expect(try Self.roles(of: scene.empty.platform) == [])
        }
    }

    @Test func `an apply that leaves something exits 4 and says what`() async throws {
        try await withPlatforms { scene in
            let text = try await scene.export("full").replacing("\"crm\"", with: "\"gone\"")
                .replacing("\"name\" : \"gone\"", with: "\"name\" : \"crm\"")
            let file = try scene.folder.file("broken.json", text)
            let end = await scene.run("platform", "apply", file, "empty")
            #expect(end.exit == 4 && end.out.contains("the service gone"), "\(end)")
            #expect(end.out.contains("left: Not done: create role"), "\(end)")
        }
    }

    @Test func `names from outside cannot steer a terminal`() async throws {
        try await withPlatforms { scene in
            let file = try await scene.exported()
            let odd = try scene.folder.file(
                "odd.json",
                try await scene.export("full")
                    .replacing("\"rules\" :", with: "\"ru\\u001bles\" :")
            )
            let ends = [
                await scene.run("platform", "diff", "full", "empty"),
                await scene.run("platform", "diff", "full", "empty", "--json"),
                await scene.run("platform", "export", "full"),
                await scene.run("platform", "diff", odd, "empty"),
                await scene.run("platform", "apply", file, "empty", "--dry-run"),
                await scene.run("platform", "apply", file, "empty"),
            ]
            #expect(ends.map(\.exit) == [1, 1, 0, 1, 0, 4])
            for end in ends { #expect(!(end.out + end.error).contains("\u{1B}"), "\(end)") }
        }
    }

    @Test(arguments: 1...5)
    func `an apply that is killed is finished by the same call`(_ write: Int) async throws {
        try await withPlatforms { scene in
            let file = try await scene.exported()
            let words = ["platform", "apply", file, "empty", "--config", scene.config]
            let child = Mutex<Child?>(nil)
            let writes = Mutex(0)
            scene.empty.platform.inject { operation in
                guard operation.method != "GET", !operation.path.hasSuffix("session") else {
                    return nil
                }
                let count = writes.withLock { count in
                    count += 1
                    return count
                }
                guard count == write else { return nil }
                // The write is done, and nobody is left to hear of it.
                child.withLock { $0?.signal(SIGKILL) }
                return .cut
            }
            try child.withLock { $0 = try Child(words, [:]) }
            let killed = await child.withLock { $0 }?.end()
            #expect(killed?.exit == SIGKILL && killed?.out == "")
            scene.empty.platform.inject(nil)
            let again = try await Child.run(words, [:])
            #expect(again.exit == 4 && !again.out.contains("failed:"), "\(again)")
            let after = await scene.run("platform", "diff", "full", "empty", "--json")
            let found = try JSONValue(parsing: after.out.utf8)["differences"]?.array ?? []
            #expect(found.allSatisfy { $0["field"] == "secrets" }, "\(after)")
        }
    }

    @Test func `environments are named once, and only those that are there`() async throws {
        try await withPlatforms { scene in
            let two = await scene.run("platform", "export", "full", "--environment", "empty")
            #expect(two.exit == 2 && two.error.contains("--environment"), "\(two)")
            let none = await scene.run("platform", "export", "production")
            #expect(none.exit == 1 && none.error.contains("it has empty, full."), "\(none)")
            let option = await scene.run("platform", "export", "--environment", "full")
            let argument = try await scene.export("full")
            #expect(option.exit == 0 && option.out == argument)
            let file = await scene.run("platform", "diff", "production", "full")
            #expect(file.exit == 1 && file.error.contains("There is no file"), "\(file)")
        }
    }

    private static func roles(of platform: SandboxPlatform) throws -> [String] {
        let rows = try platform.asAdmin("role")["resource"]?.array ?? []
        return rows.compactMap { $0["name"]?.string }
    }
}
