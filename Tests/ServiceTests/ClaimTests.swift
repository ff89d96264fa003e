import Foundation
import HTTP
import JSON
import Subscriptions
import Synchronization
import Testing

@testable import Service

/// `POST /v1/claims`, by outcome.
struct ClaimTests {
    // MARK: Exchanged

    @Test func `a reference is exchanged for a token and the key`() async throws {
        let road = try await Road()
        let subscriber = try await road.signUp()
        let response = try await road.claim(subscriber.reference)
        #expect(response.status == 200)
        #expect(response.headers["Cache-Control"] == "no-store")
        let body = response.json
        let key = try #require(body["key"]?.string)
        #expect(key.hasPrefix("tgtest") && key.utf8.count == 64)
        #expect(body["last_four"]?.string == String(key.suffix(4)))
        #expect(body["lookup_token"]?.string?.hasPrefix("tlk_") == true)
        #expect(body["status"] == "active")
        #expect(body["plan"] == "pro")
        #expect(body["base_url"] == "http://127.0.0.1:8081/api/v2")
        #expect(body["header"] == "X-DreamFactory-API-Key")
        #expect(body["limits"] == [["period": "minute", "rate": 5, "verb": nil]])
        #expect(try await road.audit().suffix(2) == ["claim.used", "key.revealed"])
    }

    @Test func `the same idempotency key repeats the answer for ten minutes, and no longer`()
        async throws
    {
        let road = try await Road()
        let subscriber = try await road.signUp()
        let mine = "idempotency-key-of-the-client"
        let first = try await road.claim(subscriber.reference, idempotencyKey: mine)
        road.pass(.seconds(599))
        let again = try await road.claim(subscriber.reference, idempotencyKey: mine)
        #expect(again.status == 200)
        #expect(again.body == first.body)
        #expect(try await road.audit().filter { $0 == "key.revealed" }.count == 1)
        let other = try await road.claim(subscriber.reference, idempotencyKey: "another-client-key")
        #expect(other.status == 404)
        road.pass(.seconds(2))
        let late = try await road.claim(subscriber.reference, idempotencyKey: mine)
        #expect(late.status == 404)
    }

    @Test func `a repeated answer that shows a newer key is a reveal of its own`() async throws {
        let road = try await Road()
        let subscriber = try await road.signUp()
        let mine = "idempotency-key-of-the-client"
        let first = try await road.claim(subscriber.reference, idempotencyKey: mine)
        await road.staff("keys/revoke", ["query": "ada@example.com", "reason": "leaked"])
        await road.staff("keys/restore", ["query": "ada@example.com", "reason": "settled"])
        let again = try await road.claim(subscriber.reference, idempotencyKey: mine)
        #expect(again.json["generation"] == 2)
        #expect(again.json["key"] != first.json["key"])
        #expect(try await road.audit().filter { $0 == "key.revealed" }.count == 2)
    }

    // MARK: Preparing

    @Test func `a reference is known before its key can be shown`() async throws {
        let road = try await Road()
        let subscriber = Subscriber(signedUpAt: road.now)
        try await road.deliver(subscriber.checkedOut(after: 0))
        while try await road.tollgate.worker.drain() > 0 {}
        let response = try await road.claim(subscriber.reference)
        #expect(response.status == 202)
        #expect(response.headers["Retry-After"] == "2")
        #expect(response.json == ["status": "preparing"])
    }

    // MARK: Refused

    @Test func `a used, expired, ended, unknown or foreign reference is one and the same 404`()
        async throws
    {
        let road = try await Road()
        var answers: [HTTPResponse] = []
        answers.append(try await road.claim("cs_test_unknown"))

        let (used, _, _) = try await road.claimed("ada")
        answers.append(try await road.claim(used.reference))
        answers.append(
            try await road.claim(used.reference, idempotencyKey: "sixteen-bytes-or-more")
        )

        let foreign = try await road.signUp("bob")
        answers.append(try await road.claim(foreign.reference, provider: "paddle"))
        answers.append(try await road.claim(foreign.reference, provider: "tollgate"))
        answers.append(try await road.claim(foreign.reference.uppercased()))

        await road.staff("claims/create", ["query": "bob@example.com"])
        answers.append(try await road.claim(foreign.reference))

        let revoked = try await road.signUp("cyd")
        await road.staff("keys/revoke", ["query": "cyd@example.com", "reason": "fraud"])
        answers.append(try await road.claim(revoked.reference))

        let expired = try await road.signUp("dan")
        road.pass(.seconds(3_600))
        answers.append(try await road.claim(expired.reference))

        let texts = Set(answers.map(Self.anonymous))
        #expect(
            texts == [
                """
                404
                Cache-Control: no-store
                Content-Type: application/problem+json
                {"request_id":"…","status":404,"title":"The reference is not known, was used, or is over",\
                "type":"urn:tollgate:problem:claim-refused"}
                """
            ]
        )
    }

    private static func anonymous(_ response: HTTPResponse) -> String {
        let id = response.json["request_id"]?.string ?? "none"
        return response.transcript.replacing(id, with: "…")
    }

    @Test(.timeLimit(.minutes(10)), arguments: [true, false])
    func `a used reference waits like an unknown one`(_ isUsed: Bool) async throws {
        let road = try await Road()
        let (subscriber, _, _) = try await road.claimed()
        let reference = isUsed ? subscriber.reference : "cs_test_unknown"
        let bell = Bell()
        let store = Watched(store: road.tollgate.store)
        let route = road.claimRoute(store: store, changed: bell)
        let request = try road.claimRequest(reference, wait: 30)
        let answer = Task { await route.respond(to: request) }
        while store.reads < 1 { await Task.yield() }
        // It looks again at each change, so it was not answered at the first look.
        while store.reads < 2 {
            bell.ring()
            await Task.yield()
        }
        answer.cancel()
        #expect(await answer.value.status == 404)
    }

    @Test func `a try on a used reference is written down for staff`() async throws {
        let road = try await Road()
        let (subscriber, _, _) = try await road.claimed()
        _ = try await road.claim(subscriber.reference)
        // Written beside the answer, not before it.
        while try await !road.audit().contains("claim.refused") { await Task.yield() }
        #expect(road.log.about("claim.used_again", level: .warning).count == 1)
    }

    @Test func `of many who claim at once exactly one gets the key`() async throws {
        let road = try await Road()
        let subscriber = try await road.signUp()
        let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask { try await road.claim(subscriber.reference).status }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(statuses.sorted() == [200] + Array(repeating: 404, count: 7))
    }

    // MARK: Malformed

    @Test(arguments: [
        "", "not json", "[]", "{}", #"{"provider":"stripe"}"#, #"{"reference":"cs_1"}"#,
        #"{"provider":"stripe","reference":""}"#, #"{"provider":"stripe","reference":7}"#,
        #"{"provider":["stripe"],"reference":"cs_1"}"#,
    ])
    func `a body that is no claim is 400`(_ text: String) async throws {
        let road = try await Road()
        let response = try await road.request("POST", "/v1/claims", body: Array(text.utf8))
        #expect(response.status == 400)
        #expect(response.headers["Content-Type"] == "application/problem+json")
        #expect(response.json["type"] == "urn:tollgate:problem:bad-request")
        #expect(
            response.json["detail"]
                == "A JSON object with the texts provider and reference is expected."
        )
    }

    @Test func `a reference longer than any provider's is 400`() async throws {
        let road = try await Road()
        let long = String(repeating: "c", count: 513)
        #expect(try await road.claim(long).status == 400)
        #expect(try await road.claim(String(long.dropLast())).status == 404)
    }

    @Test(arguments: ["short", String(repeating: "k", count: 513)])
    func `an idempotency key that can be guessed or is endless is 400`(
        _ key: String
    ) async throws {
        let road = try await Road()
        let subscriber = try await road.signUp()
        let response = try await road.claim(subscriber.reference, idempotencyKey: key)
        #expect(response.status == 400)
        #expect(try await road.claim(subscriber.reference).status == 200)
    }
}

/// A store that counts its reads.
private final class Watched: Store {
    private let store: any Store
    private let count = Atomic<Int>(0)

    var reads: Int { count.load(ordering: .relaxed) }

    init(store: any Store) { self.store = store }

    func read<T: Sendable>(
        _ body: @escaping @Sendable (any StoreReader) throws -> T
    ) async throws -> T {
        count.wrappingAdd(1, ordering: .relaxed)
        return try await store.read(body)
    }

    func write<T: Sendable>(
        _ body: @escaping @Sendable (any StoreTransaction) throws -> T
    ) async throws -> T { try await store.write(body) }
}
