import Foundation
import HTTP
import JSON
import Sandbox
import Service
import Transport

/// The whole road on loopback, in a temporary folder: every step is done as a user would do it,
/// and proves itself.
struct Demo {
    /// How many calls a minute the plan of the demo allows.
    static let rate = 5

    /// Takes each line.
    let print: (String) -> Void
    private let secret = "whsec_demo_only_\(UInt64.random(in: .min ... .max))"
    private let clock = ContinuousClock()

    init(print: @escaping (String) -> Void) { self.print = print }

    /// Walks the road; whether every step proved itself.
    func run() async -> Bool {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("tollgate-demo-\(getpid())-\(UInt32.random(in: 0 ... .max))")
        do {
            try FileManager.default.createDirectory(
                at: folder,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
            defer { remove(folder) }
            let began = clock.now
            let sandbox = try SandboxServer.start(
                database: folder.appendingPathComponent("platform.db").path
            )
            let running = try await serve(sandbox, folder)
            say("A platform and Tollgate listen on loopback.", since: began)
            do {
                try await walk(sandbox, running)
                await stop(running, sandbox)
                print("The road stands: every step proved itself.")
                return true
            } catch {
                await stop(running, sandbox)
                throw error
            }
        } catch {
            print("The demo failed: \(error)")
            return false
        }
    }

    private func walk(_ sandbox: SandboxServer, _ running: RunningTollgate) async throws {
        let server = HTTPClient(.tcp(host: "127.0.0.1", port: running.addresses.port))
        let staff = HTTPClient(.unix(path: running.addresses.socketPath), timeout: .seconds(60))
        guard let port = sandbox.url.port else { throw DemoFailure("The sandbox has no port.") }
        let platform = HTTPClient(.tcp(host: "127.0.0.1", port: port))
        try await applyPlan(staff)
        let events = DemoEvents(signedUpAt: Int64(Date().timeIntervalSince1970))
        try await signUp(events, server)
        let key = try await claim(server)
        try await useUp(key, platform)
        try await revoke(key, events, staff, server, platform)
    }

    private func serve(_ sandbox: SandboxServer, _ folder: URL) async throws -> RunningTollgate {
        let master = (0..<8).map { _ in
            let text = String(UInt32.random(in: 0 ... .max), radix: 16)
            return String(repeating: "0", count: 8 - text.count) + text
        }
        let settings = try Settings(environment: [
            "TOLLGATE_DATABASE": folder.appendingPathComponent("tollgate.db").path,
            "TOLLGATE_LISTEN": "127.0.0.1:0",
            "TOLLGATE_MASTER_KEY": master.joined(),
            "DREAMFACTORY_URL": sandbox.url.absoluteString,
            "DREAMFACTORY_EMAIL": "admin@example.com",
            "DREAMFACTORY_PASSWORD": "sandbox-password",
            "STRIPE_WEBHOOK_SECRET": secret,
        ])
        let tollgate = try await Tollgate(
            try Configuration(settings),
            Tollgate.Surroundings(sender: URLSessionSender(), log: .silent) { sentence in
                fatalError(sentence)
            }
        )
        return try RunningTollgate(tollgate)
    }

    private func applyPlan(_ staff: HTTPClient) async throws {
        let began = clock.now
        let catalogue: JSONValue = [
            "plans": [
                [
                    "id": "pro", "name": "Pro",
                    "prices": ["stripe": [.string(DemoEvents.price)]],
                    "access": [
                        [
                            "service": "shop", "component": "_table/customers/*",
                            "verbs": ["GET"],
                        ]
                    ],
                    "limits": [["rate": .integer(Int64(Self.rate)), "period": "minute"]],
                ]
            ]
        ]
        let reply = try await ask(staff, "plans/apply", ["catalogue": .string(catalogue.text())])
        try expect(reply.exit == .done, "the plan is applied", reply.message)
        say(
            "Staff applied the plan pro: GET on customers, \(Self.rate) calls a minute.",
            since: began
        )
    }

    /// The events come in the wrong order, and one of them twice.
    private func signUp(_ events: DemoEvents, _ server: HTTPClient) async throws {
        for (event, what) in [
            (events.paid, "invoice.paid, before the subscription is known"),
            (events.activated, "customer.subscription.updated to active"),
            (events.completed, "checkout.session.completed"),
            (events.created, "customer.subscription.created, late"),
            (events.activated, "customer.subscription.updated again, redelivered"),
        ] {
            let began = clock.now
            let answer = try await deliver(event, server)
            try expect(answer.status == 200, "the event is acknowledged", answer.text)
            say("Stripe sent \(what): 200.", since: began)
        }
    }

    private func claim(_ server: HTTPClient) async throws -> String {
        var began = clock.now
        func claim(wait: Int64) async throws -> HTTPResponse {
            try await post(
                server,
                "/v1/claims",
                [
                    "provider": "stripe", "reference": .string(DemoEvents.reference),
                    "wait": .integer(wait),
                ]
            )
        }
        let answer = try await claim(wait: 20)
        let body = try JSONValue(parsing: answer.body)
        guard answer.status == 200, let key = body["key"]?.string,
            let token = body["lookup_token"]?.string
        else { throw DemoFailure("The claim gave \(answer.status) and no key.") }
        say("The subscriber claimed the key \(Self.masked(key)).", since: began)

        began = clock.now
        let again = try await claim(wait: 0)
        try expect(again.status == 404, "a used reference is refused", again.text)
        say("The same reference again: 404.", since: began)

        began = clock.now
        let lookup = try await get(server, "/v1/key", ["Authorization": "Bearer \(token)"])
        let shown = try JSONValue(parsing: lookup.body)
        try expect(shown["key"]?.string == key, "the lookup token shows the key", nil)
        say(
            "The lookup token shows it again: status \(shown["status"]?.string ?? "?").",
            since: began
        )
        return key
    }

    private func useUp(_ key: String, _ platform: HTTPClient) async throws {
        for call in 1...Self.rate {
            let began = clock.now
            let status = try await use(key, platform)
            try expect(status == 200, "call \(call) is allowed", "\(status)")
            if call == 1 { say("A data call with the key: 200.", since: began) }
        }
        let began = clock.now
        let status = try await use(key, platform)
        try expect(status == 429, "the call over the limit is refused", "\(status)")
        say("Call \(Self.rate + 1) within the minute: 429.", since: began)
    }

    private func revoke(
        _ key: String,
        _ events: DemoEvents,
        _ staff: HTTPClient,
        _ server: HTTPClient,
        _ platform: HTTPClient
    ) async throws {
        var began = clock.now
        let reply = try await ask(
            staff,
            "keys/revoke",
            ["query": "ada@example.com", "reason": "demo", "wait": 20]
        )
        try expect(reply.exit == .done, "the revocation is proved", reply.message)
        say("Support revoked the key; the platform was proved to refuse it.", since: began)

        began = clock.now
        var status = try await use(key, platform)
        try expect(status == 400, "the platform refuses the key", "\(status)")
        say("A data call with the key: \(status), refused.", since: began)

        began = clock.now
        let answer = try await deliver(events.paidAgain, server)
        try expect(answer.status == 200, "the payment is acknowledged", answer.text)
        let shown = try await ask(staff, "keys/find", ["query": "ada@example.com"])
        let access = shown.body["subscriptions"]?[0]?["access"]?.string
        status = try await use(key, platform)
        try expect(
            access == "ended" && status == 400,
            "a later payment brings nothing back",
            "\(access ?? "?") \(status)"
        )
        say("A payment after that: stored, and the key stays dead (\(status)).", since: began)
    }
}

/// Why the demo stopped.
struct DemoFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

extension Demo {
    private func say(_ line: String, since began: ContinuousClock.Instant) {
        let milliseconds = (clock.now - began) / .milliseconds(1)
        let time = String(format: "%8.1f ms", milliseconds)
        print("\(time)  \(line)")
    }

    private func expect(_ isSo: Bool, _ what: String, _ found: String?) throws {
        guard isSo else {
            throw DemoFailure("it is not so that \(what)\(found.map { ": \($0)" } ?? "").")
        }
    }

    private static func masked(_ key: String) -> String { "\(key.prefix(6))…\(key.suffix(4))" }

    private func use(_ key: String, _ platform: HTTPClient) async throws -> Int {
        try await get(
            platform,
            "/api/v2/shop/_table/customers?limit=1",
            ["X-DreamFactory-API-Key": key]
        ).status
    }

    private func deliver(_ event: JSONValue, _ server: HTTPClient) async throws -> HTTPResponse {
        let body = event.serialized()
        let signed =
            Rehearsal.signedHeaders(provider: "stripe", body: body, secret: secret, at: Date())
            ?? []
        var headers: HTTPHeaders = ["Content-Type": "application/json"]
        for field in signed { headers.add(field.name, field.value) }
        return try await server.request("POST", "/webhooks/stripe", headers: headers, body: body)
    }

    private func post(
        _ client: HTTPClient,
        _ path: String,
        _ body: JSONValue
    ) async throws -> HTTPResponse {
        try await client.request(
            "POST",
            path,
            headers: ["Content-Type": "application/json"],
            body: body.serialized()
        )
    }

    private func get(
        _ client: HTTPClient,
        _ path: String,
        _ headers: HTTPHeaders
    ) async throws -> HTTPResponse {
        try await client.request("GET", path, headers: headers)
    }

    private func ask(
        _ staff: HTTPClient,
        _ operation: String,
        _ arguments: JSONValue
    ) async throws -> StaffReply {
        let answer = try await post(staff, "/admin/v1/\(operation)", arguments)
        guard let reply = StaffReply(wire: try JSONValue(parsing: answer.body)) else {
            throw DemoFailure("\(operation) was answered with \(answer.status).")
        }
        return reply
    }

    private func stop(_ running: RunningTollgate, _ sandbox: SandboxServer) async {
        await running.stop()
        await sandbox.stop()
    }

    private func remove(_ folder: URL) {
        // What cannot be removed is left to the system's own cleaning of temporary files.
        try? FileManager.default.removeItem(at: folder)
    }
}
