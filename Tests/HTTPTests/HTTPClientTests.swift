import Foundation
import HTTP
import Testing

struct HTTPClientTests {
    @Test func `nobody listening is told apart from no answer`() async throws {
        let path = "/tmp/none-\(UUID().uuidString.prefix(8)).sock"
        #expect {
            try HTTPClient(.unix(path: path), timeout: patience).send("GET", "/")
        } throws: { error in
            if case .notConnected? = error as? HTTPClientError { true } else { false }
        }
        var router = Router()
        let held = Handover<@Sendable (HTTPResponse) -> Void>()
        router.on("GET", "/", .completion { _, done in held.put(done) })
        try await withServer(router) { address throws in
            #expect(throws: HTTPClientError.timedOut) {
                try HTTPClient(address, timeout: .milliseconds(30)).send("GET", "/")
            }
        }
    }

    @Test func `a kept connection that the server closed is replaced`() async throws {
        var router = Router()
        router.on("POST", "/", .immediate { .text("\($0.body.count)") })
        let configure = { (configuration: inout HTTPServer.Configuration) in
            configuration.limits.idle = .milliseconds(200)
            // One loop closes in the order of the deadlines.
            configuration.loops = 1
        }
        try await withServer(router, configure: configure) { address throws in
            let client = HTTPClient(address, timeout: patience)
            #expect(try client.send("POST", "/", body: [1]).text == "1")
            // When this connection is closed for idleness, the older one is too.
            #expect(try RawConnection(address).readToEnd() == "")
            #expect(try client.send("POST", "/", body: [1, 2]).text == "2")
        }
    }

    @Test func `an answer over the client's limit is refused`() async throws {
        var router = Router()
        router.on("GET", "/", .immediate { _ in .text("12345") })
        try await withServer(router) { address throws in
            #expect(throws: HTTPClientError.malformed("the body is over 4 bytes")) {
                try HTTPClient(address, timeout: patience, bodyBytesMax: 4).send("GET", "/")
            }
        }
    }
}
