import Foundation
import HTTP
import Testing

struct SocketActivationTests {
    /// A listening socket of this process, as a parent would hold it.
    private static func listeningSocket() -> Int32 {
        let fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        inet_pton(AF_INET, "127.0.0.1", &address.sin_addr)
        withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = bind(fd, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        listen(fd, 64)
        return fd
    }

    private static func server(_ listeners: [HTTPServer.Listener]) -> HTTPServer {
        var router = Router()
        router.on("GET", "/", .immediate { _ in .text("root") })
        return HTTPServer(configuration: .patient(listeners), router: router)
    }

    @Test func `an inherited socket outlives the server, and who connects meanwhile is served`()
        async throws
    {
        let kept = Self.listeningSocket()
        defer { close(kept) }
        let first = Self.server([.inherited(descriptor: dup(kept))])
        let address = try first.start()[0]
        #expect(try await HTTPClient(address, timeout: patience).request("GET", "/").text == "root")
        await first.stop(within: .zero)
        let waiting = try await offPool { () throws in
            let connection = try RawConnection(address)
            connection.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            return connection
        }
        let second = Self.server([.inherited(descriptor: dup(kept))])
        #expect(try second.start() == [address])
        let answer = try await offPool { waiting.readToEnd() }
        #expect(answer?.hasSuffix("root") == true)
        await second.stop(within: .zero)
    }

    @Test func `only the process that the variables name takes the sockets`() throws {
        let environment = ["LISTEN_PID": "\(getpid() + 1)", "LISTEN_FDS": "1"]
        #expect(try SocketActivation.listeners(environment: environment).isEmpty)
        #expect(try SocketActivation.listeners(environment: ["LISTEN_FDS": "1"]).isEmpty)
        #expect(try SocketActivation.listeners(environment: [:]).isEmpty)
    }

    @Test(arguments: ["", "0", "-1", "x", "65"])
    func `a count of sockets that makes no sense is said`(count: String) {
        let environment = ["LISTEN_PID": "\(getpid())", "LISTEN_FDS": count]
        #expect(throws: HTTPServerError.self) {
            try SocketActivation.listeners(environment: environment)
        }
    }

    @Test func `a descriptor that does not listen is refused`() throws {
        let fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(fd) }
        #expect(throws: HTTPServerError.self) {
            try Self.server([.inherited(descriptor: fd)]).start()
        }
    }

    @Test func `the limit of descriptors is raised as far as the hard limit`() async {
        await #expect(processExitsWith: .success) {
            let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
            var limit = rlimit(rlim_cur: 100, rlim_max: 200)
            precondition(setrlimit(resource, &limit) == 0)
            precondition(DescriptorLimit.raise(to: 150) == 150)
            precondition(DescriptorLimit.raise(to: 120) == 150)
            precondition(DescriptorLimit.raise(to: 1_000) == 200)
        }
    }
}
