import Foundation
import HTTP
import Testing

struct HTTPServerStopTests {
    private typealias Completion = @Sendable (HTTPResponse) -> Void

    /// A server whose handler answers when the test says so.
    private struct Held {
        let server: HTTPServer
        let address: HTTPAddress
        let calls: Handover<Completion>

        init(_ listener: HTTPServer.Listener = .tcp(host: "127.0.0.1", port: 0)) throws {
            let calls = Handover<Completion>()
            var router = Router()
            router.on("GET", "/held", .completion { _, done in calls.put(done) })
            router.on("GET", "/", .immediate { _ in .text("root") })
            server = HTTPServer(configuration: .patient([listener]), router: router)
            address = try server.start()[0]
            self.calls = calls
        }
    }

    @Test func `stop finishes the request in flight and closes what is idle`() async throws {
        let held = try Held()
        let (address, calls, server) = (held.address, held.calls, held.server)
        let stopped = Handover<Bool>()
        try await offPool { () throws in
            let idle = try RawConnection(address)
            idle.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = idle.read(through: "root")
            let busy = try RawConnection(address)
            busy.send("GET /held HTTP/1.1\r\nHost: a\r\n\r\n")
            let done = calls.take()
            Task {
                await server.stop(within: patience)
                stopped.put(true)
            }
            #expect(idle.readToEnd() == "")
            done(.text("done"))
            let answer = try #require(busy.readToEnd())
            #expect(answer.contains("Connection: close\r\n"))
            #expect(answer.hasSuffix("\r\n\r\ndone"))
        }
        #expect(try await offPool { stopped.take() })
        await #expect(throws: HTTPClientError.self) {
            try await HTTPClient(address, timeout: patience).request("GET", "/")
        }
    }

    @Test func `a client that has just connected is served while the server stops`() async throws {
        var router = Router()
        router.on("GET", "/", .immediate { _ in .text("root") })
        var configuration = HTTPServer.Configuration.patient([.tcp(host: "127.0.0.1", port: 0)])
        configuration.limits.lastCall = patience
        let server = HTTPServer(configuration: configuration, router: router)
        let address = try server.start()[0]
        let stopped = Handover<Bool>()
        try await offPool { () throws in
            let used = try RawConnection(address)
            used.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = used.read(through: "root")
            let new = try RawConnection(address)
            Task {
                await server.stop(within: patience)
                stopped.put(true)
            }
            // The server stops: it has let go of the connection that was idle.
            #expect(used.readToEnd() == "")
            new.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(new.readToEnd()?.hasSuffix("Connection: close\r\n\r\nroot") == true)
        }
        #expect(try await offPool { stopped.take() })
    }

    @Test func `a new client that stays silent keeps the server from stopping only shortly`()
        async throws
    {
        let held = try Held()
        let address = held.address
        let silent = try await offPool { try RawConnection(address) }
        await held.server.stop(within: patience)
        #expect(try await offPool { silent.readToEnd() } == "")
    }

    @Test func `stop waits no longer than it may`() async throws {
        let held = try Held()
        let (address, calls) = (held.address, held.calls)
        let busy = try await offPool { () throws in
            let client = Handover<HTTPClientError?>()
            Thread.detachNewThread {
                do throws(HTTPClientError) {
                    _ = try HTTPClient(address, timeout: patience).send("GET", "/held")
                    client.put(nil)
                } catch { client.put(error) }
            }
            return (client, calls.take())
        }
        await held.server.stop(within: .milliseconds(20))
        #expect(try await offPool { busy.0.take() } == .closed)
        busy.1(.text("too late"))
    }

    @Test(arguments: [
        HTTPServer.Listener.tcp(host: "127.0.0.1", port: 0),
        .unix(path: "/tmp/hang-up-\(UUID().uuidString.prefix(8)).sock"),
    ])
    func `a client that hangs up cancels nothing`(listener: HTTPServer.Listener) async throws {
        let held = try Held(listener)
        let (address, calls) = (held.address, held.calls)
        try await offPool { () throws in
            var connection: RawConnection? = try RawConnection(address)
            connection?.send("GET /held HTTP/1.1\r\nHost: a\r\n\r\n")
            let done = calls.take()
            connection = nil
            #expect(try HTTPClient(address, timeout: patience).send("GET", "/").text == "root")
            done(.text("nobody listens"))
            done(.text("nor now"))
            #expect(try HTTPClient(address, timeout: patience).send("GET", "/").text == "root")
        }
        await held.server.stop(within: .zero)
    }

    @Test func `only the first answer of a completion counts`() async throws {
        let held = try Held()
        let (address, calls) = (held.address, held.calls)
        try await offPool { () throws in
            let connection = try RawConnection(address)
            connection.send(
                "GET /held HTTP/1.1\r\nHost: a\r\n\r\nGET /held HTTP/1.1\r\nHost: a\r\n\r\n"
            )
            let first = calls.take()
            first(.text("one"))
            first(.text("two"))
            let second = calls.take()
            first(.text("three"))
            second(.text("four"))
            #expect(connection.read(through: "one").hasSuffix("\r\n\r\none"))
            #expect(connection.read(through: "four").hasSuffix("\r\n\r\nfour"))
        }
        await held.server.stop(within: .zero)
    }

    @Test func `a server is started once, and stopping it twice is harmless`() async throws {
        let held = try Held()
        #expect(throws: HTTPServerError.self) { try held.server.start() }
        await held.server.stop(within: .zero)
        await held.server.stop(within: .zero)
    }
}
