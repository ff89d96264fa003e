import Foundation
import HTTP
import JSON
import Subscriptions
import Testing
import Transport

@testable import Service

/// `keys rotate` and `POST /v1/key/rotate`.
struct RotationTests {
    private func rotate(
        _ road: Road,
        _ token: String,
        _ body: String = ""
    ) async throws -> HTTPResponse {
        try await road.request(
            "POST",
            "/v1/key/rotate",
            ["Authorization": "Bearer \(token)"],
            body: Array(body.utf8)
        )
    }

    @Test func `staff rotate a key, and the old one lives until its grace is over`() async throws {
        let road = try await Road()
        let (subscriber, token, key) = try await road.claimed()
        let reply = await road.staff("keys/rotate", ["query": "ada@example.com", "grace": 3_600])
        #expect(reply.exit == .done)
        #expect(reply.message?.contains("the old one lives until") == true)
        let answer = try await road.key(token).json
        let new = try #require(answer["key"]?.string)
        #expect(new != key)
        #expect(answer["generation"] == 2)
        #expect(answer["previous_last_four"] == .string(String(key.suffix(4))))
        let until = road.now.addingTimeInterval(3_600)
        #expect(answer["previous_until"] == .string(until.formatted(.iso8601)))
        #expect(try road.use(key) == 200)
        #expect(try road.use(new) == 200)
        road.pass(.seconds(3_600))
        try await road.work()
        #expect(try road.use(key) == 400)
        #expect(try road.use(new) == 200)
        #expect(try await road.key(token).json["previous_last_four"] == nil)
        road.pass(.seconds(31))
        try await road.work()
        #expect(try await road.grant(of: subscriber).observed.closedGeneration == 1)
        let audit = try await road.audit()
        #expect(audit.contains("key.rotated") && audit.last == "key.ended")
    }

    @Test(arguments: [["leaked": true], ["grace": 0]] as [JSONValue])
    func `a leaked key dies in the call that makes the new one, and is proved to`(
        _ arguments: JSONValue
    ) async throws {
        let road = try await Road()
        let (_, token, key) = try await road.claimed()
        #expect(try road.use(key) == 200)
        var members = try #require(arguments.object)
        members["query"] = .string(key)
        let before = road.wire.count
        let reply = await road.staff("keys/rotate", .object(members))
        #expect(reply.exit == .done)
        #expect(reply.message?.contains("the platform refuses every older one") == true)
        #expect(road.wire.count == before + 3)
        #expect(try road.use(key) == 400)
        let answer = try await road.key(token).json
        #expect(try road.use(try #require(answer["key"]?.string)) == 200)
        #expect(answer["previous_until"] == nil)
        #expect(reply.body.text().contains(key) == false)
    }

    @Test func `a second grace is refused while the first one runs`() async throws {
        let road = try await Road()
        _ = try await road.claimed()
        let query: JSONValue = ["query": "ada@example.com"]
        #expect(await road.staff("keys/rotate", query).exit == .done)
        let again = await road.staff("keys/rotate", query)
        #expect(again.exit == .refused)
        #expect(again.message?.contains("--leaked") == true)
        let leaked = await road.staff("keys/rotate", ["query": "ada@example.com", "leaked": true])
        #expect(leaked.exit == .done)
        #expect(try road.platformCounts()[1] == 1)
    }

    @Test func `while the platform is down a rotation takes nothing away`() async throws {
        let road = try await Road()
        let (_, token, key) = try await road.claimed()
        road.wire.fail(.connectionRefused)
        let reply = await road.staff("keys/rotate", ["query": "ada@example.com", "wait": 0])
        #expect(reply.exit == .notYetProved)
        #expect(reply.message?.contains("The old key lives on") == true)
        let answer = try await road.key(token).json
        #expect(answer["status"] == "active")
        #expect(answer["key"] == .string(key))
        road.wire.fail(nil)
        road.pass(.seconds(60))
        try await road.work()
        #expect(try await road.key(token).json["generation"] == 2)
    }

    @Test func `what has no key cannot be rotated`() async throws {
        let road = try await Road()
        _ = try await road.claimed()
        await road.staff("keys/revoke", ["query": "ada@example.com", "reason": "x"])
        let reply = await road.staff("keys/rotate", ["query": "ada@example.com"])
        #expect(reply.exit == .refused)
    }

    // MARK: By the subscriber

    @Test func `a subscriber gets the new key from the same token`() async throws {
        let road = try await Road()
        let (_, token, key) = try await road.claimed()
        async let response = rotate(road, token, #"{"grace":"1h"}"#)
        while try await !road.audit().contains("key.rotated") { await Task.yield() }
        try await road.work()
        let answer = try await response
        #expect(answer.status == 200)
        #expect(answer.headers["Cache-Control"] == "no-store")
        let new = try #require(answer.json["key"]?.string)
        #expect(new != key)
        #expect(answer.json["previous_last_four"] == .string(String(key.suffix(4))))
        #expect(try road.use(key) == 200)
        #expect(try road.use(new) == 200)
        let revealed = try await road.read { try $0.audit(nil, limit: 100) }
            .filter { $0.action == "key.revealed" }
        #expect(revealed.last?.details == ["generation": "2"])
    }

    @Test func `an impatient subscriber is told to come back`() async throws {
        let road = try await Road()
        let (_, token, key) = try await road.claimed()
        for _ in 0..<2 {
            let answer = try await rotate(road, token, #"{"wait":0}"#)
            #expect(answer.status == 202)
            #expect(answer.headers["Retry-After"] == "2")
            #expect(answer.json["key"] == nil)
        }
        #expect(try await road.key(token).json["key"] == .string(key))
        try await road.work()
        #expect(try await road.key(token).json["generation"] == 2)
        #expect(try await road.audit().filter { $0 == "key.rotated" }.count == 1)
    }

    @Test(arguments: [
        (#"{"grace":"25h"}"#, 400), (#"{"grace":5}"#, 400), (#"{"grace":"x"}"#, 400),
        ("[]", 400), ("{", 400), (#"{"wait":"x"}"#, 400),
    ])
    func `what cannot be read or is longer than the plan's grace is refused`(
        _ body: String,
        _ status: Int
    ) async throws {
        let road = try await Road()
        let (subscriber, token, _) = try await road.claimed()
        #expect(try await rotate(road, token, body).status == status)
        #expect(try await road.grant(of: subscriber).desired.generation == 1)
    }

    @Test func `nobody rotates without a token or without access`() async throws {
        let road = try await Road()
        let (_, token, _) = try await road.claimed()
        #expect(try await road.request("POST", "/v1/key/rotate").status == 401)
        #expect(try await rotate(road, "tlk_unknown").status == 401)
        await road.staff("subscriptions/suspend", ["query": "ada@example.com", "reason": "x"])
        let answer = try await rotate(road, token)
        #expect(answer.status == 409)
        #expect(answer.json["type"] == "urn:tollgate:problem:rotation-refused")
    }

    @Test func `a second rotation within the grace is refused but at once`() async throws {
        let road = try await Road()
        let (_, token, key) = try await road.claimed()
        _ = try await rotate(road, token, #"{"wait":0}"#)
        try await road.work()
        #expect(try await rotate(road, token).status == 409)
        #expect(try await rotate(road, token, #"{"grace":"0s","wait":0}"#).status == 202)
        try await road.work()
        #expect(try road.use(key) == 400)
        #expect(try await road.key(token).json["generation"] == 3)
    }
}
