import Foundation
import HTTP
import JSON
import Sandbox
import Subscriptions
import Testing
import Transport

@testable import Service

/// A platform that is down, locked or incomplete: grants wait, `status` says why, nothing is lost.
struct PlatformTroubleTests {
    struct Trouble: Sendable, CustomTestStringConvertible {
        let testDescription: String
        /// What `status` says of the platform.
        let problem: String
        /// What it says of the grant.
        let stuck: String
        let begin: @Sendable (Road) -> Void

        init(
            _ name: String,
            _ problem: String,
            stuck: String? = nil,
            _ begin: @escaping @Sendable (Road) -> Void
        ) {
            testDescription = name
            self.problem = problem
            self.stuck = stuck ?? problem
            self.begin = begin
        }
    }

    static let troubles = [
        Trouble("down", "Could not log in at the platform: The connection was refused;") {
            $0.wire.fail(.connectionRefused)
        },
        Trouble("silent", "Could not log in at the platform: No complete answer came in time.") {
            $0.wire.fail(.timedOut)
        },
        Trouble("unknown host", "Could not log in at the platform: The host name cannot be") {
            $0.wire.fail(.hostNotFound)
        },
        Trouble(
            "login wrong",
            "Could not log in at the platform: The platform refused the administrator's login;"
        ) { $0.wire.script(Wire.loginRefused) },
        Trouble(
            "limits package absent",
            "The platform has no volume limits: install its limits package;",
            stuck: "The platform has no volume limits; install the package df-limits."
        ) { $0.wire.script(Wire.limitsMissing) },
        Trouble("failing inside", "Could not log in at the platform: The platform failed inside") {
            $0.platform.inject { _ in .failBefore(status: 500) }
        },
        Trouble("behind a proxy", "Could not log in at the platform: The platform cannot answer") {
            $0.platform.inject { _ in .failBefore(status: 503) }
        },
        Trouble("something else there", "Could not log in at the platform: The answer (200) is") {
            $0.wire.script { _, _ in .text("<html>Welcome</html>") }
        },
    ]

    @Test(arguments: troubles)
    func `the grant waits, status says why, and it converges afterwards`(
        _ trouble: Trouble
    ) async throws {
        let road = try await Road(applying: nil)
        trouble.begin(road)
        // Plans can be applied before the platform is ready; what was not checked is said.
        let applied = await road.apply(Catalogues.pro)
        #expect(applied.exit == .done)
        let subscriber = try await road.signUp()
        #expect(try await road.claim(subscriber.reference).status == 202)
        let grant = try await road.grant(of: subscriber)
        let sentence = try #require(grant.problem?.sentence)
        #expect(sentence.hasPrefix(trouble.stuck), "\(sentence)")
        #expect(Self.isOneSentence(sentence), "\(sentence)")

        let status = await road.staff("status")
        #expect(status.exit == .failed)
        let problem = try #require(status.message)
        #expect(problem.hasPrefix(trouble.problem), "\(problem)")
        #expect(Self.isOneSentence(problem), "\(problem)")
        #expect(status.body.at("platform", "problem")?.string == problem)
        #expect(status.body["stuck"]?[0]?["sentence"]?.string == sentence)

        road.wire.fail(nil)
        road.wire.script(nil)
        road.platform.inject(nil)
        road.pass(.seconds(600))
        try await road.work()
        let after = await road.staff("status")
        #expect(after.exit == .done && after.message == nil)
        #expect(after.body["stuck"] == [])
        let key = try #require(try await road.claim(subscriber.reference).json["key"]?.string)
        #expect(try road.use(key) == 200)
    }

    private static func isOneSentence(_ text: String) -> Bool {
        text.hasSuffix(".") && text.count < 250 && !text.contains("\n") && !text.contains("<")
    }

    @Test func `a plan that opens a service which is gone waits for it`() async throws {
        let road = try await Road(applying: nil)
        let plan = Catalogues.plan("pro", price: "price_pro", service: "store")
        road.wire.fail(.connectionLost)
        #expect(await road.apply(Catalogues.of(plan)).exit == .done)
        road.wire.fail(nil)
        let subscriber = try await road.signUp()
        let sentence = try await road.grant(of: subscriber).problem?.sentence
        #expect(sentence?.contains("the service store") == true)
        try road.asAdmin(
            "POST",
            "service",
            [
                "resource": [
                    [
                        "name": "store", "label": "Store", "type": "sqlite", "is_active": true,
                        "config": ["database": "shop.sqlite"],
                    ]
                ]
            ]
        )
        road.pass(.seconds(600))
        try await road.work()
        #expect(try await road.claim(subscriber.reference).status == 200)
    }

    @Test func `a claim made while the platform was down is good when it is back`() async throws {
        let road = try await Road()
        road.wire.fail(.connectionRefused)
        let subscriber = try await road.signUp()
        road.pass(.seconds(5 * 3_600))
        let waiting = try await road.claim(subscriber.reference)
        #expect(
            waiting.transcript == """
                202
                Cache-Control: no-store
                Content-Type: application/json
                Retry-After: 2
                {"status":"preparing"}
                """
        )
        road.wire.fail(nil)
        try await road.work()
        #expect(try await road.claim(subscriber.reference).status == 200)
    }
}

extension SandboxPlatform {
    /// A call as its administrator.
    @discardableResult
    func asAdmin(_ method: String, _ path: String, _ body: JSONValue? = nil) throws -> JSONValue {
        let login: JSONValue = [
            "email": .string(SandboxPlatform.adminEmail),
            "password": .string(SandboxPlatform.adminPassword),
        ]
        let session = answer(
            try HTTPRequest(
                method: "POST",
                target: "/api/v2/system/admin/session",
                body: login.serialized()
            )
        )
        var headers = HTTPHeaders()
        headers["X-DreamFactory-Session-Token"] = session.json["session_token"]?.string
        let response = answer(
            try HTTPRequest(
                method: method,
                target: "/api/v2/system/\(path)",
                headers: headers,
                body: body?.serialized() ?? []
            )
        )
        guard response.status < 300 else { throw Broken(description: response.text) }
        return response.json
    }
}

extension Road {
    /// A call to the platform as its administrator.
    @discardableResult
    func asAdmin(_ method: String, _ path: String, _ body: JSONValue? = nil) throws -> JSONValue {
        try platform.asAdmin(method, path, body)
    }

    /// How many roles, apps and limits of ours the platform has.
    func platformCounts() throws -> [Int] {
        try ["role", "app", "limit"].map { kind in
            let records = try asAdmin("GET", kind)["resource"]?.array ?? []
            return records.filter { $0["name"]?.string?.hasPrefix("tollgate-") == true }.count
        }
    }
}
