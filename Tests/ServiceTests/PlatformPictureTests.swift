import DreamFactory
import Foundation
import HTTP
import JSON
import Sandbox
import Synchronization
import Testing

@testable import Service

/// What a platform is set up as, carried to another one.
struct PlatformPictureTests {
    /// What a sandbox holds that somebody has worked with.
    private static let seed = #"""
        {"databases":[{"name":"crm.sqlite","tables":[{"name":"lead","field":[
            {"name":"id","type":"id"},{"name":"name","type":"string"}]}]}],
         "services":[{"name":"crm","label":"CRM","description":"Leads.","type":"sqlite",
            "is_active":true,"config":{"database":"crm.sqlite"}}],
         "roles":[
           {"name":"reader","description":"Reads.","is_active":true,
            "role_service_access_by_role_id":[
              {"service":"crm","component":"_table/lead/*","verb_mask":1,"requestor_mask":1,
               "filters":[{"name":"name","operator":"=","value":"x"}],"filter_op":"AND"},
              {"service":"crm","component":"_schema/*","verb_mask":1,"requestor_mask":3,
               "filters":[],"filter_op":"AND"}]},
           {"name":"idle","is_active":false},
           {"name":"tollgate-test-abcdef-x","is_active":true}],
         "apps":[{"name":"site","description":"The site.","is_active":true,"type":0,
            "role":"reader"}],
         "limits":[
           {"name":"all","type":"instance","rate":9000,"period":"minute"},
           {"name":"reader","type":"instance.role","role":"reader","rate":100,"period":"day"},
           {"name":"crm","type":"instance.service","service":"crm","rate":50,"period":"30-day",
            "is_active":false},
           {"name":"tollgate-test-abcdef-x","type":"instance.role",
            "role":"tollgate-test-abcdef-x","rate":5,"period":"day"}]}
        """#

    private static func link(_ wire: Wire) throws -> PlatformLink {
        let settings = try Settings(environment: [
            "DREAMFACTORY_URL": "http://127.0.0.1:8081",
            "DREAMFACTORY_EMAIL": SandboxPlatform.adminEmail,
            "DREAMFACTORY_PASSWORD": SandboxPlatform.adminPassword,
        ])
        return try PlatformLink(settings, sender: wire, now: { Date() })
    }

    private let fullWire: Wire
    private let emptyWire: Wire
    private let full: PlatformLink
    private let empty: PlatformLink

    init() throws {
        fullWire = Wire(try SandboxPlatform(seed: Array(Self.seed.utf8)))
        emptyWire = Wire(try SandboxPlatform(seed: Array("{}".utf8)))
        full = try Self.link(fullWire)
        empty = try Self.link(emptyWire)
    }

    private func apply(
        _ picture: PlatformPicture,
        to link: PlatformLink,
        prune: Bool = false
    ) async throws -> PlatformApply.Outcome {
        var apply = try await PlatformApply(picture, to: link, prune: prune)
        return try await apply.run { _, _, _ in }
    }

    @Test func `what is exported and applied to an empty platform leaves no difference`()
        async throws
    {
        let picture = try await full.picture()
        let file = try PlatformPicture(parsing: Array(picture.text.utf8))
        #expect(file == picture)
        #expect(try await !empty.picture().differences(from: picture).isEmpty)
        let outcome = try await apply(file, to: empty)
        #expect(outcome.failed.map(\.reason) == [] && outcome.left == [])
        #expect(outcome.newApps == ["site"])
        let after = try await empty.picture()
        #expect(after.differences(from: picture) == [])
        #expect(after.text == picture.text)
        let again = try await PlatformApply(file, to: empty, prune: true)
        #expect(again.plan.steps == [])
    }

    @Test func `settings that were never set are not a difference`() async throws {
        let shop = try Self.link(Wire(try SandboxPlatform()))
        let picture = try await shop.picture()
        let outcome = try await apply(picture, to: empty)
        #expect(outcome.left == [])
        #expect(try await empty.picture().text == picture.text)
    }

    @Test func `an export holds neither keys nor ids nor what is Tollgate's own`() async throws {
        let text = try await full.picture().text
        #expect(
            !text.contains("api_key") && !text.contains("role_id\"") && !text.contains("tollgate-")
        )
        #expect(text.contains("\"open_reg_email_service_id\" : \"email\""))
        #expect(!text.contains("\"id\"") && text.contains("\"name\" : \"reader\""))
    }

    @Test func `equal platforms give equal texts`() async throws {
        #expect(try await full.picture().text == full.picture().text)
    }

    @Test func `a changed platform is brought back, field by field`() async throws {
        let picture = try await full.picture()
        let client = full.client()
        let query = RecordQuery(related: [DreamFactory.Role.withRules])
        let roles = try await client.roles.list(query, as: DreamFactory.Role.self).rows
        let reader = try #require(roles.first { $0.name == "reader" })
        let rule = try #require(reader.accessRules?.first?.id)
        let change: JSONValue = [
            "description": "Changed.", "is_active": false,
            "role_service_access_by_role_id": [
                ["id": .integer(rule.rawValue), "role_id": nil],
                [
                    "service_id": 1, "component": "admin/*", "verb_mask": 31,
                    "requestor_mask": 1, "filters": [], "filter_op": "AND",
                ],
            ],
        ]
        _ = try await client.roles.update(
            reader.id,
            change,
            accepting: [.rowsAddedAgain, .rowRemovedAgain]
        )
        let limits = try await client.limits.list(as: Limit.self).rows
        let limit = try #require(limits.first { $0.name == "reader" })
        _ = try await client.limits.update(limit.id, ["rate": 7] as JSONValue)
        let apps = try await client.apps.list(as: App.self).rows
        let app = try #require(apps.first { $0.name == "site" })
        _ = try await client.apps.update(app.id, ["role_id": nil] as JSONValue)

        let found = try await full.picture().differences(from: picture)
        #expect(
            found.map { "\($0.key): \($0.field ?? "-")" } == [
                "reader: description", "reader: is_active", "reader: rule", "reader: rule",
                "site: role", "instance.role, day, role reader: rate",
            ]
        )
        let outcome = try await apply(picture, to: full)
        #expect(outcome.failed.map(\.reason) == [] && outcome.left == [])
        #expect(try await full.picture() == picture)
    }

    @Test func `nothing is deleted but by pruning, and never what is Tollgate's own`() async throws
    {
        let bare = try await empty.picture()
        let kept = try await PlatformApply(bare, to: full, prune: false)
        #expect(kept.plan.steps == [])
        let pruned = try await PlatformApply(bare, to: full, prune: true)
        let kinds = pruned.plan.steps.map(\.kind)
        #expect(kinds == [.limits, .limits, .limits, .apps, .roles, .roles, .services])
        #expect(pruned.plan.deletions == 7)
        let outcome = try await apply(bare, to: full, prune: true)
        #expect(outcome.failed.map(\.reason) == [] && outcome.left == [])
        #expect(try await full.picture().text == bare.text)
        let roles = try await full.client().roles.list(as: DreamFactory.Role.self).rows
        #expect(roles.map(\.name) == ["tollgate-test-abcdef-x"])
        let limits = try await full.client().limits.list(as: Limit.self).rows
        #expect(limits.map(\.name) == ["tollgate-test-abcdef-x"])
    }

    @Test func `what is there on every platform is never deleted`() async throws {
        var nothing = PlatformPicture()
        nothing.records = [:]
        let apply = try await PlatformApply(nothing, to: empty, prune: true)
        let names = apply.plan.steps.map(\.key)
        for name in ["system", "user", "admin", "api_docs", "file_manager"] {
            #expect(!names.contains(name), "\(name)")
        }
        #expect(apply.plan.kept.count >= 5)
    }

    @Test(arguments: 1...12)
    func `an apply that breaks anywhere is finished by the next one`(_ call: Int) async throws {
        let picture = try await full.picture()
        let writes = Mutex(0)
        emptyWire.script { request, platform in
            guard request.method != "GET", !request.path.hasSuffix("session") else { return nil }
            let count = writes.withLock { count in
                count += 1
                return count
            }
            guard count == (call + 1) / 2 else { return nil }
            // Every other break comes after the platform has acted.
            if call.isMultiple(of: 2) { _ = platform.answer(request) }
            return .empty(status: 500)
        }
        _ = try await apply(picture, to: empty)
        emptyWire.script(nil)
        let second = try await apply(picture, to: empty)
        #expect(second.failed.map(\.reason) == [] && second.left == [])
        #expect(try await empty.picture().text == picture.text)
    }

    @Test func `secrets of services are left out, and said to be there`() {
        let config: [String: JSONValue] = [
            "host": "db", "password": "**********", "username": "u", "cache_ttl": 0,
            "options": ["ssl_key": "k", "ssl": true], "url": "https://u:p@example.com",
            "headers": [["name": "Authorization", "value": "Bearer x"]], "token": nil,
        ]
        let (kept, secrets) = ConfigSecrets.removed(from: config)
        #expect(
            JSONValue.object(kept)
                == ["host": "db", "username": "u", "cache_ttl": 0, "options": ["ssl": true]]
        )
        #expect(secrets == ["headers", "options.ssl_key", "password", "url"])
    }

    @Test(arguments: [
        "", "{}", "[]", #"{"format":"tollgate platform 1"}"#,
        #"{"format":"tollgate platform 1","services":[{}],"roles":[],"apps":[],"limits":[]}"#,
        #"{"format":"tollgate platform 1","services":[],"roles":[{"name":"a"},{"name":"a"}],"apps":[],"limits":[]}"#,
        #"{"format":"tollgate platform 1","services":[],"roles":[{"name":"a","id":1}],"apps":[],"limits":[]}"#,
    ])
    func `a file that is no export is refused in a sentence`(_ text: String) throws {
        let error = #expect(throws: PictureError.self) {
            try PlatformPicture(parsing: Array(text.utf8))
        }
        #expect(try #require(error).description.hasSuffix("."))
    }
}
