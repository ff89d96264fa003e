import Foundation
import HTTP
import JSON
import Subscriptions
import Testing
import Transport

@testable import Service

/// `keys revoke` and `keys restore`: dead means dead, and proved means asked.
struct RevocationTests {
    private static let query: JSONValue = ["query": "ada@example.com", "reason": "leaked"]

    @Test func `a revocation is proved, and the platform has nothing left`() async throws {
        let road = try await Road()
        let (subscriber, token, key) = try await road.claimed()
        let reply = await road.staff("keys/revoke", Self.query)
        #expect(reply.exit == .done)
        #expect(reply.message?.hasPrefix("The platform refuses the key, proved after") == true)
        #expect(try road.use(key) == 400)
        #expect(try road.platformCounts() == [0, 0, 0])
        #expect(try await road.key(token).json["status"] == "ended")
        let grant = try await road.grant(of: subscriber)
        #expect(grant.observed.revocation?.provedAt == road.now)
        #expect(grant.observed.revocation?.closedAt == nil)
        road.pass(.seconds(31))
        try await road.work()
        #expect(try await road.grant(of: subscriber).observed.revocation?.closedAt == road.now)
    }

    @Test func `while the platform is down the key is withheld at once and proved later`()
        async throws
    {
        let road = try await Road()
        let (_, token, key) = try await road.claimed()
        road.wire.fail(.connectionRefused)
        let reply = await road.staff("keys/revoke", Self.query)
        #expect(reply.exit == .notYetProved)
        #expect(reply.message?.contains("withheld from lookups") == true)
        #expect(reply.message?.contains("connection was refused") == true)
        let withheld = try await road.key(token)
        #expect(withheld.json["status"] == "ended")
        #expect(withheld.json["key"] == nil)
        let status = await road.staff("status")
        #expect(status.body["unproved_revocations"]?.array?.count == 1)

        road.wire.fail(nil)
        road.pass(.seconds(600))
        try await road.work()
        #expect(try road.use(key) == 400)
        #expect(await road.staff("status").body["unproved_revocations"] == [])
        #expect(await road.staff("keys/revoke", Self.query).exit == .done)
    }

    @Test func `revoked again is proved again, and exits 0`() async throws {
        let road = try await Road()
        _ = try await road.claimed()
        await road.staff("keys/revoke", Self.query)
        let calls = road.wire.count
        let audit = try await road.audit()
        let again = await road.staff("keys/revoke", Self.query)
        #expect(again.exit == .done)
        #expect(road.wire.count == calls + 1)
        #expect(try await road.audit().filter { $0 == "hold.placed" }.count == 1)
        #expect(try await road.audit().count >= audit.count)
        #expect(again.message?.hasPrefix("Revoked before, by ") == true)
    }

    @Test(arguments: [" \n", String(repeating: "x", count: 501)])
    func `a reason that says nothing or too much is refused before anything is done`(
        _ reason: String
    ) async throws {
        let road = try await Road()
        let (_, _, key) = try await road.claimed()
        for operation in ["keys/revoke", "keys/rotate", "subscriptions/suspend"] {
            let reply = await road.staff(
                operation,
                ["query": "ada@example.com", "reason": .string(reason)]
            )
            #expect(reply.exit == .usage)
        }
        #expect(try road.use(key) == 200)
    }

    @Test func `an ended key that is looked up is not taken for the newer one`() async throws {
        let road = try await Road()
        let (_, _, key) = try await road.claimed()
        let find: JSONValue = ["query": .string(key)]
        #expect(await road.staff("keys/find", find).message == nil)
        await road.staff("keys/revoke", Self.query)
        await road.staff("keys/restore", Self.query)
        let found = await road.staff("keys/find", find)
        #expect(found.exit == .done)
        #expect(
            found.message?.hasPrefix("The key that was given is generation 1, not the newest")
                == true
        )
    }

    @Test func `a revocation that another command lifts meanwhile is not called proved`()
        async throws
    {
        let road = try await Road()
        let (subscriber, _, _) = try await road.claimed()
        await road.staff("keys/revoke", Self.query)
        let reply = await Overtaken(road: road).operations.perform(
            StaffRequest("keys/revoke", Self.query, actor: "staff:grace")
        )
        #expect(reply.exit == .failed)
        #expect(reply.message?.hasPrefix("The hold was lifted meanwhile") == true)
        #expect(try await road.grant(of: subscriber).isShown)
    }

    @Test(arguments: [TransportError.connectionRefused, .timedOut])
    func `revoked again while the platform is down is not called proved`(
        _ failure: TransportError
    ) async throws {
        let road = try await Road()
        _ = try await road.claimed()
        #expect(await road.staff("keys/revoke", Self.query).exit == .done)
        road.pass(.seconds(60))
        try await road.work()
        road.pass(.seconds(1))
        road.wire.fail(failure)
        let again = await road.staff("keys/revoke", Self.query)
        #expect(again.exit == .notYetProved)
        #expect(again.message?.isEmpty == false)
    }

    @Test func `a key that is back is found by revoking it again, and taken down`() async throws {
        let road = try await Road()
        let (_, _, key) = try await road.claimed()
        await road.staff("keys/revoke", Self.query)
        road.pass(.seconds(60))
        try await road.work()
        try road.asAdmin("POST", "role", ["resource": [["name": "by hand", "is_active": true]]])
        let role = try road.asAdmin("GET", "role")["resource"]?.array?.last?["id"]
        try road.asAdmin(
            "POST",
            "app",
            [
                "resource": [
                    [
                        "name": "by hand", "api_key": .string(key), "is_active": true, "type": 0,
                        "role_id": role ?? nil,
                    ]
                ]
            ]
        )
        let again = await road.staff("keys/revoke", Self.query)
        #expect(again.exit == .notYetProved)
        #expect(await road.staff("status").body["unproved_revocations"]?.array?.count == 1)
    }

    @Test func `a revoked subscription stays dead through every later event`() async throws {
        let road = try await Road()
        let (subscriber, token, key) = try await road.claimed()
        await road.staff("keys/revoke", Self.query)
        let generation = try await road.grant(of: subscriber).desired.generation
        for event in subscriber.signUp + subscriber.life(after: 100) {
            try await road.deliver(event)
            try await road.work()
            #expect(try await road.grant(of: subscriber).desired.access == .ended)
            #expect(try road.use(key) == 400)
            #expect(try await road.key(token).json["key"] == nil)
        }
        for event in try await road.events() {
            await road.staff("events/replay", ["id": .string("\(event.number)")])
        }
        road.pass(.seconds(40 * 86_400))
        try await road.work()
        #expect(try await road.grant(of: subscriber).desired.access == .ended)
        #expect(try await road.grant(of: subscriber).desired.generation == generation)
        #expect(try road.platformCounts() == [0, 0, 0])
        #expect(try await road.claim(subscriber.reference).status == 404)
    }

    @Test func `a subscription revoked before its first key never gets one`() async throws {
        let road = try await Road()
        let subscriber = Subscriber(signedUpAt: road.now)
        try await road.deliver(subscriber.checkedOut(after: 0))
        try await road.work()
        let reply = await road.staff("keys/revoke", Self.query)
        #expect(reply.exit == .done)
        #expect(reply.message?.hasSuffix("never had a key, and will get none.") == true)
        for event in subscriber.signUp { try await road.deliver(event) }
        try await road.work()
        #expect(try road.platformCounts() == [0, 0, 0])
        #expect(try await road.claim(subscriber.reference).status == 404)
    }

    @Test func `a dry run shows what would die and kills nothing`() async throws {
        let road = try await Road()
        let (_, _, key) = try await road.claimed()
        let reply = await road.staff(
            "keys/revoke",
            ["query": "ada@example.com", "reason": "x", "dry_run": true]
        )
        #expect(reply.exit == .done)
        #expect(reply.body.subscriptions.count == 1)
        #expect(try road.use(key) == 200)
    }

    @Test func `a revocation without a reason is refused`() async throws {
        let road = try await Road()
        let (_, _, key) = try await road.claimed()
        let reply = await road.staff("keys/revoke", ["query": "ada@example.com"])
        #expect(reply.exit == .usage)
        #expect(reply.message == "The argument reason is missing.")
        #expect(try road.use(key) == 200)
    }

    // MARK: Restoring

    @Test func `a restore makes the next generation, and the old key stays dead`() async throws {
        let road = try await Road()
        let (_, token, old) = try await road.claimed()
        await road.staff("keys/revoke", Self.query)
        let reply = await road.staff("keys/restore", Self.query)
        #expect(reply.exit == .done)
        #expect(reply.message?.contains("generation 2, works") == true)
        let shown = try await road.key(token).json
        let new = try #require(shown["key"]?.string)
        #expect(shown["generation"] == 2 && new != old)
        #expect(try road.use(new) == 200)
        #expect(try road.use(old) == 400)
        #expect(try road.platformCounts() == [1, 1, 1])
    }

    @Test func `a key that is dead for good does not lead to the end of the one after it`()
        async throws
    {
        let road = try await Road()
        let (_, token, old) = try await road.claimed()
        await road.staff("keys/revoke", Self.query)
        road.pass(.seconds(31))
        try await road.work()
        await road.staff("keys/restore", Self.query)
        let new = try #require(try await road.key(token).json["key"]?.string)
        let reply = await road.staff("keys/revoke", ["query": .string(old), "reason": "leaked"])
        #expect(reply.exit == .refused)
        #expect(reply.message?.contains("generation 1 and was refused for good") == true)
        #expect(try road.use(new) == 200)
    }

    @Test func `a key that was refused once is dead to staff before the second look`() async throws
    {
        let road = try await Road()
        let (_, token, old) = try await road.claimed()
        await road.staff("keys/rotate", ["query": "ada@example.com", "grace": 0])
        let new = try #require(try await road.key(token).json["key"]?.string)
        #expect(new != old)
        #expect(try road.use(old) == 400)
        let found = await road.staff("keys/find", ["query": .string(old)])
        #expect(found.message?.contains("not the newest: it was refused at") == true, "\(found)")
        let reply = await road.staff("keys/revoke", ["query": .string(old), "reason": "leaked"])
        #expect(reply.exit == .refused)
        #expect(try road.use(new) == 200)
    }

    @Test func `a restore of what is not revoked is refused by policy`() async throws {
        let road = try await Road()
        _ = try await road.claimed()
        let reply = await road.staff("keys/restore", Self.query)
        #expect(reply.exit == .refused)
        #expect(reply.message?.hasSuffix("is not revoked.") == true)
    }

    @Test func `a restore without money lifts the hold and makes no key`() async throws {
        let road = try await Road()
        let (subscriber, token, _) = try await road.claimed()
        await road.staff("keys/revoke", Self.query)
        try await road.deliver(subscriber.changed("deleted", after: 100, status: "canceled"))
        try await road.work()
        let reply = await road.staff("keys/restore", Self.query)
        #expect(reply.exit == .done)
        #expect(
            reply.message
                == "The hold is lifted; access is ended: the subscription has ended."
        )
        #expect(try await road.key(token).json["status"] == "ended")
        #expect(try road.platformCounts() == [0, 0, 0])
    }

    @Test func `a restore while the platform is down is accepted and proved later`() async throws {
        let road = try await Road()
        let (_, token, old) = try await road.claimed()
        road.wire.fail(.connectionRefused)
        await road.staff("keys/revoke", Self.query)
        #expect(await road.staff("keys/restore", Self.query).exit == .notYetProved)
        #expect(try road.use(old) == 200)
        road.wire.fail(nil)
        road.pass(.seconds(600))
        try await road.work()
        let new = try #require(try await road.key(token).json["key"]?.string)
        #expect(try road.use(old) == 400)
        #expect(try road.use(new) == 200)
    }
}

/// A platform desk that is overtaken by a restoration each time a key is to be proved again.
private struct Overtaken: GrantConvergence {
    let road: Road

    var operations: StaffOperations {
        var operations = road.tollgate.operations
        operations.convergence = self
        return operations
    }

    func wake() {}
    func converge(_ id: Subscription.ID, patience: Duration) async throws {}
    func proveAgain(_ id: Subscription.ID) async throws -> Grant? {
        await road.staff("keys/restore", ["query": "ada@example.com", "reason": "a mistake"])
        return try await road.tollgate.convergence.proveAgain(id)
    }
    func pause() -> (since: Date, nextProbeAt: Date, sentence: String)? { nil }
    func platformProblem() async -> String? { nil }
    func serviceType(named name: String) async throws -> String? { nil }
}
