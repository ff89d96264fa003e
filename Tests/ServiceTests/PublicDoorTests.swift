import Foundation
import HTTP
import JSON
import Sandbox
import Testing

@testable import Service

/// What stands between the public and the routes.
struct PublicDoorTests {
    private static func request(from address: String) throws -> HTTPRequest {
        try HTTPRequest(target: "/v1/key", peer: .tcp(address: address), id: "id-1")
    }

    private static func status(_ limit: FailureLimit, from address: String) throws -> Int {
        limit.answer(try request(from: address)) { .empty(status: 401) }.status
    }

    @Test func `an address that fails too often is answered 429 until its bucket fills again`()
        throws
    {
        let clock = SandboxTime()
        let limit = FailureLimit(now: { clock.now })
        for _ in 0..<Int(FailureLimit.burst) {
            #expect(try Self.status(limit, from: "203.0.113.7") == 401)
        }
        let refused = limit.answer(try Self.request(from: "203.0.113.7")) { .empty(status: 401) }
        #expect(refused.status == 429)
        #expect(refused.headers["Retry-After"] == "2")
        #expect(refused.headers["Content-Type"] == "application/problem+json")
        #expect(refused.json["type"] == "urn:tollgate:problem:too-many-failures")
        #expect(refused.json["request_id"] == "id-1")
        #expect(limit.isExhausted(for: try Self.request(from: "203.0.113.7")))
        #expect(try Self.status(limit, from: "203.0.113.8") == 401, "another address")
        clock.pass(2)
        #expect(try Self.status(limit, from: "203.0.113.7") == 401)
        #expect(try Self.status(limit, from: "203.0.113.7") == 429)
    }

    @Test func `more addresses than are remembered cost no memory, and the worst stay known`()
        throws
    {
        let limit = FailureLimit(now: { Road.start })
        for _ in 0...Int(FailureLimit.burst) { _ = try Self.status(limit, from: "203.0.113.7") }
        for number in 0..<FailureLimit.addressesMax {
            _ = try Self.status(
                limit,
                from: "10.\(number >> 16).\(number >> 8 & 255).\(number & 255)"
            )
        }
        #expect(try Self.status(limit, from: "203.0.113.7") == 429)
    }

    @Test(arguments: ["/v1/key", "/v1/claims", "/webhooks/stripe"])
    func `failures draw from one bucket, and who is right is served all the same`(
        path: String
    ) async throws {
        let road = try await Road()
        let (_, token, _) = try await road.claimed()
        let body: JSONValue = ["provider": "stripe", "reference": "cs_test_unknown"]
        func fail() async throws -> HTTPResponse {
            path == "/v1/key"
                ? try await road.request("GET", path)
                : try await road.request("POST", path, body: body.serialized())
        }
        var statuses: [Int] = []
        for _ in 0...Int(FailureLimit.burst) { statuses.append(try await fail().status) }
        #expect(statuses.last == 429)
        #expect(statuses.dropLast().allSatisfy { [400, 401, 404].contains($0) })
        #expect(try await road.request("GET", "/v1/key").status == 429)
        #expect(try await road.key(token).status == 200)
        let event = Subscriber(signedUpAt: road.now).signUp[0].serialized()
        #expect(try await road.deliver(event).status == 200)
    }

    @Test(arguments: [
        ("/v1/key", "/v1/key"), ("/webhooks/stripe", "/webhooks/stripe"), ("", ""),
        ("/v1/key/tlk_abc", "/v1/key/…"), ("/x/tgliveabc/y", "/x/…/y"),
        ("/\(String(repeating: "a", count: 41))", "/…"), ("/cs_test_1", "/…"),
    ])
    func `a secret in a path is not written to the access log`(path: String, written: String) {
        #expect(AccessLog.path(path) == written)
    }

    @Test func `an answer over the socket has the security headers, and its line the client`()
        async throws
    {
        let folder = try TemporaryFolder()
        let lines = Lines()
        var settings = Road.settings(folder)
        settings["TOLLGATE_TRUSTED_PROXIES"] = "127.0.0.1, fd00::/8"
        settings["TOLLGATE_WEBHOOKS_IN_FLIGHT"] = "7"
        let clock = SandboxTime()
        let tollgate = try await Tollgate(
            Configuration(Settings(environment: settings)),
            Tollgate.Surroundings(
                sender: Wire(try SandboxPlatform(clock: SandboxClock { Road.start })),
                log: Log(isText: false, now: { clock.now }) { lines.add($0) },
                onFatal: { _ in }
            )
        )
        #expect(tollgate.configuration.publicLimits.webhooksInFlight == 7)
        let running = try RunningTollgate(tollgate)
        let client = HTTPClient(
            .tcp(host: "127.0.0.1", port: running.addresses.port),
            timeout: .seconds(300)
        )
        for target in ["/healthz", "/v1/key/tlk_secret?token=secret", "/none", "/webhooks/stripe"] {
            let response = try await client.request(
                "GET",
                target,
                headers: ["X-Forwarded-For": "203.0.113.7", "Cookie": "secret"]
            )
            for field in SecurityHeaders.fields.fields {
                #expect(response.headers.values(field.name) == [field.value])
            }
            guard response.status >= 400 else { continue }
            let id = try #require(response.json["request_id"]?.string)
            let line = try #require(lines.all.first { $0.contains(id) })
            #expect(line.contains(#""client":"203.0.113.7""#))
        }
        let unframed = try await client.request("POST", "/v1/claims", body: [1])
        #expect(unframed.status == 400)
        await running.stop()
        #expect(lines.about("request", level: .info).count == 5)
        #expect(!lines.all.contains { $0.contains("secret") })
    }

    @Test(arguments: [
        ("TOLLGATE_TRUSTED_PROXIES", "10.0.0.0/33"), ("TOLLGATE_TRUSTED_PROXIES", "proxy"),
        ("TOLLGATE_WEBHOOKS_IN_FLIGHT", "0"), ("TOLLGATE_CONNECTIONS", "many"),
        ("TOLLGATE_CONNECTIONS_PER_ADDRESS", "-1"),
    ])
    func `a limit that makes no sense is refused, naming its setting`(name: String, value: String)
        throws
    {
        var settings = Road.settings(try TemporaryFolder())
        settings[name] = value
        #expect {
            try Configuration(Settings(environment: settings))
        } throws: { "\($0)".hasPrefix(name) }
    }
}

/// A clock that stands until it is moved.
private final class SandboxTime: Sendable {
    private let seconds = Locked(0.0)

    var now: Date { Road.start.addingTimeInterval(seconds.withLock { $0 }) }

    func pass(_ time: Double) { seconds.withLock { $0 += time } }
}
