import Foundation
import HTTP

/// How long a test waits for what must come: far longer than the other suites of a slow machine keep
/// the threads that it needs.
let patience = Duration.seconds(300)

/// A blocking socket that sends exactly the bytes it is told to.
///
/// `@unchecked Sendable`: a test uses it from one thread at a time.
final class RawConnection: @unchecked Sendable {
    private let fd: Int32

    /// Connects, on request from another address of this host.
    init(_ address: HTTPAddress, from source: String? = nil) throws {
        switch address {
        case .tcp(let host, let port):
            var target = sockaddr_in()
            target.sin_family = sa_family_t(AF_INET)
            target.sin_port = in_port_t(port).bigEndian
            inet_pton(AF_INET, host, &target.sin_addr)
            fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            if let source { Self.bind(fd, to: source) }
            try Self.connect(fd, to: target)
        case .unix(let path):
            var target = sockaddr_un()
            target.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &target.sun_path) { $0.copyBytes(from: path.utf8) }
            fd = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            try Self.connect(fd, to: target)
        }
        // A test that would hang fails instead.
        var limit = timeval(tv_sec: Int(patience.components.seconds), tv_usec: 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close(fd) }

    private static func bind(_ fd: Int32, to source: String) {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        inet_pton(AF_INET, source, &address.sin_addr)
        withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = Foundation.bind(fd, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    private static func connect<Address>(_ fd: Int32, to address: Address) throws {
        let result = withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Foundation.connect(fd, $0, socklen_t(MemoryLayout<Address>.size))
            }
        }
        guard result == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    }

    /// Sends all bytes; false where the peer has gone.
    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Foundation.send(fd, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    @discardableResult
    func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    /// Ends our side only.
    func endSending() { shutdown(fd, Int32(SHUT_WR)) }

    /// With a time limit, a stopped and continued process has its call interrupted (signal(7)).
    private func receive(_ buffer: UnsafeMutableRawPointer, _ size: Int) -> Int {
        while true {
            let count = recv(fd, buffer, size, 0)
            if count >= 0 || errno != EINTR { return count }
        }
    }

    /// Reads until what came ends with the text, or the peer ends.
    func read(through end: String) -> String {
        var bytes: [UInt8] = []
        var byte: UInt8 = 0
        while receive(&byte, 1) == 1 {
            bytes.append(byte)
            if bytes.reversed().starts(with: end.utf8.reversed()) { break }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Reads until the peer ends; nil where it resets the connection or keeps us waiting.
    func readToEnd() -> String? {
        var bytes: [UInt8] = []
        var scratch = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = receive(&scratch, scratch.count)
            if count == 0 { return String(decoding: bytes, as: UTF8.self) }
            guard count > 0 else { return nil }
            bytes.append(contentsOf: scratch[..<count])
        }
    }
}

/// Runs blocking work on a thread of its own, so that it keeps no thread of the cooperative pool
/// from the handlers it waits for.
func offPool<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value
{
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result(catching: work)) }
    }
}

extension HTTPServer.Configuration {
    /// Listens there, and hangs up on nobody whom a busy machine keeps waiting.
    static func patient(_ listeners: [HTTPServer.Listener]) -> Self {
        var configuration = Self(listeners: listeners)
        configuration.limits.idle = patience
        configuration.limits.head = patience
        configuration.limits.body = patience
        configuration.limits.write = patience
        configuration.limits.handling = patience
        return configuration
    }
}

/// Runs blocking work against a server on a free loopback port.
func withServer(
    _ router: Router,
    configure: (inout HTTPServer.Configuration) -> Void = { _ in },
    _ body: @escaping @Sendable (HTTPAddress) throws -> Void
) async throws {
    var configuration = HTTPServer.Configuration.patient([.tcp(host: "127.0.0.1", port: 0)])
    configure(&configuration)
    let server = HTTPServer(configuration: configuration, router: router)
    let address = try server.start()[0]
    let result: Result<Void, any Error>
    do { result = .success(try await offPool { try body(address) }) } catch {
        result = .failure(error)
    }
    await server.stop(within: .zero)
    try result.get()
}

/// A value that another thread hands over.
final class Handover<Value: Sendable>: Sendable {
    private let value = NSCondition()
    // Guarded by the condition's lock.
    nonisolated(unsafe) private var values: [Value] = []

    func put(_ next: Value) {
        value.withLock {
            values.append(next)
            value.signal()
        }
    }

    func take() -> Value {
        value.withLock {
            while values.isEmpty { value.wait() }
            return values.removeFirst()
        }
    }
}
