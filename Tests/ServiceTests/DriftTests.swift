import Foundation
import HTTP
import JSON
import Sandbox
import Subscriptions
import Testing
import Transport

@testable import Service

/// `grants list`, `grants drift` and `grants repair`.
struct DriftTests {
    /// Signs up so many, and gives what each sees and holds.
    private func road(
        _ count: Int
    ) async throws -> (Road, [(subscriber: Subscriber, token: String, key: String)]) {
        let road = try await Road()
        var all: [(subscriber: Subscriber, token: String, key: String)] = []
        for number in 0..<count { all.append(try await road.claimed("sub\(number)")) }
        return (road, all)
    }

    /// The platform restarts empty behind the running server.
    private func empty(_ road: Road) throws -> SandboxPlatform {
        let fresh = try SandboxPlatform(clock: road.clock)
        road.wire.script { request, _ in fresh.answer(request) }
        return fresh
    }

    private func use(_ key: String, at platform: SandboxPlatform) throws -> Int {
        platform.answer(
            try HTTPRequest(
                target: "/api/v2/shop/_table/customers?limit=1",
                headers: ["X-DreamFactory-API-Key": key]
            )
        ).status
    }

    @Test func `an emptied platform is rebuilt, and every subscriber's same key works again`()
        async throws
    {
        let (road, all) = try await road(21)
        let fresh = try empty(road)
        #expect(try all.allSatisfy { try use($0.key, at: fresh) == 400 })
        let drift = await road.staff("grants/drift")
        #expect(drift.exit == .done)
        #expect(drift.body["kinds"]?["missing"]?.int == 21)
        #expect(drift.body["confirm"]?.int == 21)
        let refused = await road.staff("grants/repair")
        #expect(refused.exit == .refused)
        #expect(refused.message?.hasSuffix("then add --confirm 21.") == true)
        #expect(await road.staff("grants/repair", ["confirm": 20]).exit == .refused)
        #expect(try all.allSatisfy { try use($0.key, at: fresh) == 400 })
        let dry = await road.staff("grants/repair", ["dry_run": true])
        #expect(dry.exit == .done && dry.body["differences"]?.int == 21)
        #expect(try all.allSatisfy { try use($0.key, at: fresh) == 400 })

        let repaired = await road.staff("grants/repair", ["confirm": 21])
        #expect(repaired.exit == .done)
        #expect(repaired.message == "21 grants were repaired; nothing is left.")
        for one in all {
            #expect(try use(one.key, at: fresh) == 200)
            #expect(try await road.key(one.token).json["key"]?.string == one.key)
            #expect(try await road.grant(of: one.subscriber).observed.limits.count == 1)
        }
        #expect(await road.staff("grants/repair").message?.hasSuffix("no difference.") == true)
    }

    @Test func `a key that comes back wakes only once its limits are back`() async throws {
        let (road, all) = try await road(1)
        let fresh = try SandboxPlatform(clock: road.clock)
        let calls = Lines()
        road.wire.script { request, _ in
            if request.method != "GET", !request.path.hasSuffix("session") {
                let isAwake =
                    request.path.hasSuffix("/role")
                    && String(decoding: request.body, as: UTF8.self).contains("\"is_active\":false")
                calls.add("\(request.method) \(request.path)\(isAwake ? " asleep" : "")")
            }
            return fresh.answer(request)
        }
        #expect(await road.staff("grants/repair").exit == .done)
        #expect(
            calls.all == [
                "POST /api/v2/system/role asleep", "POST /api/v2/system/limit",
                "PATCH /api/v2/system/app/4",
            ]
        )
        #expect(try use(all[0].key, at: fresh) == 200)
    }

    @Test func `only this installation's names are touched`() async throws {
        let (road, _) = try await road(1)
        let installation = try #require(try await road.read { try $0.installation() })
        let id = "zzzzzzzzzzzzzzzzzzzzzzzzz7"
        for name in ["tollgate-test-other2-\(id)", "tollgate-test-\(installation.shortID)-\(id)"] {
            let body: JSONValue = [
                "resource": [["name": .string(name), "is_active": true]]
            ]
            let answer = road.platform.answer(try road.asAdministrator("role", body))
            #expect(answer.status == 201)
        }
        let drift = await road.staff("grants/drift").body["drift"]?.array ?? []
        #expect(drift.map { $0["name"]?.string } == ["tollgate-test-\(installation.shortID)-\(id)"])
        #expect(drift.first?["kind"] == "orphaned")
        let reply = await road.staff("grants/repair")
        #expect(reply.exit == .done)
        #expect(reply.body["deleted"]?.int == 1)
        let roles = road.platform.answer(try road.asAdministrator("role", nil))
        let names = (roles.json["resource"]?.array ?? []).compactMap { $0["name"]?.string }
        #expect(names.contains("tollgate-test-other2-\(id)"))
        #expect(!names.contains("tollgate-test-\(installation.shortID)-\(id)"))
        #expect(try await road.audit().contains("grant.orphan_deleted"))
    }

    @Test func `the scheduled comparison raises an alarm that a repair ends`() async throws {
        let (road, all) = try await road(1)
        let caretaker = road.tollgate.caretaker
        await caretaker.tick()
        #expect(road.log.about("drift.compared", level: .info).count == 1)
        #expect(road.log.about("drift", level: .warning).isEmpty)
        let fresh = try empty(road)
        road.pass(.seconds(86_400))
        await caretaker.tick()
        #expect(road.log.about("drift", level: .warning).count == 1)
        await caretaker.tick()
        let status = await road.staff("status")
        #expect(status.body["drift"]?["differences"]?.int == 1)
        #expect("\(status.body["alarms"] ?? [])".contains("grants repair"))
        #expect(road.log.about("alarm", level: .error).count == 1)
        #expect(try use(all[0].key, at: fresh) == 400, "it only reports")
        #expect(await road.staff("grants/repair").exit == .done)
        #expect(await road.staff("status").body["alarms"] == [])
    }

    @Test func `while the platform is down nothing is compared and nothing changes`() async throws {
        let (road, all) = try await road(1)
        road.wire.fail(.connectionRefused)
        for operation in ["grants/drift", "grants/repair"] {
            let reply = await road.staff(operation)
            #expect(reply.exit == .failed)
            #expect(reply.message?.contains("Nothing was compared") == true)
        }
        road.wire.fail(nil)
        #expect(try road.use(all[0].key) == 200)
        #expect(await road.staff("grants/drift").body["differences"]?.int == 0)
    }

    @Test func `grants are listed by page, and those that are stuck with the reason`() async throws
    {
        let (road, _) = try await road(2)
        #expect(await road.staff("grants/list", ["stuck": true]).body["grants"] == [])
        let first = await road.staff("grants/list", ["limit": 1]).body
        let second = await road.staff("grants/list", ["limit": 1, "after": first["next"] ?? nil])
        let rows = (first["grants"]?.array ?? []) + (second.body["grants"]?.array ?? [])
        #expect(
            Set(rows.compactMap { $0["email"]?.string }) == [
                "sub0@example.com", "sub1@example.com",
            ]
        )
        #expect(rows.allSatisfy { $0["proof"] == "alive" && $0["shown"] == true })
        road.wire.fail(.connectionRefused)
        _ = try await road.signUp("bob")
        let stuck = await road.staff("grants/list", ["stuck": true]).body["grants"]?.array ?? []
        #expect(stuck.map { $0["email"]?.string } == ["bob@example.com"])
        #expect(stuck.first?["problem"]?.string?.contains("connection was refused") == true)
    }
}

extension Road {
    /// A call of the System API as its administrator.
    func asAdministrator(_ resource: String, _ body: JSONValue?) throws -> HTTPRequest {
        let login: JSONValue = [
            "email": .string(SandboxPlatform.adminEmail),
            "password": .string(SandboxPlatform.adminPassword),
        ]
        let session = platform.answer(
            try HTTPRequest(
                method: "POST",
                target: "/api/v2/system/admin/session",
                headers: ["Content-Type": "application/json"],
                body: login.serialized()
            )
        )
        return try HTTPRequest(
            method: body == nil ? "GET" : "POST",
            target: "/api/v2/system/\(resource)",
            headers: [
                "X-DreamFactory-Session-Token": session.json["session_token"]?.string ?? "",
                "Content-Type": "application/json",
            ],
            body: body?.serialized() ?? []
        )
    }
}
