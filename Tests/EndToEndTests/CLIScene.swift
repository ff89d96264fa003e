import Foundation
import HTTP
import JSON
import Testing

@testable import tollgate

/// A sandbox that runs, and how to speak to it as its users do: each call a process.
struct CLIScene {
    let folder: Folder
    let sandbox: Child
    let environment: [String: String]

    /// Starts the sandbox; the settings are the scene's and these.
    static func make(_ settings: [String: String] = [:]) async throws -> CLIScene {
        let folder = try Folder()
        let sandbox = try Child(["sandbox", "--port", "0", "--json"], [:])
        let said = try #require(await sandbox.outLine(with: "url"))
        let environment = [
            "DREAMFACTORY_URL": said.word("url"), "DREAMFACTORY_EMAIL": said.word("email"),
            "DREAMFACTORY_PASSWORD": said.word("password"),
            "TOLLGATE_MASTER_KEY": "0123456789abcdef0123456789abcdef"
                + "0123456789abcdef0123456789abcdef",
            "STRIPE_WEBHOOK_SECRET": "whsec_of_this_test,whsec_another",
            "TOLLGATE_DATABASE": folder.path + "/t.db", "TOLLGATE_LISTEN": "127.0.0.1:0",
        ]
        return CLIScene(
            folder: folder,
            sandbox: sandbox,
            environment: environment.merging(settings) { _, last in last }
        )
    }

    func serve() async throws -> (server: Child, listen: String) {
        let server = try Child(["serve"], environment)
        let said = try #require(await server.errorLine(with: "listen"))
        return (server, said.word("listen"))
    }

    func run(_ words: String..., input: String? = nil) async throws -> Child.End {
        try await Child.run(words, environment, input: input)
    }

    /// Only what finds the socket: what a colleague's shell has.
    func runAtSocket(_ words: String..., input: String? = nil) async throws -> Child.End {
        try await Child.run(
            words,
            ["TOLLGATE_DATABASE": folder.path + "/t.db"],
            input: input
        )
    }

    func catalogue(_ id: String = "pro", rate: Int = 100) throws -> String {
        try folder.file(
            "plans.json",
            """
            {"plans": [{"id": "\(id)", "name": "P", "limits": [{"rate": \(rate), \
            "period": "day"}], "prices": {"stripe": ["\(DemoEvents.price)"]}, "access": \
            [{"service": "shop", "component": "_table/customers/*", "verbs": ["GET"]}]}]}
            """
        )
    }

    /// Signs somebody up; a number other than 1 makes another subscription of the customer.
    func signUp(_ number: Int = 1, at listen: String) async throws -> Child.End {
        let events = DemoEvents(signedUpAt: 1_700_000_000)
        var files: [String] = []
        let parts = [events.created, events.paid, events.activated, events.completed]
        for (place, event) in parts.enumerated() {
            let text = event.text()
                .replacingOccurrences(of: "sub_demo000", with: "sub_demo\(number)00")
                .replacingOccurrences(of: "cs_test_demo000", with: "cs_test_demo\(number)00")
            files.append(try folder.file("event\(place).json", text))
        }
        return try await Child.run(
            ["events", "send"] + files
                + ["--provider", "stripe", "--shift", "--new-id", "--url", "http://\(listen)"],
            environment
        )
    }

    /// Exchanges a reference for the key, as the subscriber does.
    func claim(_ reference: String, at listen: String) async throws -> String {
        let port = try #require(Int(listen.split(separator: ":")[1]))
        let answer = try await HTTPClient(
            .tcp(host: "127.0.0.1", port: port),
            timeout: .seconds(300)
        ).request(
            "POST",
            "/v1/claims",
            body: ([
                "provider": "tollgate", "reference": .string(reference), "wait": 20,
            ] as JSONValue).serialized()
        )
        return try #require(try JSONValue(parsing: answer.body)["key"]?.string)
    }
}
