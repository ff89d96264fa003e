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
            while status == 503 { status = try HTTPClient(address).send("GET", "/").status }
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
