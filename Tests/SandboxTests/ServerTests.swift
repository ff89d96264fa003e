import Foundation
import HTTP
import JSON
import Sandbox
import Testing

struct ServerTests {
    private func client(of server: SandboxServer) throws -> HTTPClient {
        let port = try #require(server.url.port)
        return HTTPClient(.tcp(host: "127.0.0.1", port: port), timeout: .seconds(300))
    }

    @Test func `a started sandbox serves on loopback until it is stopped`() async throws {
        let server = try SandboxServer.start()
        #expect(server.url.host() == "127.0.0.1")
        let client = try client(of: server)
        let status = try await client.request("GET", "/status")
        #expect(status.status == 200)
        #expect(try JSONValue(parsing: status.body)["version"] == "7.5.0")
        #expect(try await client.request("TRACE", "/api/v2/system/role").status == 405)
        await server.stop()
        await #expect(throws: HTTPClientError.self) { try await client.request("GET", "/status") }
    }

    @Test func `faults and the clock of a running server are in the test's hands`() async throws {
        let server = try SandboxServer.start()
        let client = try client(of: server)
        let headers = try Visitor.admin(of: server.platform).headers
        func status() async throws -> Int {
            try await client.request("GET", "/api/v2/system", headers: headers).status
        }
        #expect(try await status() == 200)
        server.platform.inject { _ in .failBefore(status: 503) }
        #expect(try await status() == 503)
        server.platform.inject { _ in .delay(.milliseconds(1)) }
        #expect(try await status() == 200)
        server.platform.inject(nil)
        server.platform.clock.advance(by: .seconds(86_401))
        #expect(try await status() == 401)
        await server.stop()
    }
}
