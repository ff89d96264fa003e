import Foundation
import Testing

@testable import Transport

@Suite struct URLSessionSenderTests {
    /// One sender for all tests, as a process has one.
    static let sender = URLSessionSender(limits: limits)
    static let limits: URLSessionSender.Limits = {
        var limits = URLSessionSender.Limits()
        limits.answerBytes = 1000
        return limits
    }()

    private func exchange(
        _ answer: String,
        ending: ScriptedServer.Ending = .close,
        deadline: Duration = .seconds(20)
    ) async throws -> (Result<ClientResponse, TransportError>, [String]) {
        let server = try ScriptedServer(answer: answer, ending: ending)
        defer { server.stop() }
        let request = ClientRequest(
            method: "PATCH",
            url: server.url("/api/v2/system/role/1?filter=name%3D%27x%27"),
            headers: ["X-Token": "secret", "Content-Type": "application/json"],
            body: Array("{}".utf8),
            deadline: deadline
        )
        do throws(TransportError) {
            return (.success(try await Self.sender.send(request)), server.requests)
        } catch {
            return (.failure(error), server.requests)
        }
    }

    @Test func `a request arrives as it was made`() async throws {
        let (result, requests) = try await exchange(
            "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n[]"
        )
        let response = try result.get()
        #expect(response.status == 201)
        #expect(response.headers["content-type"] == "application/json")
        #expect(response.body == Array("[]".utf8))
        let text = try #require(requests.first)
        #expect(text.hasPrefix("PATCH /api/v2/system/role/1?filter=name%3D%27x%27 HTTP/1.1\r\n"))
        #expect(text.contains("X-Token: secret\r\n"))
        #expect(text.hasSuffix("\r\n\r\n{}"))
        #expect(!text.contains("Cookie"))
    }

    @Test(arguments: [301, 302, 303, 307, 308])
    func `a redirect is refused and never followed`(_ status: Int) async throws {
        let other = try ScriptedServer(answer: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        defer { other.stop() }
        let (result, _) = try await exchange(
            "HTTP/1.1 \(status) Moved\r\nLocation: \(other.url())\r\nContent-Length: 0\r\n\r\n"
        )
        #expect(throws: TransportError.redirected(status: status)) { try result.get() }
        #expect(other.requests.isEmpty)
    }

    @Test func `an answer past the limit is given up`() async throws {
        let body = String(repeating: "x", count: 1001)
        let (result, _) = try await exchange(
            "HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n\(body)"
        )
        #expect(throws: TransportError.answerTooLarge(limit: 1000)) { try result.get() }
    }

    @Test func `a server that never stops sending fills no memory`() async {
        // In a process of its own, whose memory is that of these exchanges.
        await #expect(processExitsWith: .success) {
            let server = try ScriptedServer(answer: "HTTP/1.1 200 OK\r\n\r\n", ending: .flood)
            let (sender, url) = (URLSessionSender(), server.url())
            let before = try Self.peakMemory()
            for _ in 0..<4 {
                let request = ClientRequest(method: "GET", url: url, deadline: .seconds(240))
                await #expect(throws: TransportError.answerTooLarge(limit: 4 << 20)) {
                    try await sender.send(request)
                }
            }
            let grown = try Self.peakMemory() - before
            #expect(grown < 300 << 10, "\(grown) KiB for 4 answers of 4 MiB")
        }
    }

    /// The most memory that this process has had, in KiB.
    private static func peakMemory() throws -> Int {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = try #require(status.firstMatch(of: /VmHWM:\s*(\d+) kB/))
        return try #require(Int(line.output.1))
    }

    @Test(arguments: [
        "", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", "not http at all\r\n\r\n",
    ])
    func `a broken answer leaves the outcome unknown`(_ answer: String) async throws {
        let (result, _) = try await exchange(answer)
        let error = #expect(throws: TransportError.self) { try result.get() }
        #expect(error?.mayHaveArrived == true)
    }

    @Test func `a refused connection surely did nothing`() async throws {
        let server = try ScriptedServer(answer: "")
        let url = server.url()
        server.stop()
        let error = await #expect(throws: TransportError.self) {
            try await Self.sender.send(ClientRequest(method: "POST", url: url))
        }
        #expect(error == .connectionRefused)
        #expect(error?.mayHaveArrived == false)
    }

    @Test func `a connection lost after another address was refused is not called refused`()
        async throws
    {
        let server = try ScriptedServer(answer: "")
        defer { server.stop() }
        let url = try #require(URL(string: "http://localhost:\(server.port)/"))
        let error = await #expect(throws: TransportError.self) {
            try await Self.sender.send(ClientRequest(method: "POST", url: url))
        }
        #expect(server.requests.count == 1)
        #expect(error?.mayHaveArrived == true)
    }

    @Test(arguments: ["ftp://127.0.0.1/", "file:///etc/hosts", "nothing"])
    func `an address that is not HTTP is refused before anything is sent`(_ text: String) async {
        let url = URL(string: text)!
        await #expect(throws: TransportError.invalidAddress) {
            try await Self.sender.send(ClientRequest(method: "GET", url: url))
        }
    }

    @Test func `silence ends at the deadline with the outcome unknown`() async throws {
        let (result, requests) = try await exchange(
            "",
            ending: .hold,
            deadline: .milliseconds(200)
        )
        #expect(throws: TransportError.timedOut) { try result.get() }
        #expect(requests.count == 1)
        #expect(TransportError.timedOut.mayHaveArrived)
    }

    @Test func `cancelling the task ends the exchange as cancelled`() async throws {
        let server = try ScriptedServer(answer: "", ending: .hold)
        defer { server.stop() }
        let url = server.url()
        let task = Task {
            _ = await #expect(throws: TransportError.cancelled) {
                try await Self.sender.send(ClientRequest(method: "GET", url: url))
            }
        }
        while server.requests.isEmpty { await Task.yield() }
        task.cancel()
        await task.value
    }

    @Test func `cookies are neither kept nor sent`() async throws {
        let server = try ScriptedServer(
            answer: "HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n"
        )
        defer { server.stop() }
        for _ in 0..<2 {
            _ = try await Self.sender.send(ClientRequest(method: "GET", url: server.url()))
        }
        #expect(server.requests.count == 2)
        #expect(!server.requests.contains { $0.contains("Cookie") })
    }

    @Test func `many requests at once each get their own answer`() async throws {
        let server = try ScriptedServer(
            answer: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
        )
        defer { server.stop() }
        let url = server.url()
        let answers = try await withThrowingTaskGroup(of: [UInt8].self) { group in
            for _ in 0..<40 {
                group.addTask {
                    try await Self.sender.send(ClientRequest(method: "GET", url: url)).body
                }
            }
            return try await group.reduce(into: 0) { count, body in
                count += body == Array("ok".utf8) ? 1 : 0
            }
        }
        #expect(answers == 40)
    }
}
