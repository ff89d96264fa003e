import Foundation
import HTTP
import JSON
import SQLite
import Storage
import Subscriptions
import Synchronization
import Testing
import Transport

@testable import Service

/// `GET /v1/key`, by outcome.
struct KeyTests {
    // MARK: Unauthorized

    @Test(arguments: [
        nil, "", "Bearer", "Bearer ", "Bearer tlk_", "Bearer garbage", "Basic dGxrXzp4",
        "Bearer tlk_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "tlk_AAAAAAAAAAAAAAAA",
        "Bearer tlk_a tlk_b", "Bearer \(String(repeating: "x", count: 300))",
    ])
    func `no token, garbage and a token nobody has are one and the same 401`(
        _ field: String?
    ) async throws {
        let road = try await Road()
        var headers = HTTPHeaders()
        headers["Authorization"] = field
        let response = try await road.request("GET", "/v1/key", headers)
        #expect(
            response.transcript == """
                401
                Cache-Control: no-store
                Content-Type: application/problem+json
                WWW-Authenticate: Bearer
                {"request_id":"request-1","status":401,"title":"The lookup token is not known",\
                "type":"urn:tollgate:problem:unauthorized"}
                """
        )
    }

    @Test func `a token that staff ended is unknown`() async throws {
        let road = try await Road()
        let (_, token, _) = try await road.claimed()
        let reply = await road.staff("claims/create", ["query": "ada@example.com"])
        #expect(try await road.key(token).status == 401)
        let reference = try #require(reply.body["reference"]?.string)
        let body = try await road.claim(reference, provider: "tollgate").json
        let new = try #require(body["lookup_token"]?.string)
        #expect(new != token)
        #expect(try await road.key(new).json["status"] == "active")
    }

    // MARK: The words

    @Test func `the key is shown while access is active, and never else`() async throws {
        let road = try await Road()
        let (subscriber, token, key) = try await road.claimed()
        var seen: [String] = []
        func look() async throws {
            let response = try await road.key(token)
            #expect(response.status == 200)
            #expect(response.headers["Cache-Control"] == "no-store")
            let status = try #require(response.json["status"]?.string)
            #expect((response.json["key"] != nil) == (status == "active"))
            #expect(response.json["last_four"]?.string == String(key.suffix(4)))
            seen.append(status)
        }
        try await look()
        try await road.deliver(subscriber.changed("updated", after: 100, status: "unpaid"))
        try await road.work()
        try await look()
        try await road.deliver(subscriber.changed("updated", after: 200, status: "active"))
        try await road.work()
        try await look()
        try await road.deliver(subscriber.changed("deleted", after: 300, status: "canceled"))
        try await road.work()
        try await look()
        #expect(seen == ["active", "suspended", "active", "ended"])
    }

    @Test func `the key is withheld from the decision on, before the platform hears of it`()
        async throws
    {
        let road = try await Road()
        let (subscriber, token, _) = try await road.claimed()
        road.wire.fail(.connectionRefused)
        try await road.deliver(subscriber.changed("updated", after: 100, status: "unpaid"))
        try await road.work()
        let response = try await road.key(token)
        #expect(response.json["status"] == "suspended")
        #expect(response.json["key"] == nil)
    }

    @Test func `a new generation is preparing until it is proved, and shows no old key`()
        async throws
    {
        let road = try await Road()
        let (_, token, key) = try await road.claimed()
        await road.staff("keys/revoke", ["query": "ada@example.com", "reason": "leaked"])
        road.wire.fail(.connectionRefused)
        let reply = await road.staff(
            "keys/restore",
            ["query": "ada@example.com", "reason": "settled"]
        )
        #expect(reply.exit == .notYetProved)
        let waiting = try await road.key(token)
        #expect(waiting.json["status"] == "preparing")
        #expect(waiting.json["key"] == nil && waiting.json["last_four"] == nil)
        road.wire.fail(nil)
        road.pass(.seconds(600))
        try await road.work()
        let ready = try await road.key(token)
        #expect(ready.json["status"] == "active")
        #expect(ready.json["generation"] == 2)
        #expect(ready.json["key"]?.string != key)
    }

    // MARK: The reveal

    @Test func `a generation is in the audit before its key leaves`() async throws {
        let road = try await Road()
        let (_, token, _) = try await road.claimed()
        await road.staff("keys/revoke", ["query": "ada@example.com", "reason": "leaked"])
        await road.staff("keys/restore", ["query": "ada@example.com", "reason": "settled"])
        let reveals = { try await road.audit().filter { $0 == "key.revealed" }.count }
        #expect(try await reveals() == 1)

        let gate = Road.Gate()
        let route = road.keyRoute(store: gate.store(road.tollgate.store))
        gate.close()
        let refused = await Self.answer(route, token)
        #expect(refused.status == 503)
        #expect(refused.headers["Retry-After"] == "5")
        #expect(refused.json["key"] == nil && refused.json["last_four"] == nil)
        #expect(road.log.about("key.not_shown", level: .error).count == 1)
        #expect(try await reveals() == 1)
        gate.open()
        #expect(await Self.answer(route, token).json["key"] != nil)
        #expect(try await reveals() == 2)
        // From then on it is read only.
        gate.close()
        #expect(await Self.answer(route, token).json["key"] != nil)
    }

    @Test func `a key that is revoked while its reveal is written stays inside`() async throws {
        let road = try await Road()
        let (_, token, _) = try await road.claimed()
        await road.staff("keys/revoke", ["query": "ada@example.com", "reason": "leaked"])
        await road.staff("keys/restore", ["query": "ada@example.com", "reason": "settled"])
        let store = Overtaken(store: road.tollgate.store) {
            _ = await road.staff("keys/revoke", ["query": "ada@example.com", "reason": "again"])
        }
        let response = await Self.answer(road.keyRoute(store: store), token)
        #expect(response.json["key"] == nil)
        #expect(try await road.audit().filter { $0 == "key.revealed" }.count == 1)
    }

    @Test func `a key that does not match its row is not shown`() async throws {
        let road = try await Road()
        let (_, token, key) = try await road.claimed()
        try await road.tollgate.store.database.write { connection in
            _ = try connection.run("UPDATE api_key SET salt = randomblob(16)")
        }
        let response = try await road.key(token)
        #expect(response.status == 500)
        #expect(response.json["type"] == "urn:tollgate:problem:key-withheld")
        #expect(!response.text.contains(key))
        #expect(road.log.about("key.not_shown", level: .error).count == 1)
    }

    @Test func `a database that cannot be read is 503`() async throws {
        struct Down: KeyLookups {
            func lookup(tokenDigest: [UInt8]) throws -> KeyLookup? { throw Broken() }
        }
        let road = try await Road()
        let route = road.keyRoute(store: road.tollgate.store, lookups: Down())
        let response = await Self.answer(route, "tlk_anything")
        #expect(response.status == 503)
        #expect(response.headers["Retry-After"] == "5")
    }

    private static func answer(_ route: KeyRoute, _ token: String) async -> HTTPResponse {
        guard
            let request = try? HTTPRequest(
                target: "/v1/key",
                headers: ["Authorization": "Bearer \(token)"]
            )
        else { return .empty(status: 599) }
        var router = Router()
        router.on("GET", "/v1/key", .prompt(route.respond))
        return await router.respond(to: request)
    }
}

/// A store before whose first write something else happens.
private struct Overtaken: Store {
    let store: any Store
    private let first = Once()
    let event: @Sendable () async -> Void

    init(store: any Store, event: @escaping @Sendable () async -> Void) {
        self.store = store
        self.event = event
    }

    private final class Once: Sendable {
        private let isDone = Atomic<Bool>(false)
        func take() -> Bool { !isDone.exchange(true, ordering: .relaxed) }
    }

    func read<T: Sendable>(
        _ body: @escaping @Sendable (any StoreReader) throws -> T
    ) async throws -> T { try await store.read(body) }

    func write<T: Sendable>(
        _ body: @escaping @Sendable (any StoreTransaction) throws -> T
    ) async throws -> T {
        if first.take() { await event() }
        return try await store.write(body)
    }
}

extension Road {
    func keyRoute(store: any Store, lookups: (any KeyLookups)? = nil) -> KeyRoute {
        KeyRoute(
            lookups: lookups ?? tollgate.store,
            store: store,
            plans: PlanCache(store: store),
            answer: answer,
            waits: Waits(changed: Bell()),
            now: { self.now },
            log: tollgate.surroundings.log
        )
    }
}
