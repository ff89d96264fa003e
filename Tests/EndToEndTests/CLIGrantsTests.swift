import Foundation
import JSON
import Testing

@testable import tollgate

/// `subscriptions import` and `grants …` as staff type them, with a server and without one.
struct CLIGrantsTests {
    private func scene() async throws -> CLIScene {
        let scene = try await CLIScene.make()
        let applied = try await scene.run("plans", "apply", scene.catalogue(), "--yes")
        try #require(applied.exit == 0, "\(applied.error)")
        return scene
    }

    private func file(_ scene: CLIScene, bad: Bool = false) throws -> String {
        let lines = ["email,plan"] + (1...6).map { "user\($0)@example.com,pro" }
        let text = (lines + (bad ? ["nobody,pro"] : [])).joined(separator: "\n")
        return try scene.folder.file("customers.csv", text + "\n")
    }

    @Test(arguments: [true, false])
    func `existing customers are imported once, and their keys are proved`(
        _ isServing: Bool
    ) async throws {
        let scene = try await scene()
        let server = isServing ? try await scene.serve().server : nil
        let dry = try await scene.run("subscriptions", "import", file(scene), "--dry-run")
        #expect(dry.exit == 0 && dry.out == "would take 6 lines: 6 new, 0 changed, 0 known\n")
        let first = try await scene.run("subscriptions", "import", file(scene), "--json")
        #expect(first.exit == 0, "\(first.error)")
        #expect(first.json?["new"]?.int == 6 && first.json?["under_way"]?.int == 0)
        let again = try await scene.run("subscriptions", "import", file(scene, bad: true))
        #expect(again.exit == 1)
        #expect(again.out == "took 6 lines: 0 new, 0 changed, 6 known\n")
        #expect(again.error.hasPrefix("line 8: The field email holds no e-mail address.\n"))
        let list = try await scene.run("grants", "list", "--json")
        let rows = list.json?["grants"]?.array ?? []
        #expect(rows.count == 6 && rows.allSatisfy { $0["proof"] == "alive" })
        server?.signal(SIGTERM)
        if let server { #expect(await server.end().exit == 0) }
    }

    @Test(arguments: [true, false])
    func `a line that names an app which is not there is refused by its number`(
        _ isDry: Bool
    ) async throws {
        let scene = try await scene()
        let text = "email,plan,app\nada@example.com,pro,9999\nbob@example.com,pro,\n"
        let file = try scene.folder.file("apps.csv", text)
        let more = isDry ? ["--dry-run"] : ["--wait", "0s"]
        let reply = try await Child.run(
            ["subscriptions", "import", file] + more,
            scene.environment
        )
        #expect(reply.exit == 1)
        #expect(reply.error.hasPrefix("line 2: The platform has no app 9999.\n"))
        #expect(reply.out.contains("1 lines: 1 new"))
    }

    @Test func `drift is told, and repaired only by consent`() async throws {
        let scene = try await scene()
        _ = try await scene.run("subscriptions", "import", file(scene))
        let calm = try await scene.run("grants", "drift")
        #expect(calm.exit == 0 && calm.out == "Compared 6 grants: no difference.\n")
        // Without a terminal nothing is even looked at.
        let silent = try await scene.run("grants", "repair")
        #expect(silent.exit == 2 && silent.error.contains("add --yes"))
        let dry = try await scene.run("grants", "repair", "--dry-run", "--json")
        #expect(dry.exit == 0 && dry.json?["differences"]?.int == 0)
        let repaired = try await scene.run("grants", "repair", "--yes")
        #expect(repaired.exit == 0)
    }

    @Test func `a server that observes imports and makes no key`() async throws {
        let scene = try await scene()
        let server = try Child(["serve", "--observe"], scene.environment)
        _ = try #require(await server.errorLine(with: "listen"))
        let imported = try await scene.run(
            "subscriptions",
            "import",
            file(scene),
            "--wait",
            "0s",
            "--json"
        )
        #expect(imported.exit == 4)
        #expect(imported.json?["under_way"]?.int == 6)
        let status = try await scene.run("status")
        #expect(status.out.contains("observes: nothing is written to the platform"))
        #expect(try await scene.run("grants", "repair", "--yes").exit == 5)
        server.signal(SIGTERM)
        #expect(await server.end().exit == 0)
    }
}
