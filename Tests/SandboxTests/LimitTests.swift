import Foundation
import HTTP
import JSON
import Sandbox
import Testing

struct LimitTests {
    let platform: SandboxPlatform
    let admin: Visitor
    let subscriber: Visitor

    init() throws {
        platform = try .still()
        admin = try .admin(of: platform)
        subscriber = .key(.key("a"), of: platform)
    }

    private func use() throws -> Int {
        try subscriber.call("GET", "shop/_table/customers?fields=id").status
    }

    @Test func `a window begins with the first counted call and not with the limit`() throws {
        try admin.provision("s", key: .key("a"), rate: 2)
        platform.clock.advance(by: .seconds(50))
        #expect(try use() == 200)
        platform.clock.advance(by: .seconds(59))
        #expect(try use() == 200)
        platform.clock.advance(by: .seconds(1))
        #expect(try [use(), use(), use()] == [200, 200, 429])
    }

    @Test func `the first refused call locks for one whole period`() throws {
        try admin.provision("s", key: .key("a"), rate: 1)
        #expect(try use() == 200)
        platform.clock.advance(by: .seconds(55))
        #expect(try use() == 429)
        platform.clock.advance(by: .seconds(59))
        #expect(try use() == 429)
        platform.clock.advance(by: .seconds(1))
        #expect(try use() == 200)
    }

    @Test(arguments: [("hour", 3_600), ("day", 86_400), ("7-day", 604_800), ("30-day", 18_144_000)])
    func `a period is as long as the platform has it`(period: String, seconds: Int) throws {
        try admin.provision("s", key: .key("a"), rate: 1, period: period)
        #expect(try use() == 200)
        platform.clock.advance(by: .seconds(seconds - 1))
        #expect(try subscriber.call("GET", "system/role?limit=1").status == 401)
        // The first token has ended long ago by some of these times.
        let counter = try Visitor.admin(of: platform).call("GET", "system/limit_cache/1").body
        #expect(counter["attempts"] == 1)
        platform.clock.advance(by: .seconds(1))
        #expect(try [use(), use()] == [200, 429])
    }

    @Test func `calls that rules refuse and probes are not counted`() throws {
        try admin.provision("s", key: .key("a"), rate: 1)
        for _ in 0..<3 {
            #expect(try subscriber.call("GET", "shop/_table/orders").status == 401)
            #expect(try subscriber.call("GET", "system/role?limit=1").status == 401)
        }
        #expect(try [use(), use()] == [200, 429])
        #expect(try subscriber.call("GET", "system/role?limit=1").status == 401)
        #expect(try subscriber.call("GET", "system/environment").status == 429)
    }

    @Test func `an admin is immune`() throws {
        try admin.provision("s", key: .key("a"), rate: 1)
        var both = admin
        both.headers["X-DreamFactory-API-Key"] = .key("a")
        for _ in 0..<3 { #expect(try both.call("GET", "shop/_table/customers").status == 200) }
    }

    @Test func `the headers of a 429 describe another limit`() throws {
        try admin.provision("s", key: .key("a"), rate: 1)
        try admin.provision("other", key: .key("b"), rate: 100)
        _ = try use()
        let reply = try subscriber.call("GET", "shop/_table/customers")
        #expect(reply.status == 429)
        #expect(reply.headers["X-RateLimit-Limit"] == "100")
        #expect(reply.headers["X-RateLimit-Remaining"] == "100")
        #expect(reply.headers["Retry-After"] == "0")
        #expect(reply.body.at("error", "context")?[0]?["name"] == "s")
    }

    @Test func `its own headers ask for sixty times the wait`() throws {
        try admin.provision("s", key: .key("a"), rate: 1)
        _ = try use()
        let reply = try subscriber.call("GET", "shop/_table/customers")
        #expect(reply.headers["Retry-After"] == "3600")
    }

    @Test func `of parallel calls exactly the rate pass`() async throws {
        try admin.provision("s", key: .key("a"), rate: 20)
        let passed = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<60 { group.addTask { (try? use()) == 200 } }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(passed == 20)
    }

    @Test func `another rate frees a locked limit and a negative one blocks everything`() throws {
        try admin.provision("s", key: .key("a"), rate: 1)
        #expect(try [use(), use()] == [200, 429])
        try admin.call("PATCH", "system/limit/1", ["rate": 2])
        #expect(try [use(), use(), use()] == [200, 200, 429])
        try admin.call("PATCH", "system/limit/1", ["rate": .integer(.min)])
        #expect(try use() == 429)
        #expect(try admin.call("GET", "system/limit_cache/1").body["remaining"] == 0)
    }
}
