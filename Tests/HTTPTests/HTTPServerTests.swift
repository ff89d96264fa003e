import Foundation
import HTTP
import Synchronization
import Testing

struct HTTPServerTests {
    private let router = {
        var router = Router()
        router.on("GET", "/", .immediate { _ in .text("root") })
        router.on("POST", "/echo", .immediate { .json($0.body) })
        router.on("POST", "/wide", bodyBytesMax: 4 << 20, .immediate { .text("\($0.body.count)") })
        router.on(
            "GET",
            "/async",
            .async { request in .text("async \(request.queryValue("n") ?? "")") }
        )
        router.on(
            "GET",
            "/thread",
            .completion { _, done in Thread.detachNewThread { done(.text("thread")) } }
        )
        router.on(
            "GET",
            "/large",
            .immediate { _ in .text(String(repeating: "x", count: 8 << 20)) }
        )
        router.on("GET", "/drop", .immediate { _ in .dropped })
        router.on(
            "GET",
            "/bye",
            .immediate { _ in HTTPResponse(status: 204, headers: ["Connection": "close"]) }
        )
        return router
    }()

    private static let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

    @Test func `a connection carries one request after the other`() async throws {
        try await withServer(router) { address throws in
            let connection = try RawConnection(address)
            for _ in 0..<3 {
                connection.send(Self.get)
                let text = connection.read(through: "\r\n\r\nroot")
                #expect(text.hasPrefix("HTTP/1.1 200 OK\r\n"))
                #expect(!text.contains("Connection"))
            }
        }
    }

    @Test func `an answer has a date and a length`() async throws {
        let configure = { (configuration: inout HTTPServer.Configuration) in
            configuration.now = { Date(timeIntervalSince1970: 784_111_777) }
        }
        try await withServer(router, configure: configure) { address throws in
            let response = try HTTPClient(address, timeout: patience).send("GET", "/")
            #expect(response.headers["Date"] == "Sun, 06 Nov 1994 08:49:37 GMT")
            #expect(response.headers["Content-Length"] == "4")
        }
    }

    @Test func `pipelined requests are answered in order, however long each takes`() async throws {
        try await withServer(router) { address throws in
            let connection = try RawConnection(address)
            let targets = ["/thread", "/", "/async?n=1", "/", "/thread", "/bye"]
            connection.send(targets.map { "GET \($0) HTTP/1.1\r\nHost: a\r\n\r\n" }.joined())
            let text = try #require(connection.readToEnd())
            let bodies = text.split(separator: "\r\n\r\n").dropFirst().map {
                $0.prefix { $0 != "H" }
            }
            #expect(bodies == ["thread", "root", "async 1", "root", "thread"])
        }
    }

    @Test func `many pipelined requests are all answered to a client that reads late`() async throws
    {
        try await withServer(router) { address throws in
            let connection = try RawConnection(address)
            connection.send(String(repeating: Self.get, count: 5_000))
            connection.send("GET /bye HTTP/1.1\r\nHost: a\r\n\r\n")
            let text = try #require(connection.readToEnd())
            #expect(text.components(separatedBy: "root").count == 5_001)
        }
    }

    @Test func `thousands of pipelined requests hold up nobody else`() async throws {
        let served = Mutex<[String]>([])
        let (begun, goesOn) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        var router = Router()
        router.on(
            "GET",
            "/{who}",
            .immediate { request in
                let count = served.withLock { served in
                    served.append(request.path)
                    return served.count
                }
                if count == 1 {
                    begun.signal()
                    goesOn.wait()
                }
                return .text("")
            }
        )
        try await withServer(router, configure: { $0.loops = 1 }) { address throws in
            let greedy = try RawConnection(address)
            let modest = try RawConnection(address)
            greedy.send(String(repeating: "GET /greedy HTTP/1.1\r\nHost: a\r\n\r\n", count: 1_500))
            begun.wait()
            modest.send("GET /modest HTTP/1.1\r\nHost: a\r\n\r\n")
            goesOn.signal()
            #expect(modest.read(through: "\r\n\r\n").hasPrefix("HTTP/1.1 200 OK"))
            let before = served.withLock { $0.firstIndex(of: "/modest") }
            #expect(try #require(before) <= 200)
        }
    }

    @Test func `a chunked body arrives whole`() async throws {
        try await withServer(router) { address throws in
            let connection = try RawConnection(address)
            connection.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
            connection.send("4;x=y\r\n[1,2\r\n")
            connection.send("3\r\n,3]\r\n0\r\nX: y\r\n\r\n")
            #expect(connection.read(through: "[1,2,3]").hasSuffix("\r\n\r\n[1,2,3]"))
        }
    }

    @Test func `HEAD has the head of GET and no body`() async throws {
        try await withServer(router) { address throws in
            let connection = try RawConnection(address)
            connection.send("HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            let text = try #require(connection.readToEnd())
            #expect(text.contains("Content-Length: 4\r\n"))
            #expect(text.hasSuffix("\r\n\r\n"))
        }
    }

    @Test(arguments: ["1.0", "1.1"])
    func `a route that needs a body refuses a request without a length (RFC 9110 §15.5.12)`(
        version: String
    ) async throws {
        var router = router
        router.on("POST", "/needed", needsLength: true, .immediate { .text("\($0.body.count)") })
        try await withServer(router) { address throws in
            let connection = try RawConnection(address)
            connection.send("POST /needed HTTP/\(version)\r\nHost: a\r\n\r\nbody")
            let answer = try #require(connection.readToEnd())
            #expect(answer.hasPrefix("HTTP/1.1 411 "))
            #expect(answer.contains("Connection: close\r\n"))
            #expect(
                try HTTPClient(address, timeout: patience).send("POST", "/needed", body: []).text
                    == "0"
            )
            let chunked = try RawConnection(address)
            chunked.send(
                "POST /needed HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
            )
            #expect(chunked.read(through: "\r\n\r\n0").hasPrefix("HTTP/1.1 200 "))
        }
    }

    @Test func `OPTIONS * is answered for the server as a whole (RFC 9110 §9.3.7)`() async throws {
        try await withServer(router) { address throws in
            let answer = try HTTPClient(address, timeout: patience).send("OPTIONS", "*")
            #expect(answer.status == 204)
            #expect(answer.headers["Content-Length"] == nil)
        }
    }

    /// What two parsers could read in two ways, on a connection that a second request follows.
    @Test(arguments: [
        "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
        "Content-Length: 0\r\nContent-Length: 44\r\n\r\n", "Content-Length: 0, 44\r\n\r\n",
        "Content-Length: 0x0\r\n\r\n", "Content-Length : 0\r\n\r\n", "Content-Length: +0\r\n\r\n",
        "Transfer-Encoding: xchunked\r\n\r\n", "Transfer-Encoding: chunked, identity\r\n\r\n",
        "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", "Transfer-Encoding:\u{b}chunked\r\n\r\n",
        "X: y\nContent-Length: 44\r\n\r\n", "X: y\rContent-Length: 44\r\n\r\n",
        "X: y\r\n Content-Length: 44\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n0\n\n",
        "Transfer-Encoding: chunked\r\n\r\n5;\n\r\nxxxxx\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n1\r\nxx\r\n0\r\n\r\n", "Host: b\r\n\r\n",
    ])
    func `what could be framed in two ways is 400, and nothing after it is read (RFC 9112 §11.2)`(
        fields: String
    ) async throws {
        try await withServer(router) { address throws in
            let connection = try RawConnection(address)
            connection.send("POST /echo HTTP/1.1\r\nHost: a\r\n\(fields)GET /bye HTTP/1.1\r\n\r\n")
            let answer = try #require(connection.readToEnd())
            #expect(answer.hasPrefix("HTTP/1.1 400 "))
            #expect(answer.contains("Connection: close\r\n"))
            #expect(answer.components(separatedBy: "HTTP/1.1 ").count == 2)
        }
    }

    @Test func `405 and 404 keep the connection`() async throws {
        try await withServer(router) { address throws in
            let client = HTTPClient(address, timeout: patience)
            #expect(try client.send("DELETE", "/").headers["Allow"] == "GET, HEAD")
            #expect(try client.send("POST", "/none", body: [1, 2]).status == 404)
            #expect(try client.send("GET", "/").status == 200)
        }
    }

    @Test(arguments: [
        ("GET / HTTP/1.0\r\n\r\n", "200", true),
        ("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET / HTTP/1.0\r\n\r\n", "200", false),
        ("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "200", true),
        ("GET / HTTP/1.1\n\n", "400", true),
        (
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx", "400",
            true
        ),
        ("GET / HTTP/3.0\r\n\r\n", "505", true),
        ("GET /\(String(repeating: "x", count: 9_000))", "414", true),
        ("GET / HTTP/1.1\r\nX: \(String(repeating: "x", count: 17_000))", "431", true),
        ("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1048577\r\n\r\n", "413", true),
        ("GET / HTTP/1.1\r\nHost: a\r\nExpect: x\r\n\r\n", "417", true),
    ])
    func `what ends a connection is answered first`(
        text: String,
        status: String,
        saysClose: Bool
    ) async throws {
        try await withServer(router) { address throws in
            let connection = try RawConnection(address)
            connection.send(text)
            let answer = try #require(connection.readToEnd())
            #expect(answer.hasPrefix("HTTP/1.1 \(status) "))
            #expect(answer.contains("Connection: close\r\n"))
            let firstHead = answer.prefix(
                upTo: try #require(answer.range(of: "\r\n\r\n")).lowerBound
            )
            #expect(firstHead.contains("Connection: close") == saysClose)
        }
    }

    @Test func `a client that sends far too much still sees 413`() async throws {
        try await withServer(router) { address throws in
            let connection = try RawConnection(address)
            connection.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000\r\n\r\n")
            connection.send([UInt8](repeating: 0, count: 3_000_000))
            #expect(connection.readToEnd()?.hasPrefix("HTTP/1.1 413 ") == true)
        }
    }

    @Test func `a route may take a larger body than the others`() async throws {
        try await withServer(router) { address throws in
            let body = [UInt8](repeating: 7, count: 3 << 20)
            #expect(
                try HTTPClient(address, timeout: patience).send("POST", "/wide", body: body).text
                    == "3145728"
            )
            #expect(
                try HTTPClient(address, timeout: patience).send("POST", "/echo", body: body).status
                    == 413
            )
        }
    }

    @Test func `a large answer reaches a slow reader whole`() async throws {
        try await withServer(router) { address throws in
            #expect(
                try HTTPClient(address, timeout: patience).send("GET", "/large").body.count == 8
                    << 20
            )
        }
    }

    @Test func `a dropped connection ends without a byte, after the answers before it`()
        async throws
    {
        try await withServer(router) { address throws in
            let connection = try RawConnection(address)
            connection.send(Self.get + "GET /drop HTTP/1.1\r\nHost: a\r\n\r\n")
            let text = try #require(connection.readToEnd())
            #expect(text.hasSuffix("\r\n\r\nroot"))
            #expect(text.components(separatedBy: "HTTP/1.1").count == 2)
            #expect(try HTTPClient(address, timeout: patience).send("GET", "/").status == 200)
        }
    }

    @Test func `a client that has ended its side still gets its answer`() async throws {
        try await withServer(router) { address throws in
            let connection = try RawConnection(address)
            connection.send("GET /thread HTTP/1.1\r\nHost: a\r\n\r\n")
            connection.endSending()
            #expect(connection.readToEnd()?.hasSuffix("\r\n\r\nthread") == true)
        }
    }

    @Test func `100 is sent when the body is wanted and not when it is refused`() async throws {
        try await withServer(router) { address throws in
            let wanted = try RawConnection(address)
            let fields = "Host: a\r\nExpect: 100-continue\r\nContent-Length:"
            wanted.send("POST /echo HTTP/1.1\r\n\(fields) 2\r\n\r\n")
            #expect(wanted.read(through: "\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n")
            wanted.send("{}")
            #expect(wanted.read(through: "{}").hasPrefix("HTTP/1.1 200 OK\r\n"))
            for (target, length, status) in [
                ("/none", 2, 404), ("/", 2, 405), ("/echo", 2_000_000, 413),
            ] {
                let refused = try RawConnection(address)
                refused.send("POST \(target) HTTP/1.1\r\n\(fields) \(length)\r\n\r\n")
                #expect(refused.readToEnd()?.hasPrefix("HTTP/1.1 \(status) ") == true)
            }
        }
    }

    @Test func `a handler cannot write a second line into a field, nor its own framing`()
        async throws
    {
        var router = Router()
        router.on(
            "GET",
            "/",
            .immediate { _ in
                HTTPResponse(
                    status: 200,
                    headers: [
                        "X": "a\r\nSet-Cookie: b", "Content-Length": "9",
                        "Transfer-Encoding": "chunked",
                    ],
                    body: Array("ok".utf8)
                )
            }
        )
        router.on("GET", "/mad", .immediate { _ in HTTPResponse(status: 42) })
        try await withServer(router) { address throws in
            let client = HTTPClient(address, timeout: patience)
            let response = try client.send("GET", "/")
            #expect(response.headers["X"] == "a  Set-Cookie: b")
            #expect(response.headers.values("Content-Length") == ["2"])
            #expect(response.headers["Transfer-Encoding"] == nil)
            #expect(try client.send("GET", "/mad").status == 500)
        }
    }

    @Test func `the access log names method, path, status, id and peer, and no query`() async throws
    {
        let log = Handover<HTTPAccess>()
        let configure = { (configuration: inout HTTPServer.Configuration) in
            configuration.accessLog = { log.put($0) }
            configuration.makeID = { "id-1" }
        }
        try await withServer(router, configure: configure) { address throws in
            _ = try HTTPClient(address, timeout: patience).send("GET", "/async?token=secret")
            let access = log.take()
            #expect(access.method == "GET")
            #expect(access.path == "/async")
            #expect(access.status == 200)
            #expect(access.bytes > 6)
            #expect(access.id == "id-1")
            #expect(access.peer == .tcp(address: "127.0.0.1"))
            let connection = try RawConnection(address)
            connection.send("?\r\n\r\n")
            #expect(log.take().status == 400)
        }
    }

    @Test func `many clients at once each get their own answers`() async throws {
        try await withServer(router) { address throws in
            // Threads, since dispatch's workers are also those that the async handlers need.
            let finished = Handover<Bool>()
            for number in 0..<16 {
                Thread.detachNewThread {
                    let client = HTTPClient(address, timeout: patience)
                    let isRight = (0..<40).allSatisfy { round in
                        let name = "\(number)-\(round)"
                        let target = round % 2 == 0 ? "/async?n=\(name)" : "/thread"
                        let text = (try? client.send("GET", target))?.text
                        return text == (round % 2 == 0 ? "async \(name)" : "thread")
                    }
                    finished.put(isRight)
                }
            }
            #expect((0..<16).allSatisfy { _ in finished.take() })
        }
    }

    @Test func `connections are spread evenly over the loops`() async throws {
        var router = Router()
        router.on("GET", "/", .immediate { _ in .text("<\(pthread_self())>") })
        try await withServer(router, configure: { $0.loops = 4 }) { address in
            let connections = try (0..<32).map { _ in try RawConnection(address) }
            var counts: [String: Int] = [:]
            for connection in connections {
                connection.send(Self.get)
                let text = connection.read(through: ">")
                counts[String(text.split(separator: "<").last ?? ""), default: 0] += 1
            }
            #expect(counts.count == 4)
            #expect(counts.values.allSatisfy { (4...12).contains($0) })
        }
    }
}
