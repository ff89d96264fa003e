import Digest
import Foundation
import HTTP
import JSON
import Sandbox
import SQLite
import Storage
import Subscriptions
import Testing
import Transport

@testable import Service

/// What must be nowhere, looked for everywhere after a road on which everything went wrong once.
struct SecretsTests {
    /// A text that must not be found, and who it is.
    struct Secret: Sendable {
        let name: String
        let text: String
    }

    /// A text in which secrets are looked for, and where it stood.
    struct Place: Sendable {
        let name: String
        let text: String
    }

    @Test func `no secret is in the log, an answer, a reply or the database`() async throws {
        let road = try await Road(applying: nil, setting: Road.everybody(asksStripe: false))
        let told = try await Self.everything(on: road)
        var secrets = Self.configured
        secrets += road.wire.secrets.map { Secret(name: "what went over the wire", text: $0) }
        secrets += told.map { Secret(name: "what was told to a subscriber", text: $0) }
        // The keys of eleven subscribers, of two in two generations, and their tokens; and over the
        // wire the sessions and the keys that nobody has as well.
        #expect(told.filter { $0.hasPrefix("tgtest") }.count == 13)
        #expect(told.filter { $0.hasPrefix("tlk_") }.count == 11)
        #expect(road.wire.secrets.count >= 20)

        let places = try await Self.places(road)
        for name in ["log", "answer", "audit", "attempt", "grant", "inbox", "file"] {
            #expect(places.contains { $0.name.hasPrefix(name) }, "nothing was seen of \(name)")
        }
        for secret in secrets {
            for place in places where place.text.contains(secret.text) {
                // Only what was told to a subscriber may stand in an answer, and only in its own.
                if Self.mayTell(secret, place) { continue }
                Issue.record("\(secret.name) is in \(place.name): \(place.text.prefix(400))")
            }
        }
    }

    @Test func `what is looked for would be found`() async throws {
        let road = try await Road()
        let (_, token, key) = try await road.claimed()
        road.tollgate.surroundings.log.info("leak", ["key": key, "token": token])
        await road.staff("subscriptions/show", ["query": "ada@example.com"])
        _ = try await road.tollgate.store.write { tx in
            try tx.append(
                AuditEntry(
                    at: Road.start,
                    actor: "test",
                    action: "leak",
                    subscriptionID: nil,
                    details: ["password": Road.webhookSecret]
                )
            )
        }
        let places = try await Self.places(road)
        #expect(places.contains { $0.name == "log" && $0.text.contains(key) })
        #expect(places.contains { $0.name == "log" && $0.text.contains(token) })
        #expect(places.contains { $0.name == "audit" && $0.text.contains(Road.webhookSecret) })
        #expect(places.contains { $0.name == "file" && $0.text.contains(Road.webhookSecret) })
        let secret = Secret(name: "key", text: key)
        #expect(!Self.mayTell(secret, Place(name: "log", text: key)))
        #expect(Self.mayTell(secret, Place(name: "answer", text: "\"key\":\"\(key)\"")))
        #expect(!Self.mayTell(secret, Place(name: "answer", text: "sorry: \(key)")))
    }

    private static let configured =
        [
            Secret(name: "the master key", text: Road.masterKey),
            Secret(name: "the master key in bytes", text: latin(Hex.decode(Road.masterKey) ?? [])),
            Secret(name: "the platform's password", text: "sandbox-password"),
            Secret(name: "the administrator's e-mail", text: "admin@example.com"),
            Secret(name: "the body of an event", text: Subscriber.marker),
            Secret(name: "the body of an event that cannot be read", text: garbage),
            Secret(name: "the key of a provider's API", text: FakeAPI.key),
        ] + Road.secrets.map { Secret(name: "the webhook secret of \($0)", text: $1) }
    private static let garbage = "rightly signed and not at all readable"

    /// The answers to a claim and a lookup hold the token and the key as members of that name.
    private static func mayTell(_ secret: Secret, _ place: Place) -> Bool {
        guard place.name == "answer" else { return false }
        let member = secret.text.hasPrefix("tlk_") ? "lookup_token" : "key"
        let rest = place.text.replacing("\"\(member)\":\"\(secret.text)\"", with: "")
        return !rest.contains(secret.text)
    }
}

// MARK: - The road

extension SecretsTests {
    /// Walks the road with every failure on it; the keys and tokens that subscribers were told.
    private static func everything(on road: Road) async throws -> Set<String> {
        var told: Set<String> = []
        func hear(_ response: HTTPResponse) {
            for name in ["key", "lookup_token"] {
                if let text = response.json[name]?.string { told.insert(text) }
            }
        }
        try await applyPlans(on: road)
        try await refuse(on: road)
        for answer in try await signUpInTrouble(on: road) { hear(answer) }
        hear(try await signUpWithEcho(Subscriber(name: "kim", signedUpAt: road.now), on: road))
        let ada = Subscriber(name: "ada", signedUpAt: road.now)
        try await signUpWithFaults(ada, on: road)
        let mine = "idempotency-key-of-the-client"
        hear(try await road.claim(ada.reference, idempotencyKey: mine))
        hear(try await road.claim(ada.reference, idempotencyKey: mine))
        hear(try await road.claim(ada.reference))
        let bob = try await road.signUp("bob")
        let created = await road.staff("claims/create", ["query": "bob@example.com"])
        hear(try await road.claim(bob.reference))
        let reference = created.body["reference"]?.string ?? ""
        hear(try await road.claim(reference, provider: "tollgate"))
        let tokens = told.filter { $0.hasPrefix("tlk_") }
        for token in tokens { hear(try await road.key(token)) }
        try await misuse(told, on: road)
        try await revokeAndRestore("ada@example.com", on: road)
        try await revokeAndRestore("cus_bob", on: road)
        for token in tokens { hear(try await road.key(token)) }
        for event in ada.life(after: 900) { try await road.deliver(event) }
        try await road.work()
        try await breakRows(told, on: road)
        for operation in [
            "status", "plans/list", "subscriptions/list", "events/list", "audit/list",
        ] {
            await road.staff(operation)
        }
        await road.staff("subscriptions/show", ["query": "ada@example.com"])
        return told
    }

    private static func applyPlans(on road: Road) async throws {
        await road.staff("plans/apply", ["catalogue": "no catalogue"])
        _ = await road.apply(Catalogues.of(Catalogues.plan("x", price: "p", service: "system")))
        _ = await road.apply(Catalogues.pro)
    }

    private static func refuse(on road: Road) async throws {
        let body = Subscriber(name: "eve", signedUpAt: road.now).signUp[0].serialized()
        for refused in WebhookRefusedTests.cases {
            var headers = HTTPHeaders()
            headers["Stripe-Signature"] = refused.signature(body, road.now)
            _ = try await road.request("POST", "/webhooks/stripe", headers, body: body)
        }
        try await road.deliver(Array(garbage.utf8))
        try await refuseOthers(on: road)
        for event in Subscriber(name: "max", price: "price_max", signedUpAt: road.now).signUp {
            try await road.deliver(event)
        }
        var live = Subscriber(name: "liv", signedUpAt: road.now)
        live.isLive = true
        try await road.deliver(live.signUp[0])
        try await road.work()
    }

    /// What the other providers send and answer, rightly and not.
    private static func refuseOthers(on road: Road) async throws {
        for known in KnownProvider.all where known.name != "stripe" {
            let told = try Story(
                "signup",
                of: known,
                price: "1",
                other: "2",
                tag: "oth",
                now: road.now
            )
            road.wire.api(of: known).script(401, 403, 404, 418, 500, 200)
            for step in told.steps {
                let body = step.event.serialized()
                try await road.deliver(body, of: known)
                try await road.deliver(body + Array(garbage.utf8), of: known)
                let path = "/webhooks/\(known.name)"
                _ = try await road.request("POST", path, body: body)
            }
            try await road.work()
            await road.staff("reconcile", ["provider": .string(known.name)])
        }
    }

    /// A sign-up under each trouble of the platform; what the subscribers are told afterwards.
    private static func signUpInTrouble(on road: Road) async throws -> [HTTPResponse] {
        var answers: [HTTPResponse] = []
        for (number, trouble) in PlatformTroubleTests.troubles.enumerated() {
            // By then the administrator's session has ended, so that the login is on the road.
            road.pass(.seconds(25 * 3_600))
            trouble.begin(road)
            let subscriber = try await road.signUp("user\(number)")
            await road.staff("status")
            answers.append(try await road.claim(subscriber.reference))
            road.wire.fail(nil)
            road.wire.script(nil)
            road.platform.inject(nil)
            road.pass(.seconds(600))
            try await road.work()
            answers.append(try await road.claim(subscriber.reference))
        }
        return answers
    }

    /// Calls that take effect and fail all the same, with a body in hand.
    private static func signUpWithFaults(_ subscriber: Subscriber, on road: Road) async throws {
        for event in subscriber.signUp { try await road.deliver(event) }
        for path in ["system/role", "system/limit", "system/role/{id}", "system/app"] {
            for fault in [Fault.failAfter(status: 500), .failBefore(status: 400), .cut] {
                road.platform.inject { $0.path == path ? fault : nil }
                try await road.work()
                road.pass(.seconds(300))
            }
        }
        road.platform.inject(nil)
        road.pass(.seconds(600))
        try await road.work()
    }

    /// A platform that repeats what it hears.
    private static func signUpWithEcho(
        _ subscriber: Subscriber,
        on road: Road
    ) async throws -> HTTPResponse {
        // The capabilities are known before, so that the echo hears the key.
        try await road.deliver(subscriber.signUp[0])
        try await road.work()
        for event in subscriber.signUp { try await road.deliver(event) }
        let heard = Lines()
        for status in [400, 403, 404, 409, 500, 503] {
            road.wire.script(Wire.echo(status, heard))
            try await road.work()
            await road.staff("status")
            road.wire.script(nil)
            road.pass(.seconds(1_000))
        }
        try await road.work()
        #expect(heard.all.contains { $0.contains("tgtest") })
        return try await road.claim(subscriber.reference)
    }

    private static func misuse(_ told: Set<String>, on road: Road) async throws {
        for text in told {
            _ = try await road.claim(text)
            _ = try await road.request("GET", "/v1/key", ["Authorization": "Basic \(text)"])
            _ = try await road.request("GET", "/v1/key", ["Authorization": "Bearer \(text)x"])
            _ = try await road.request("GET", "/v1/key?token=\(text)")
            await road.staff("keys/find", ["query": .string(text)])
            await road.staff("keys/restore", ["query": .string(text), "reason": "test"])
        }
    }

    private static func revokeAndRestore(_ query: String, on road: Road) async throws {
        let arguments: JSONValue = ["query": .string(query), "reason": "leaked", "wait": 0]
        road.wire.fail(.timedOut)
        await road.staff("keys/revoke", arguments)
        road.wire.fail(nil)
        await road.staff("keys/revoke", arguments)
        await road.staff("keys/revoke", arguments)
        road.pass(.seconds(700))
        try await road.work()
        await road.staff("keys/restore", arguments)
        road.pass(.seconds(700))
        try await road.work()
    }

    /// A full disk and a row that was changed.
    private static func breakRows(_ told: Set<String>, on road: Road) async throws {
        try await road.fillDisk()
        for after in 2_000..<2_040 {
            try await road.deliver(Subscriber(signedUpAt: road.now).paid(after: after))
        }
        try await road.emptyDisk()
        try await road.tollgate.store.database.write { connection in
            _ = try connection.run("UPDATE api_key SET last_four = '0000', salt = zeroblob(16)")
        }
        for token in told where token.hasPrefix("tlk_") { _ = try await road.key(token) }
        road.pass(.seconds(700))
        try await road.work()
    }
}

// MARK: - Where it is looked for

extension SecretsTests {
    private static func places(_ road: Road) async throws -> [Place] {
        var places = road.log.all.map { Place(name: "log", text: $0) }
        places += road.answers.all.map { Place(name: "answer", text: $0) }
        for table in [
            "audit", "attempt", "grant", "api_key", "claim", "lookup_token", "hold",
            "subscription", "customer", "installation", "plan_version", "inbox",
        ] {
            places += try await rows(of: table, road)
        }
        // All bytes of the file but the bodies of events, which are kept as they were signed.
        try await road.tollgate.store.database.write { connection in
            _ = try connection.run("UPDATE inbox SET body = x''")
        }
        let copy = road.folder.file("copy.db")
        try road.tollgate.store.database.copy(to: copy)
        let bytes = try Data(contentsOf: URL(fileURLWithPath: copy))
        places.append(Place(name: "file", text: latin(bytes)))
        return places
    }

    /// Every byte as a character of its own.
    private static func latin(_ bytes: some Sequence<UInt8>) -> String {
        String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
    }

    /// The rows of a table as SQL writes them, without the bodies of events.
    private static func rows(of table: String, _ road: Road) async throws -> [Place] {
        try await road.tollgate.store.database.read { connection in
            let columns = try connection.query(
                "SELECT name FROM pragma_table_info('\(table)') WHERE name <> 'body'"
            ) { try $0[0] as String }
            let texts = columns.map { "quote(\"\($0)\")" }.joined(separator: " || ' ' || ")
            return try connection.query("SELECT \(texts) FROM \"\(table)\"") { row in
                Place(name: table, text: try row[0] as String)
            }
        }
    }
}
