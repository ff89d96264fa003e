import Foundation
import HTTP
import JSON
import Sandbox
import Subscriptions
import Testing
import Transport

@testable import Service

/// `subscriptions import` of customers who have an app on the platform.
struct AdoptionTests {
    private static let key = String(repeating: "0a1B", count: 16)

    /// Makes an app of before by hand, on a role that it shares; its id.
    @discardableResult
    private static func place(
        _ name: String,
        key: String = key,
        on role: Int64? = nil,
        _ platform: SandboxPlatform
    ) throws -> Int64 {
        let app: JSONValue = [
            "name": .string(name), "api_key": .string(key), "is_active": true, "type": 0,
            "role_id": role.map { .integer($0) } ?? nil,
        ]
        let made = try platform.asAdmin("POST", "app?fields=id", ["resource": [app]])
        return try #require(made["resource"]?[0]?["id"]?.integer)
    }

    private static func placeRole(
        _ platform: SandboxPlatform,
        opening name: String = "shop"
    ) throws -> Int64 {
        let services = try platform.asAdmin("GET", "service")["resource"]?.array ?? []
        let service = try #require(services.first { $0["name"]?.string == name }?["id"]?.integer)
        let made = try platform.asAdmin(
            "POST",
            "role?fields=id",
            [
                "resource": [
                    [
                        "name": .string("of before, \(name)"), "is_active": true,
                        "role_service_access_by_role_id": [
                            [
                                "service_id": .integer(service), "component": "*",
                                "verb_mask": 31, "requestor_mask": 3, "filters": [],
                            ]
                        ],
                    ]
                ]
            ]
        )
        return try #require(made["resource"]?[0]?["id"]?.integer)
    }

    private func arguments(_ text: String, isDry: Bool = false) -> JSONValue {
        let file = ImportFile(parsing: Array(text.utf8))
        #expect(file.refusals == [])
        var page = file.page(0..<file.count)
        page["dry_run"] = .bool(isDry)
        return .object(page)
    }

    /// A road on which ada was imported with the app that she has.
    private func road(
        paidUntil: String = "",
        _ setting: [String: String] = [:]
    ) async throws -> (road: Road, app: Int64) {
        let road = try await Road(setting: setting)
        let app = try Self.place("Ada's", on: try Self.placeRole(road.platform), road.platform)
        let reply = await road.staff(
            "subscriptions/import",
            arguments("email,plan,paid_until,app\nada@example.com,pro,\(paidUntil),\(app)")
        )
        #expect(reply.exit == .done && reply.body["new"]?.int == 1, "\(reply.body)")
        try await road.work()
        return (road, app)
    }

    private func token(_ road: Road) async throws -> String {
        let claim = await road.staff("claims/create", ["query": "ada@example.com"])
        let reference = try #require(claim.body["reference"]?.string)
        let answer = try await road.claim(reference, provider: "tollgate")
        #expect(answer.status == 200)
        return try #require(answer.json["lookup_token"]?.string)
    }

    private func grant(_ road: Road) async throws -> Grant {
        let grant = try await road.read { reader in
            try reader.subscriptions(matching: "ada@example.com", limit: 1).first
                .flatMap { try reader.grant($0.id) }
        }
        return try #require(grant)
    }

    private func record(_ id: Int64, _ road: Road) throws -> JSONValue? {
        try road.platform.asAdmin("GET", "app")["resource"]?.array?.first {
            $0["id"]?.integer == id
        }
    }

    @Test func `an imported customer keeps the key, and the look-up tells of it without it`()
        async throws
    {
        let (road, app) = try await road()
        #expect(try road.use(Self.key) == 200)
        #expect(await road.staff("subscriptions/import", [:]).body["under_way"]?.int == 0)
        let answer = try await road.key(try await token(road)).json
        #expect(answer["status"] == "active" && answer["generation"] == 0)
        #expect(answer["key"] == nil && answer["last_four"] == "0a1B")
        #expect(answer["adopted"]?.string?.contains("POST /v1/key/rotate") == true)
        #expect(try await !road.audit().contains("key.revealed"))
        let roles = try road.platform.asAdmin("GET", "role")["resource"]?.array ?? []
        #expect(!roles.contains { $0["name"]?.string?.hasPrefix("tollgate-") == true })

        let calls = road.wire.count
        let again = await road.staff(
            "subscriptions/import",
            arguments("email,plan,app\nada@example.com,pro,\(app)")
        )
        #expect(again.body["known"]?.int == 1 && again.body["refused"]?.array == [])
        try await road.work()
        #expect(road.wire.count == calls)
        let said = road.log.all + road.answers.all
        #expect(!said.isEmpty && !said.contains { $0.contains(Self.key) })
        let files = ["tollgate.db", "tollgate.db-wal"].compactMap {
            FileManager.default.contents(atPath: road.folder.file($0))
        }
        #expect(files.contains { $0.range(of: Data("ada@example.com".utf8)) != nil })
        #expect(!files.contains { $0.range(of: Data(Self.key.utf8)) != nil })
    }

    @Test func `staff find it by app, last four and the key itself`() async throws {
        let (road, app) = try await road()
        for query in ["\(app)", "0a1B", Self.key] {
            let found = await road.staff("keys/find", ["query": .string(query)])
            let row = found.body["subscriptions"]?[0]
            #expect(row?["email"] == "ada@example.com" && row?["last_four"] == "0a1B")
            #expect(row?["adopted_app"]?.integer == app)
        }
        let found = await road.staff("keys/find", ["query": .string(Self.key)])
        #expect(found.message?.contains("the app that was taken over") == true)
        let shown = await road.staff("subscriptions/show", ["query": "ada@example.com"])
        #expect(shown.body["grant"]?["adopted"]?["id"]?.integer == app)
        #expect(shown.body["grant"]?["adopted"]?["last_four"] == "0a1B")
        func verdict() async -> String {
            let reply = await road.staff("keys/explain", ["query": "ada@example.com"])
            return reply.body["why"]?[0]?["text"]?.string ?? ""
        }
        let name = "…0a1B, of the app \(app) that was taken over,"
        #expect(await verdict().hasPrefix("\(name) works; last proved"))
        await road.staff("subscriptions/suspend", ["query": "ada@example.com", "reason": "x"])
        #expect(await verdict().hasPrefix("\(name) sleeps since"))
        await road.staff("keys/revoke", ["query": "ada@example.com", "reason": "x"])
        #expect(await verdict().hasPrefix("\(name) is refused, proved at"))
    }

    @Test func `why a key does not work is said, though its app is gone by hand`() async throws {
        let (road, app) = try await road()
        _ = try road.platform.asAdmin("DELETE", "app/\(app)")
        // It is noticed with the first thing that is to be done with it.
        for verb in ["suspend", "resume"] {
            await road.staff("subscriptions/\(verb)", ["query": "ada@example.com", "reason": "x"])
            try await road.work()
        }
        let reply = await road.staff("keys/explain", ["query": "ada@example.com"])
        let verdict = try #require(reply.body["why"]?[0]?["text"]?.string)
        let name = "…0a1B, of the app \(app) that was taken over,"
        #expect(verdict.hasPrefix("\(name) is gone from the platform; `tollgate keys rotate`"))
    }

    @Test func `on the subscriber's word a new key is made, and the old one has its grace`()
        async throws
    {
        let (road, app) = try await road()
        let token = try await token(road)
        async let response = road.request(
            "POST",
            "/v1/key/rotate",
            ["Authorization": "Bearer \(token)"],
            body: Array(#"{"grace":"1h"}"#.utf8)
        )
        while try await !road.audit().contains("key.rotated") { await Task.yield() }
        try await road.work()
        let answer = try await response.json
        let new = try #require(answer["key"]?.string)
        #expect(answer["generation"] == 1 && answer["previous_last_four"] == "0a1B")
        #expect(answer["adopted"] == nil)
        #expect(try road.use(Self.key) == 200 && road.use(new) == 200)
        road.pass(.seconds(3_600))
        try await road.work()
        #expect(try road.use(Self.key) == 400 && road.use(new) == 200)
        #expect(try record(app, road) == nil)
        road.pass(.seconds(31))
        try await road.work()
        #expect(try await grant(road).observed.adopted?.endedAt == road.now)
        let shared = try road.platform.asAdmin("GET", "role")["resource"]?.array ?? []
        #expect(shared.contains { $0["name"] == "of before, shop" })
    }

    @Test func `a leaked one dies at once, and whoever pastes it does not hit the new one`()
        async throws
    {
        let (road, _) = try await road()
        let reply = await road.staff("keys/rotate", ["query": .string(Self.key), "leaked": true])
        #expect(reply.exit == .done)
        #expect(reply.message?.contains("refuses every older one") == true)
        #expect(try road.use(Self.key) == 400)
        let revoke = await road.staff(
            "keys/revoke",
            ["query": .string(Self.key), "reason": "leaked"]
        )
        #expect(revoke.exit == .refused && revoke.message?.contains("a newer one lives") == true)
        #expect(try await grant(road).isShown)
    }

    @Test func `it sleeps, wakes and ends as every key does, each proved`() async throws {
        let (road, app) = try await road()
        let query: JSONValue = ["query": "ada@example.com", "reason": "x"]
        let token = try await token(road)
        let suspended = await road.staff("subscriptions/suspend", query)
        #expect(suspended.exit == .done && suspended.message == "The key sleeps, proved.")
        #expect(try road.use(Self.key) == 403)
        let asleep = try await road.key(token).json
        #expect(asleep["status"] == "suspended" && asleep["last_four"] == "0a1B")
        #expect(asleep["adopted"] == nil)
        let resumed = await road.staff("subscriptions/resume", query)
        #expect(resumed.exit == .done && resumed.message?.contains("works, proved") == true)
        #expect(try road.use(Self.key) == 200)
        for _ in 0..<2 {
            let revoked = await road.staff("keys/revoke", query)
            #expect(revoked.exit == .done && revoked.message?.contains("refuses the key") == true)
        }
        #expect(try road.use(Self.key) == 400)
        #expect(try record(app, road) == nil)
        road.pass(.seconds(31))
        try await road.work()
        let again = await road.staff("keys/revoke", query)
        #expect(again.exit == .done && again.message?.contains("is deleted") == true)
        let restored = await road.staff("keys/restore", query)
        #expect(restored.exit == .done && restored.message?.contains("generation 1") == true)
        #expect(try road.use(Self.key) == 400)
    }

    @Test func `what is not paid for any more ends with its date`() async throws {
        let (road, _) = try await road(paidUntil: "2026-10-01")
        road.pass(.seconds(20 * 86_400))
        try await road.work()
        #expect(try road.use(Self.key) == 403)
    }

    @Test(arguments: [true, false])
    func `a line whose app cannot be taken over is refused, and changes nothing`(
        _ isDry: Bool
    ) async throws {
        let road = try await Road(applying: Catalogues.both)
        let (bob, _, _) = try await road.claimed("bob")
        let ours = try #require(try await road.grant(of: bob).observed.apps.first?.id)
        let builtIn = try #require(
            try road.platform.asAdmin("GET", "app")["resource"]?.array?
                .first { $0["name"] == "admin" }?["id"]?.integer
        )
        let role = try Self.placeRole(road.platform)
        let app = try Self.place("Ada's", on: role, road.platform)
        await road.staff(
            "subscriptions/import",
            arguments("email,plan,app\nada@example.com,pro,\(app)")
        )
        let bare = try Self.place("bare", key: String(repeating: "b", count: 64), road.platform)
        let system = try Self.place(
            "system",
            key: String(repeating: "c", count: 64),
            on: try Self.placeRole(road.platform, opening: "system"),
            road.platform
        )
        let fine = try Self.place(
            "fine",
            key: String(repeating: "d", count: 64),
            on: role,
            road.platform
        )
        let before = try await road.read { try $0.subscriptions(after: nil, limit: 99).count }
        let file = """
            email,plan,provider,customer,subscription,paid_until,app
            cyd@example.com,pro,,,,,9999
            cyd@example.com,max,,,,,\(ours)
            dan@example.com,pro,,,,,\(builtIn)
            dan@example.com,max,,,,,\(app)
            eve@example.com,pro,,,,,\(bare)
            eve@example.com,max,,,,,\(system)
            fay@example.com,pro,,,,2020-01-01,\(fine)
            """
        let reply = await road.staff("subscriptions/import", arguments(file, isDry: isDry))
        let refused = reply.body["refused"]?.array ?? []
        let words = [
            "no app 9999", "belongs to subscription", "comes with", "belongs to subscription",
            "has no role", "service system", "lies in the past",
        ]
        #expect(refused.map { $0["line"]?.int } == [2, 3, 4, 5, 6, 7, 8])
        for (row, words) in zip(refused, words) {
            #expect(row["sentence"]?.string?.contains(words) == true, "\(row)")
        }
        #expect(reply.body["new"]?.int == 0)
        #expect(try await road.read { try $0.subscriptions(after: nil, limit: 99).count } == before)

        let known = await road.staff(
            "subscriptions/import",
            arguments(
                """
                email,plan,provider,customer,subscription,app
                ada@example.com,pro,,,,\(fine)
                bob@example.com,pro,stripe,\(bob.customer),\(bob.subscription),\(bare)
                """,
                isDry: isDry
            )
        )
        let sentences = (known.body["refused"]?.array ?? []).compactMap { $0["sentence"]?.string }
        #expect(sentences.count == 2)
        #expect(sentences.first?.contains("known here with app \(app)") == true)
        #expect(sentences.last?.contains("known here without an app") == true)
    }

    @Test func `the app with whose key Tollgate calls is refused`() async throws {
        let key = String(repeating: "5a5b", count: 16)
        let road = try await Road(preparing: { platform in
            let services = try platform.asAdmin("GET", "service")["resource"]?.array ?? []
            let shop = try #require(services.first { $0["name"] == "shop" }?["id"]?.integer)
            var role =
                NeededRole.json(systemService: 1, sold: [shop])["resource"]?[0]?.object ?? [:]
            role["app_by_role_id"] = [
                ["name": "operator", "is_active": true, "type": 0, "api_key": .string(key)]
            ]
            _ = try platform.asAdmin("POST", "role", ["resource": [.object(role)]])
            return [
                "DREAMFACTORY_EMAIL": "", "DREAMFACTORY_PASSWORD": "", "DREAMFACTORY_API_KEY": key,
            ]
        })
        let apps = try road.platform.asAdmin("GET", "app")["resource"]?.array ?? []
        let id = try #require(apps.first { $0["name"] == "operator" }?["id"]?.integer)
        let reply = await road.staff(
            "subscriptions/import",
            arguments("email,plan,app\nada@example.com,pro,\(id)")
        )
        #expect("\(reply.body["refused"] ?? [])".contains("Tollgate calls the platform"))
    }

    @Test func `while the platform is down no line of the page is taken`() async throws {
        let road = try await Road()
        let app = try Self.place("Ada's", on: try Self.placeRole(road.platform), road.platform)
        let file = arguments("email,plan,app\nada@example.com,pro,\(app)\nbob@example.com,pro,")
        road.wire.fail(.connectionRefused)
        let reply = await road.staff("subscriptions/import", file)
        #expect(reply.exit == .failed && reply.message?.contains("import the file again") == true)
        #expect(try await road.read { try $0.subscriptions(after: nil, limit: 9) }.isEmpty)
        road.wire.fail(nil)
        let again = await road.staff("subscriptions/import", file)
        #expect(again.exit == .done && again.body["new"]?.int == 2)
    }
}
