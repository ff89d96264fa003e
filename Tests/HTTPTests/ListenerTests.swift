import Foundation
import HTTP
import Testing

struct ListenerTests {
    private static func server(_ listeners: HTTPServer.Listener...) -> HTTPServer {
        var router = Router()
        router.on("GET", "/peer", .immediate { .text("\($0.peer)") })
        return HTTPServer(configuration: .patient(listeners), router: router)
    }

    /// A path of its own in the temporary folder, short enough for a socket.
    private static func makePath() -> String {
        FileManager.default.temporaryDirectory
            .appendingPathComponent("h-\(UUID().uuidString.prefix(8)).sock").path
    }

    private static func message(_ body: () throws -> Void) -> String {
        do {
            try body()
            return "started"
        } catch { return "\(error)" }
    }

    @Test func `a Unix socket tells the peer's user and process`() async throws {
        let path = Self.makePath()
        let server = Self.server(.unix(path: path, mode: 0o660))
        #expect(try server.start() == [.unix(path: path)])
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o660)
        let text = try await HTTPClient(.unix(path: path), timeout: patience).request(
            "GET",
            "/peer"
        ).text
        #expect(text == "\(HTTPPeer.unix(uid: getuid(), pid: getpid()))")
        await server.stop(within: .zero)
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test func `a listener may have routes of its own`() async throws {
        var staff = Router()
        staff.on("GET", "/staff", .immediate { _ in .text("staff") })
        let path = Self.makePath()
        let server = Self.server(
            .tcp(host: "127.0.0.1", port: 0),
            .unix(path: path, router: staff)
        )
        let addresses = try server.start()
        #expect(
            try await HTTPClient(addresses[0], timeout: patience).request("GET", "/staff").status
                == 404
        )
        #expect(
            try await HTTPClient(addresses[0], timeout: patience).request("GET", "/peer").status
                == 200
        )
        #expect(
            try await HTTPClient(addresses[1], timeout: patience).request("GET", "/staff").status
                == 200
        )
        await server.stop(within: .zero)
    }

    @Test func `a taken port is an error that says so`() async throws {
        let first = Self.server(.tcp(host: "127.0.0.1", port: 0))
        guard case .tcp(_, let port) = try first.start()[0] else { return }
        let second = Self.server(.tcp(host: "127.0.0.1", port: port))
        let message = Self.message { _ = try second.start() }
        #expect(message.contains("127.0.0.1:\(port) is already in use"))
        await first.stop(within: .zero)
    }

    @Test func `IPv6 is served where the host has it`() async throws {
        let server = Self.server(.tcp(host: "::1", port: 0))
        guard let address = try? server.start().first else { return }
        #expect(address.description.hasPrefix("[::1]:"))
        #expect(
            try await HTTPClient(address, timeout: patience).request("GET", "/peer").text.contains(
                "::1"
            )
        )
        await server.stop(within: .zero)
    }

    @Test func `a socket somebody answers on is not taken over, a stale one is`() async throws {
        let path = Self.makePath()
        let first = Self.server(.unix(path: path))
        _ = try first.start()
        let message = Self.message { _ = try Self.server(.unix(path: path)).start() }
        #expect(message.contains("Another process answers"))
        let moved = path + "2"
        try FileManager.default.moveItem(atPath: path, toPath: moved)
        await first.stop(within: .zero)
        // The socket is closed and its file, which moved, still there: a stale one.
        let second = Self.server(.unix(path: moved))
        _ = try second.start()
        #expect(
            try await HTTPClient(.unix(path: moved), timeout: patience).request("GET", "/peer")
                .status == 200
        )
        await second.stop(within: .zero)
        #expect(!FileManager.default.fileExists(atPath: moved))
    }

    @Test func `a file that is no socket is left alone`() throws {
        let path = Self.makePath()
        try Data("x".utf8).write(to: URL(fileURLWithPath: path))
        #expect(
            Self.message { _ = try Self.server(.unix(path: path)).start() }.contains("no socket")
        )
        #expect(FileManager.default.contents(atPath: path) == Data("x".utf8))
        try FileManager.default.removeItem(atPath: path)
    }

    @Test func `a path over 107 bytes is refused`() throws {
        let path = "/tmp/" + String(repeating: "x", count: 103)
        #expect(Self.message { _ = try Self.server(.unix(path: path)).start() }.contains("107"))
    }

    @Test func `accepting survives a process out of descriptors`() async {
        await #expect(processExitsWith: .success) {
            let server = Self.server(.tcp(host: "127.0.0.1", port: 0))
            let address = try server.start()[0]
            // A few more descriptors than are in use, counted from the highest: there may be holes.
            let used = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
            let most = rlim_t((used.compactMap { Int($0) }.max() ?? 0) + 5)
            var limit = rlimit(rlim_cur: most, rlim_max: most)
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            var connections = [RawConnection]()
            while let connection = try? RawConnection(address) { connections.append(connection) }
            precondition(!connections.isEmpty)
            connections.removeAll()
            // Until the server has closed its sides too, no descriptor may be left for a client.
            var status: Int?
            while status == nil {
                status = (try? HTTPClient(address, timeout: patience).send("GET", "/peer"))?.status
            }
            precondition(status == 200)
            await server.stop(within: .zero)
        }
    }
}
