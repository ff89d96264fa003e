import Foundation
import HTTP
import Synchronization
import Testing

struct AdmissionTests {
    private static let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

    private let router = {
        var router = Router()
        router.on("GET", "/", .immediate { .text("<\($0.client?.description ?? "none")>") })
        return router
    }()

    @Test func `a connection too many of one address is answered 429, another address served`()
        async throws
    {
        let configure = { (configuration: inout HTTPServer.Configuration) in
            configuration.limits.connectionsPerAddress = 2
        }
        try await withServer(router, configure: configure) { address throws in
            let first = try RawConnection(address)
            let second = try RawConnection(address)
            for connection in [first, second] {
                connection.send(Self.get)
                _ = connection.read(through: ">")
            }
            let answer = try #require(try RawConnection(address).readToEnd())
            #expect(answer.hasPrefix("HTTP/1.1 429 "))
            #expect(answer.contains("Retry-After: 1\r\n"))
            let other = try RawConnection(address, from: "127.0.0.2")
            other.send(Self.get)
            #expect(other.read(through: ">").hasSuffix("<127.0.0.2>"))
            first.endSending()
            #expect(first.readToEnd() == "")
            let third = try RawConnection(address)
            third.send(Self.get)
            #expect(third.read(through: ">").hasSuffix("<127.0.0.1>"))
        }
    }

    @Test func `connections that are refused keep no place from one that is served`() async throws {
        let configure = { (configuration: inout HTTPServer.Configuration) in
            configuration.limits.connections = 1
            configuration.limits.refusedConnections = 2
            // Those who are refused stay as long as they can.
            configuration.limits.linger = patience
        }
        try await withServer(router, configure: configure) { address throws in
            let first = try RawConnection(address)
            first.send(Self.get)
            _ = first.read(through: ">")
            let refused = try (0..<2).map { _ in try RawConnection(address) }
            for connection in refused {
                #expect(connection.read(through: "\r\n\r\n").hasPrefix("HTTP/1.1 503 "))
            }
            #expect(try RawConnection(address).readToEnd() == "", "a flood gets no word")
            first.endSending()
            #expect(first.readToEnd() == "")
            let next = try RawConnection(address)
            next.send(Self.get)
            #expect(next.read(through: ">").hasPrefix("HTTP/1.1 200 "))
            withExtendedLifetime(refused) {}
        }
    }

    @Test func `a trusted proxy names the client, in the request and in the log`() async throws {
        let log = Handover<HTTPAccess>()
        let configure = { (configuration: inout HTTPServer.Configuration) in
            configuration.trustedProxies = IPNetwork.loopback
            configuration.accessLog = { log.put($0) }
        }
        let headers: HTTPHeaders = ["X-Forwarded-For": "203.0.113.7"]
        try await withServer(router, configure: configure) { address throws in
            let answer = try HTTPClient(address, timeout: patience).send(
                "GET",
                "/",
                headers: headers
            )
            #expect(answer.text == "<203.0.113.7>")
            let access = log.take()
            #expect(access.client == IPAddress("203.0.113.7"))
            #expect(access.peer == .tcp(address: "127.0.0.1"))
        }
        try await withServer(router) { address throws in
            let answer = try HTTPClient(address, timeout: patience).send(
                "GET",
                "/",
                headers: headers
            )
            #expect(answer.text == "<127.0.0.1>", "off by default")
        }
    }

    @Test func `behind a trusted proxy the requests in flight of one client are bounded`()
        async throws
    {
        let calls = Handover<@Sendable (HTTPResponse) -> Void>()
        var router = router
        router.on("GET", "/held", .completion { _, done in calls.put(done) })
        let configure = { (configuration: inout HTTPServer.Configuration) in
            configuration.trustedProxies = IPNetwork.loopback
            configuration.limits.connectionsPerAddress = 1
        }
        try await withServer(router, configure: configure) { address throws in
            let request = { (path: String, client: String) in
                "GET \(path) HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: \(client)\r\n\r\n"
            }
            let held = try RawConnection(address)
            held.send(request("/held", "203.0.113.7"))
            let done = calls.take()
            let second = try RawConnection(address)
            second.send(request("/", "203.0.113.7"))
            #expect(second.readToEnd()?.hasPrefix("HTTP/1.1 429 ") == true)
            let other = try RawConnection(address)
            other.send(request("/", "203.0.113.8"))
            #expect(other.read(through: ">").hasPrefix("HTTP/1.1 200 "))
            done(.text("<held>"))
            _ = held.read(through: ">")
            other.send(request("/", "203.0.113.7"))
            #expect(other.read(through: ">").hasPrefix("HTTP/1.1 200 "))
        }
    }
}

struct RequestQueueTests {
    private typealias Completion = @Sendable (HTTPResponse) -> Void

    @Test func `a full queue is answered 503 with Retry-After, and others are served`() async throws
    {
        let calls = Handover<Completion>()
        let queue = RequestQueue(inFlightMax: 2)
        var router = Router()
        router.on("POST", "/queued", queue: queue, .completion { _, done in calls.put(done) })
        router.on("GET", "/", .immediate { _ in .text("root") })
        try await withServer(router) { address throws in
            let post = "POST /queued HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx"
            // One after the other: only so is it known whose completion is whose.
            let held = try (0..<2).map { _ in
                let connection = try RawConnection(address)
                connection.send(post)
                return (connection, complete: calls.take())
            }
            #expect(queue.inFlight == 2)
            let client = HTTPClient(address, timeout: patience)
            let refused = try client.send("POST", "/queued", body: [1])
            #expect(refused.status == 503)
            #expect(refused.headers["Retry-After"] == "1")
            #expect(try client.send("GET", "/").text == "root")
            held[0].complete(.text("first"))
            #expect(held[0].0.read(through: "first").hasSuffix("first"))
            let next = try RawConnection(address)
            next.send(post)
            calls.take()(.text("third"))
            #expect(next.read(through: "third").hasSuffix("third"))
            held[1].complete(.text("second"))
        }
        #expect(queue.inFlight == 0)
    }

    @Test func `a body is not asked for while its queue is full (RFC 9110 §10.1.1)`() async throws {
        var router = Router()
        let queue = RequestQueue(inFlightMax: 0)
        router.on("POST", "/", queue: queue, .immediate { _ in .text("never") })
        try await withServer(router) { address throws in
            let connection = try RawConnection(address)
            connection.send(
                "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n"
            )
            #expect(connection.readToEnd()?.hasPrefix("HTTP/1.1 503 ") == true)
        }
    }

    @Test func `what has no queue is served before what has one, whoever came first`() async throws
    {
        let order = Mutex<[String]>([])
        let entered = Handover<Bool>()
        let gate = Handover<Bool>()
        let served = Handover<Bool>()
        var router = Router()
        let note = { @Sendable (name: String) -> HTTPResponse in
            order.withLock { $0.append(name) }
            served.put(true)
            return .text(name)
        }
        router.on(
            "GET",
            "/gate",
            .immediate { _ in
                entered.put(true)
                _ = gate.take()
                return .empty()
            }
        )
        router.on(
            "GET",
            "/webhook",
            queue: RequestQueue(inFlightMax: 9),
            .immediate { _ in note("webhook") }
        )
        router.on("GET", "/lookup", .immediate { _ in note("lookup") })
        try await withServer(router, configure: { $0.loops = 1 }) { address throws in
            let connections = try (0..<4).map { _ in try RawConnection(address) }
            let paths = ["/gate", "/webhook", "/webhook", "/lookup"]
            // All are connected before the loop is held, so that one turn finds the other three.
            for connection in connections {
                connection.send("GET /none HTTP/1.1\r\nHost: a\r\n\r\n")
                _ = connection.read(through: "Not Found\n")
            }
            connections[0].send("GET /gate HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = entered.take()
            for (connection, path) in zip(connections, paths).dropFirst() {
                connection.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
            }
            gate.put(true)
            for _ in 0..<3 { _ = served.take() }
        }
        #expect(order.withLock { $0 } == ["lookup", "webhook", "webhook"])
    }

    @Test func `a handler that drops its answer is answered for, and gives its place back`()
        async throws
    {
        let queue = RequestQueue(inFlightMax: 1)
        var router = Router()
        router.on("GET", "/", queue: queue, .completion { _, _ in })
        try await withServer(router) { address throws in
            let client = HTTPClient(address, timeout: patience)
            #expect(try client.send("GET", "/").status == 500)
            #expect(try client.send("GET", "/").status == 500)
        }
        #expect(queue.inFlight == 0)
    }
}
