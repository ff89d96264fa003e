import Foundation
import HTTP
import Testing

struct HTTPServerDeadlineTests {
    private let router = {
        var router = Router()
        router.on("GET", "/", .immediate { _ in .text("root") })
        router.on("POST", "/", .immediate { .text("\($0.body.count)") })
        router.on(
            "GET",
            "/large",
            .immediate { _ in .text(String(repeating: "x", count: 32 << 20)) }
        )
        return router
    }()

    private static let short = Duration.milliseconds(30)

    @Test func `a head that does not come in time is answered 408`() async throws {
        try await withServer(router, configure: { $0.limits.head = Self.short }) { address throws in
            let connection = try RawConnection(address)
            connection.send("GET / HTTP/1.1\r\nHost")
            #expect(connection.readToEnd()?.hasPrefix("HTTP/1.1 408 ") == true)
        }
    }

    @Test func `a body that does not come in time is answered 408`() async throws {
        try await withServer(router, configure: { $0.limits.body = Self.short }) { address throws in
            let connection = try RawConnection(address)
            connection.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nx")
            #expect(connection.readToEnd()?.hasPrefix("HTTP/1.1 408 ") == true)
        }
    }

    @Test func `a body below the minimum rate is answered 408 long before its deadline`()
        async throws
    {
        let configure = { (configuration: inout HTTPServer.Configuration) in
            configuration.limits.rateWindow = Self.short
            configuration.limits.bytesPerSecondMin = 1_000_000
            configuration.limits.body = .seconds(3_600)
        }
        try await withServer(router, configure: configure) { address throws in
            let connection = try RawConnection(address)
            connection.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 20\r\n\r\nx")
            #expect(connection.readToEnd()?.hasPrefix("HTTP/1.1 408 ") == true)
        }
    }

    @Test func `a body of the minimum rate may take its time, up to its deadline`() async throws {
        let configure = { (configuration: inout HTTPServer.Configuration) in
            configuration.limits.rateWindow = .milliseconds(1)
            configuration.limits.bytesPerSecondMin = 0
            configuration.limits.body = .milliseconds(100)
        }
        try await withServer(router, configure: configure) { address throws in
            let connection = try RawConnection(address)
            let start = ContinuousClock.now
            connection.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 20\r\n\r\nx")
            #expect(connection.readToEnd()?.hasPrefix("HTTP/1.1 408 ") == true)
            #expect(ContinuousClock.now - start >= .milliseconds(100))
        }
    }

    @Test func `a handler that does not answer is answered for, and its late answer dropped`()
        async throws
    {
        let calls = Handover<@Sendable (HTTPResponse) -> Void>()
        var router = router
        router.on("GET", "/held", .completion { _, done in calls.put(done) })
        try await withServer(router, configure: { $0.limits.handling = Self.short }) {
            address throws in
            let connection = try RawConnection(address)
            connection.send("GET /held HTTP/1.1\r\nHost: a\r\n\r\n")
            let answer = try #require(connection.readToEnd())
            #expect(answer.hasPrefix("HTTP/1.1 503 "))
            #expect(answer.contains("Retry-After: 1\r\n"))
            calls.take()(.text("late"))
        }
    }

    @Test func `an idle connection is closed without a word`() async throws {
        try await withServer(router, configure: { $0.limits.idle = Self.short }) { address throws in
            let connection = try RawConnection(address)
            #expect(connection.readToEnd() == "")
            let used = try RawConnection(address)
            used.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(used.readToEnd()?.hasSuffix("\r\n\r\nroot") == true)
        }
    }

    @Test func `a reader that stops loses its connection`() async throws {
        let log = Handover<HTTPAccess>()
        let configure = { (configuration: inout HTTPServer.Configuration) in
            configuration.limits.write = Self.short
            configuration.limits.connections = 1
            configuration.accessLog = { log.put($0) }
        }
        try await withServer(router, configure: configure) { address throws in
            let stopped = try RawConnection(address)
            stopped.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(log.take().status == 200)
            // With one connection allowed, another is served once the first is gone.
            var status = 503
            while status == 503 {
                status =
                    (try? HTTPClient(address, timeout: patience).send("GET", "/").status) ?? 503
            }
            #expect(status == 200)
        }
    }

    @Test func `a connection too many is answered 503`() async throws {
        try await withServer(router, configure: { $0.limits.connections = 1 }) { address throws in
            let first = try RawConnection(address)
            first.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = first.read(through: "root")
            let answer = try #require(try RawConnection(address).readToEnd())
            #expect(answer.hasPrefix("HTTP/1.1 503 "))
            #expect(answer.contains("Retry-After: 1\r\n"))
            first.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            #expect(first.readToEnd()?.hasSuffix("root") == true)
        }
    }
}
