import Foundation
import JSON
import Testing

@testable import tollgate

/// Rotation and suspension as staff call them, beside a running server.
struct CLIFlowTests {
    @Test func `a key is rotated, suspended and resumed by commands`() async throws {
        let scene = try await CLIScene.make()
        #expect(try await scene.run("plans", "apply", try scene.catalogue()).exit == 0)
        let (server, listen) = try await scene.serve()
        #expect(try await scene.signUp(at: listen).exit == 0)
        let claim = try await scene.runAtSocket("claims", "create", "ada@example.com", "--json")
        let reference = try #require(claim.json?["reference"]?.string)
        _ = try await scene.claim(reference, at: listen)

        let unasked = try await scene.runAtSocket("keys", "rotate", "ada@example.com")
        #expect(unasked.exit == 2 && unasked.error.contains("--yes"))
        for (words, exit, sentence) in [
            (["keys", "rotate", "--grace", "1h"], 0, "lives until"),
            (["keys", "rotate", "--grace", "1h"], 5, "--leaked"),
            (["keys", "rotate", "--leaked", "--grace", "1h"], 2, "no grace"),
            (["keys", "rotate", "--grace", "0"], 0, "refuses every older one"),
            (["subscriptions", "suspend", "--reason", "abuse"], 0, "sleeps, proved"),
            (["subscriptions", "suspend", "--reason", "abuse"], 0, "sleeps, proved"),
            (["subscriptions", "resume", "--reason", "sorry"], 0, "works, proved"),
            (["subscriptions", "resume", "--reason", "sorry"], 5, "not suspended"),
        ] as [([String], Int32, String)] {
            let end = try await Child.run(
                words + ["ada@example.com", "--yes"],
                ["TOLLGATE_DATABASE": scene.folder.path + "/t.db"]
            )
            #expect(end.exit == exit && (end.out + end.error).contains(sentence), "\(end)")
        }
        let status = try await scene.runAtSocket("status", "--json")
        #expect(status.json?.at("platform", "breaker") == "closed")
        server.signal(SIGTERM)
        #expect(await server.end().exit == 0)
    }
}
