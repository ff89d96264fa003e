import Foundation
import HTTP
import JSON
import Sandbox
import Testing

@testable import tollgate

/// `doctor` as its users call it.
struct CLIDoctorTests {
    private static let key = String(repeating: "5a5b", count: 16)
    private static let password = "wrong-password-0"

    private func environment(_ sandbox: SandboxServer) -> [String: String] {
        [
            "DREAMFACTORY_URL": sandbox.url.absoluteString,
            "DREAMFACTORY_EMAIL": SandboxPlatform.adminEmail,
            "DREAMFACTORY_PASSWORD": SandboxPlatform.adminPassword,
        ]
    }

    private func run(
        _ environment: [String: String],
        _ words: String...
    ) async -> (exit: Int32, out: String, error: String) {
        let transcript = Transcript()
        let program = Program(environment: environment, console: transcript.console())
        let exit = await program.run(["doctor"] + words)
        return (exit, transcript.out, transcript.error)
    }

    @Test func `it exits 0 on a platform as it should be, and 1 on one without limits`()
        async throws
    {
        for (faults, exit) in [(nil, 0), (try FaultSpec("no-limits"), 1)] as [(FaultSpec?, Int32)] {
            let sandbox = try SandboxServer.start(faults: faults)
            let end = await run(environment(sandbox))
            #expect(end.exit == exit && end.error.isEmpty, "\(end)")
            #expect(end.out.contains("df-limits") == (exit == 1), "\(end)")
            await sandbox.stop()
        }
    }

    @Test func `a wrong password and a dead platform are said without the password`() async throws {
        let sandbox = try SandboxServer.start()
        var settings = environment(sandbox)
        settings["DREAMFACTORY_PASSWORD"] = Self.password
        let wrong = await run(settings, "--json")
        #expect(wrong.exit == 1)
        let report = try JSONValue(parsing: wrong.out.utf8)["platforms"]?[0]
        #expect(report?["grave"] == true && report?["role_of_the_key"] == nil)
        let grave = report?["findings"]?.array?.filter { $0["level"] == "grave" } ?? []
        #expect(grave.map { $0["check"] } == ["login"])
        await sandbox.stop()
        let dead = await run(settings)
        #expect(dead.exit == 1 && dead.out.contains("grave  reachable"), "\(dead)")
        for end in [wrong, dead] { #expect(!(end.out + end.error).contains(Self.password)) }
    }

    @Test func `a variable that no setting has is found, and keeps the server from starting`()
        async throws
    {
        let sandbox = try SandboxServer.start()
        var settings = environment(sandbox)
        settings["TOLLGATE_LISTN"] = "0.0.0.0:1"
        let end = await run(settings)
        #expect(end.exit == 1 && end.out.contains("rename it to TOLLGATE_LISTEN"), "\(end)")
        let transcript = Transcript()
        let program = Program(environment: settings, console: transcript.console())
        #expect(await program.run(["serve"]) == 1)
        #expect(transcript.error.contains("it is most like TOLLGATE_LISTEN"))
        await sandbox.stop()
    }

    @Test func `all environments of a file are looked at, and one that is grave makes it 1`()
        async throws
    {
        let sandbox = try SandboxServer.start()
        let folder = try Folder()
        let login = environment(sandbox)
        var wrong = login
        wrong["DREAMFACTORY_PASSWORD"] = Self.password
        let members: [String: JSONValue] = ["good": login, "wrong": wrong].mapValues { login in
            .object(login.mapValues { .string($0) })
        }
        let text = JSONValue.object(["environments": .object(members)]).text()
        let config = try folder.file("tollgate.json", text)
        let all = await run([:], "--config", config, "--all", "--json")
        let reports = try JSONValue(parsing: all.out.utf8)["platforms"]?.array ?? []
        #expect(all.exit == 1 && reports.map { $0["environment"] } == ["good", "wrong"])
        #expect(reports.map { $0["grave"] } == [false, true])
        #expect(await run([:], "--config", config, "--environment", "good").exit == 0)
        #expect(await run([:], "--config", config, "--environment", "wrong").exit == 1)
        #expect(await run([:], "--config", config, "--all", "--role").exit == 2)
        await sandbox.stop()
    }

    @Test func `a key with the role that is printed serves the whole road`() async throws {
        let scene = try await CLIScene.make()
        let printed = try await scene.run("doctor", "--role")
        #expect(printed.exit == 0 && printed.error.isEmpty, "\(printed)")
        var role = try #require(printed.json?["resource"]?[0]?.object)
        role["app_by_role_id"] = [
            ["name": "tollgate", "is_active": true, "type": 0, "api_key": .string(Self.key)]
        ]
        try await make(role, at: try #require(scene.environment["DREAMFACTORY_URL"]))

        var settings = scene.environment
        settings["DREAMFACTORY_EMAIL"] = nil
        settings["DREAMFACTORY_PASSWORD"] = nil
        settings["DREAMFACTORY_API_KEY"] = Self.key
        let keyed = CLIScene(folder: scene.folder, sandbox: scene.sandbox, environment: settings)
        let doctor = try await keyed.run("doctor", "--json")
        #expect(doctor.exit == 0 && !doctor.out.contains(Self.key), "\(doctor)")
        #expect(try await keyed.run("plans", "apply", try keyed.catalogue()).exit == 0)
        let (server, listen) = try await keyed.serve()
        #expect(try await keyed.signUp(at: listen).exit == 0)
        let claim = try await keyed.runAtSocket("claims", "create", "ada@example.com", "--json")
        let reference = try #require(claim.json?["reference"]?.string)
        let sold = try await keyed.claim(reference, at: listen)
        #expect(try await status(of: sold, keyed) == 200)
        let revoked = try await keyed.runAtSocket(
            "keys",
            "revoke",
            "ada@example.com",
            "--reason",
            "test",
            "--yes"
        )
        #expect(revoked.exit == 0, "\(revoked)")
        #expect(try await status(of: sold, keyed) == 400)
        server.signal(SIGTERM)
        let end = await server.end()
        #expect(end.exit == 0 && !(end.out + end.error).contains(Self.key))
    }

    private func client(_ url: String) throws -> HTTPClient {
        let port = try #require(URL(string: url)?.port)
        return HTTPClient(.tcp(host: "127.0.0.1", port: port), timeout: .seconds(300))
    }

    private func make(_ role: [String: JSONValue], at url: String) async throws {
        let login: JSONValue = [
            "email": .string(SandboxPlatform.adminEmail),
            "password": .string(SandboxPlatform.adminPassword),
        ]
        let session = try await client(url).request(
            "POST",
            "/api/v2/system/admin/session",
            headers: ["Content-Type": "application/json"],
            body: login.serialized()
        )
        let token = try #require(try JSONValue(parsing: session.body)["session_token"]?.string)
        let made = try await client(url).request(
            "POST",
            "/api/v2/system/role",
            headers: [
                "Content-Type": "application/json", "X-DreamFactory-Session-Token": token,
            ],
            body: JSONValue.object(["resource": [.object(role)]]).serialized()
        )
        #expect(made.status == 201)
    }

    private func status(of key: String, _ scene: CLIScene) async throws -> Int {
        try await client(try #require(scene.environment["DREAMFACTORY_URL"])).request(
            "GET",
            "/api/v2/shop/_table/customers?limit=1",
            headers: ["X-DreamFactory-API-Key": key]
        ).status
    }
}
