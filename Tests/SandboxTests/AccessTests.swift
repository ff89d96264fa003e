import Foundation
import HTTP
import JSON
import Sandbox
import Testing

struct AccessTests {
    let platform: SandboxPlatform
    let admin: Visitor
    let subscriber: Visitor

    init() throws {
        platform = try .still()
        admin = try .admin(of: platform)
        subscriber = .key(.key("a"), of: platform)
    }

    private func status(_ path: String = "shop/_table/customers") throws -> Int {
        try subscriber.call("GET", path).status
    }

    struct Case: Sendable {
        let rules: [JSONValue]
        let path: String
        let isAllowed: Bool
    }

    static let cases = [
        Case(rules: [.rule("_table/customers/*")], path: "shop/_table/customers", isAllowed: true),
        Case(
            rules: [.rule("_table/customers/*")],
            path: "shop/_table/customers/1",
            isAllowed: true
        ),
        Case(rules: [.rule("_TABLE/Customers/*")], path: "shop/_table/customers", isAllowed: true),
        Case(rules: [.rule("_table/customers/")], path: "shop/_table/customers", isAllowed: true),
        Case(
            rules: [.rule("_table/customers/")],
            path: "shop/_table/customers/1",
            isAllowed: false
        ),
        Case(rules: [.rule("_table/cust*")], path: "shop/_table/customers", isAllowed: true),
        Case(rules: [.rule("_table/customers/*")], path: "shop/_table/orders", isAllowed: false),
        Case(rules: [.rule("*")], path: "shop/_table/orders", isAllowed: true),
        Case(rules: [.rule("*", service: 4)], path: "shop/_table/orders", isAllowed: false),
        Case(rules: [.rule("*", service: .null)], path: "system/app", isAllowed: true),
        Case(rules: [.rule("*", requestor: 2)], path: "shop/_table/orders", isAllowed: false),
        Case(rules: [.rule("*", requestor: 0)], path: "shop/_table/orders", isAllowed: false),
        // Masks are OR-ed inside a level, and the closest level wins alone.
        Case(
            rules: [.rule("_table/orders/*", verbs: 2), .rule("_table/orders/*")],
            path: "shop/_table/orders",
            isAllowed: true
        ),
        Case(
            rules: [.rule("_table/orders", verbs: 0), .rule("_table/orders/*"), .rule("*")],
            path: "shop/_table/orders",
            isAllowed: false
        ),
        Case(
            rules: [.rule("_table/*", verbs: 2), .rule("*")],
            path: "shop/_table/orders",
            isAllowed: false
        ),
        Case(rules: [], path: "shop/_table/orders", isAllowed: false),
    ]

    @Test(arguments: cases)
    func `rules decide by the closest component`(_ example: Case) throws {
        try admin.provision("s", key: .key("a"), rules: example.rules)
        #expect(try status(example.path) == (example.isAllowed ? 200 : 401))
    }

    @Test func `a row filter hides rows and refuses to write outside of it`() throws {
        let filters: JSONValue = [["name": "region", "operator": "=", "value": "EU"]]
        let rule = JSONValue.rule("_table/customers/*", verbs: 31, filters: filters)
        try admin.provision("s", key: .key("a"), rules: [rule])
        #expect(try subscriber.call("GET", "shop/_table/customers?count_only=true").body == 2)
        #expect(try status("shop/_table/customers/2") == 404)
        #expect(try subscriber.call("DELETE", "shop/_table/customers/2").status == 404)
        let outside: JSONValue = ["resource": [["name": "Out", "region": "US"]]]
        #expect(try subscriber.call("POST", "shop/_table/customers", outside).status == 400)
        let move: JSONValue = ["region": "US"]
        #expect(try subscriber.call("PATCH", "shop/_table/customers/1", move).status == 403)
        #expect(try admin.call("GET", "shop/_table/customers?count_only=true").body == 3)
    }

    @Test func `the probe tells every state of a key`() throws {
        let probe = "system/role?limit=1"
        #expect(try status(probe) == 400)
        let role = try admin.provision("s", key: .key("a"))
        #expect(try status(probe) == 401)
        try admin.call("PATCH", "system/app/4", ["is_active": false])
        #expect(try status(probe) == 403)
        try admin.call("PATCH", "system/app/4", ["is_active": true])
        try admin.call("PATCH", "system/role/\(role)", ["is_active": false])
        #expect(try status(probe) == 403)
        try admin.call("PATCH", "system/role/\(role)", ["is_active": true])
        #expect(try status(probe) == 401)
        try admin.call("DELETE", "system/role/\(role)")
        #expect(try status(probe) == 404)
        try admin.call("DELETE", "system/app/4")
        #expect(try status(probe) == 400)
    }

    @Test func `a changed key lives on for five hours once it was used`() throws {
        try admin.provision("s", key: .key("a"))
        #expect(try status() == 200)
        try admin.call("PATCH", "system/app/4", ["api_key": .string(.key("b"))])
        #expect(try status() == 200)
        #expect(
            try Visitor.key(.key("b"), of: platform).call("GET", "shop/_table/customers").status
                == 200
        )
        platform.clock.advance(by: .seconds(18_001))
        #expect(try status() == 400)
    }

    @Test func `a changed key that was used dies with the cache, one that was not at once`() throws
    {
        try admin.provision("s", key: .key("a"))
        try admin.call("PATCH", "system/app/4", ["api_key": .string(.key("b"))])
        #expect(try status() == 400)
        try admin.call("PATCH", "system/app/4", ["api_key": .string(.key("a"))])
        #expect(try status() == 200)
        try admin.call("PATCH", "system/app/4", ["api_key": .string(.key("b"))])
        try admin.call("DELETE", "system/cache")
        #expect(try status() == 400)
    }

    @Test func `a token ends after a day and can be renewed for a fortnight`() throws {
        platform.clock.advance(by: .seconds(86_399))
        #expect(try admin.call("GET", "system/role").status == 200)
        platform.clock.advance(by: .seconds(1))
        let late = try admin.call("GET", "system/role")
        #expect(late.status == 401)
        #expect(late.message?.hasPrefix("Token has expired: Session expired.") == true)
        platform.clock.advance(by: .seconds(12 * 86_400))
        let renewed = try admin.call("PUT", "system/admin/session")
        #expect(renewed.status == 200)
        var next = admin
        next.headers["X-DreamFactory-Session-Token"] = renewed.body["session_token"]?.string
        #expect(try next.call("GET", "system/role").status == 200)
        platform.clock.advance(by: .seconds(86_400))
        let refused = try next.call("PUT", "system/admin/session")
        #expect(refused.status == 401)
        #expect(refused.message?.hasSuffix("can no longer be refreshed") == true)
    }
}
