import Glibc
import HTTP
import Testing

/// A server on a free loopback port for one test.
func withServer(
    _ router: Router,
    limits: HTTPServer.Limits = HTTPServer.Limits(),
    loops: Int = 2,
    accessLog: (@Sendable (HTTPAccess) -> Void)? = nil,
    _ body: (HTTPAddress, HTTPServer) async throws -> Void
) async throws {
    var configuration = HTTPServer.Configuration(
        listeners: [.tcp(host: "127.0.0.1", port: 0)]
    )
    configuration.limits = limits
    configuration.loops = loops
    configuration.accessLog = accessLog
    let server = HTTPServer(configuration: configuration, router: router)
    let addresses = try server.start()
    do {
        try await body(try #require(addresses.first), server)
    } catch {
        await server.stop(within: .zero)
        throw error
    }
    await server.stop(within: .zero)
}

struct HTTPServerTests {
    @Test func `a request is answered and the connection kept`() async throws {
        var router = Router()
        router.on(
            "GET",
            "/hello/{name}",
            .immediate { .text("hello \($0.parameters["name"] ?? "")") }
        )
        try await withServer(router) { address, _ in
            let client = HTTPClient(address, timeout: .seconds(5))
            for name in ["a", "b", "c"] {
                let response = try await client.request("GET", "/hello/\(name)?x=1")
                #expect(response.status == 200)
                #expect(response.text == "hello \(name)")
            }
        }
    }
}
