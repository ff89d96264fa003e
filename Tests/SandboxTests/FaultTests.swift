import Foundation
import HTTP
import JSON
import Sandbox
import Testing

struct FaultTests {
    let platform: SandboxPlatform
    let admin: Visitor
    let subscriber: Visitor

    init() throws {
        platform = try .still()
        admin = try .admin(of: platform)
        try admin.provision("s", key: .key("a"), rate: 1_000)
        subscriber = .key(.key("a"), of: platform)
        // The key is in the cache from here on.
        #expect(try subscriber.call("GET", "shop/_table/customers").status == 200)
    }

    private func status() throws -> Int {
        try subscriber.call("GET", "shop/_table/customers").status
    }

    private func roleCount() throws -> JSONValue {
        platform.rehearse(nil)
        return try admin.call("GET", "system/role?count_only=true").body
    }

    private static let role: JSONValue = ["resource": [["name": "r", "is_active": true]]]

    @Test(arguments: [
        "latency=20ms", "latency=20ms-2s", "error=5%", "error=0.5%:503", "error-after=100%:502",
        "cut=2%", "page=1%", "late=1%:3s", "stale-cache", "stale-cache=10%", "no-limits", "nodes=3",
        "seed=18446744073709551615", "latency=0ms, cut=0%", FaultSpec.example,
    ])
    func `a fault is written as documented`(text: String) throws {
        _ = try FaultSpec(text)
    }

    @Test(arguments: [
        "", "latency", "latency=20", "latency=2s-1s", "latency=2h", "latency=61m", "latency=-1s",
        "latency=1s-2s-3s", "error=5", "error=101%", "error=-1%", "error=5%:200", "error=5%:5:5",
        "cut", "late=1%", "late=1%:x", "stale-cache=x", "no-limits=1", "nodes=0", "nodes=65",
        "seed=x", "nosuch=1", "cut=1%,,late=1%:1s", "error=60%,cut=60%", "error=nan%",
    ])
    func `a fault that cannot be read is refused in a sentence`(text: String) throws {
        let error = try #require(throws: SandboxError.self) { try FaultSpec(text) }
        #expect(error.description.hasSuffix("."))
    }

    @Test func `a refused call has done nothing`() throws {
        platform.rehearse(try FaultSpec("error=100%:503"))
        #expect(try admin.call("POST", "system/role", Self.role).status == 503)
        #expect(try roleCount() == 1)
    }

    @Test func `a call that is answered with an error may have been done`() throws {
        platform.rehearse(try FaultSpec("error-after=100%"))
        #expect(try admin.call("POST", "system/role", Self.role).status == 500)
        #expect(try roleCount() == 2)
    }

    @Test func `a page in place of the answer says nothing of what was done`() throws {
        platform.rehearse(try FaultSpec("page=100%"))
        let reply = try admin.call("POST", "system/role", Self.role)
        #expect(reply.status == 200)
        #expect(reply.headers["Content-Type"]?.hasPrefix("text/html") == true)
        #expect(reply.body.isNull)
        #expect(try roleCount() == 2)
    }

    @Test func `latency is spread over its range`() throws {
        platform.rehearse(try FaultSpec("latency=20ms-200ms,seed=1"))
        let request = try admin.request("GET", "system")
        let waits = (0..<100).compactMap { _ -> Duration? in
            guard case .answered(_, let wait) = platform.outcome(of: request) else { return nil }
            return wait
        }
        #expect(waits.count == 100)
        #expect(waits.allSatisfy { .milliseconds(20) <= $0 && $0 <= .milliseconds(200) })
        #expect(waits.contains { $0 < .milliseconds(60) })
        #expect(waits.contains { $0 > .milliseconds(160) })
    }

    @Test func `the same seed makes the same choices, at the share that is asked for`() throws {
        func statuses(_ seed: Int) throws -> [Int] {
            platform.rehearse(try FaultSpec("error=20%:503,seed=\(seed)"))
            return try (0..<500).map { _ in try subscriber.call("GET", "system/role").status }
        }
        let first = try statuses(7)
        #expect(try statuses(7) == first)
        #expect(try statuses(8) != first)
        #expect((60...140).contains(first.count { $0 == 503 }))
    }

    @Test func `what comes late is lost to the caller and done when its time has come`() throws {
        platform.rehearse(try FaultSpec("late=100%:3s"))
        let request = try admin.request("POST", "system/role", Self.role)
        guard case .cut = platform.outcome(of: request) else {
            Issue.record("The answer came.")
            return
        }
        #expect(platform.timeToNextLate == .seconds(3))
        #expect(try roleCount() == 1)
        platform.clock.advance(by: .seconds(3))
        #expect(try roleCount() == 2)
        #expect(platform.timeToNextLate == nil)
    }

    @Test func `a stale cache lets a suspended key in until it is cleared`() throws {
        platform.rehearse(try FaultSpec("stale-cache"))
        try admin.call("PATCH", "system/app/4", ["is_active": false])
        #expect(try status() == 200)
        try admin.call("DELETE", "system/app/4")
        #expect(try status() == 200)
        try admin.call("DELETE", "system/cache")
        #expect(try status() == 400)
    }

    @Test func `a stale cache ends after five hours`() throws {
        platform.rehearse(try FaultSpec("stale-cache"))
        try admin.call("PATCH", "system/app/4", ["is_active": false])
        platform.clock.advance(by: .seconds(18_001))
        #expect(try status() == 403)
    }

    @Test func `without the limits package nothing is limited and nobody hears of limits`() throws {
        platform.rehearse(try FaultSpec("no-limits"))
        #expect(try admin.call("GET", "system/limit").status == 404)
        let names = try admin.call("GET", "system?as_list=true").body["resource"]?.array ?? []
        #expect(names.contains("role") && !names.contains("limit"))
        platform.rehearse(nil)
        #expect(try admin.call("GET", "system/limit").status == 200)
    }

    @Test func `each of several nodes has its own cache and its own count`() throws {
        platform.rehearse(try FaultSpec("nodes=3,seed=1"))
        for _ in 0..<50 { #expect(try status() == 200) }
        // One node takes the change; the others still hold the app as it was.
        try admin.call("PATCH", "system/app/4", ["is_active": false])
        #expect(Set(try (0..<50).map { _ in try status() }) == [200, 403])
        // One clearing is for one node.
        try admin.call("PATCH", "system/app/4", ["is_active": true])
        try admin.call("PATCH", "system/limit/1", ["rate": 5])
        platform.clock.advance(by: .seconds(120))
        let allowed = try (0..<60).map { _ in try status() }.count { $0 == 200 }
        #expect(allowed == 15)
    }

    @Test func `a cut connection ends without an answer, and the work is done`() async throws {
        let server = try SandboxServer.start(faults: try FaultSpec("cut=100%"))
        server.platform.rehearse(nil)
        let admin = try Visitor.admin(of: server.platform)
        server.platform.rehearse(try FaultSpec("cut=100%"))
        let port = try #require(server.url.port)
        let client = HTTPClient(.tcp(host: "127.0.0.1", port: port), timeout: .seconds(300))
        await #expect(throws: HTTPClientError.self) {
            try await client.request(
                "POST",
                "/api/v2/system/role",
                headers: admin.headers,
                body: Self.role.serialized()
            )
        }
        server.platform.rehearse(nil)
        #expect(try admin.call("GET", "system/role?count_only=true").body == 1)
        await server.stop()
    }

    @Test func `a server does what came late without being asked again`() async throws {
        let server = try SandboxServer.start()
        let admin = try Visitor.admin(of: server.platform)
        server.platform.rehearse(try FaultSpec("late=100%:1ms"))
        let port = try #require(server.url.port)
        let client = HTTPClient(.tcp(host: "127.0.0.1", port: port), timeout: .seconds(300))
        _ = try? await client.request(
            "POST",
            "/api/v2/system/role",
            headers: admin.headers,
            body: Self.role.serialized()
        )
        let deadline = ContinuousClock.now + .seconds(300)
        while server.platform.timeToNextLate != nil, ContinuousClock.now < deadline {
            await Task.yield()
        }
        #expect(server.platform.timeToNextLate == nil)
        await server.stop()
    }
}
