import Foundation
import Glibc
import Synchronization

/// A server on a free loopback port that answers every connection with the same bytes.
final class ScriptedServer: Sendable {
    enum Ending { case close, hold, flood }

    let port: UInt16
    private let listener: Int32
    private let seen = Mutex<[String]>([])
    private let held = Mutex<[Int32]>([])

    /// The requests received so far, as text.
    var requests: [String] { seen.withLock { $0 } }

    init(answer: String, ending: Ending = .close) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let opened = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && listen(listener, 16) == 0
                    && getsockname(listener, $0, &length) == 0
            }
        }
        guard opened else { throw POSIXError(.EADDRINUSE) }
        self.listener = listener
        port = UInt16(bigEndian: address.sin_port)
        Thread.detachNewThread { [self] in serve(answer, ending) }
    }

    func url(_ path: String = "/") -> URL {
        guard let url = URL(string: "http://127.0.0.1:\(port)\(path)") else {
            preconditionFailure("a test's path is written so that it makes an address")
        }
        return url
    }

    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
        held.withLock { $0.forEach { _ = close($0) } }
    }

    private func serve(_ answer: String, _ ending: Ending) {
        while true {
            let connection = accept(listener, nil, nil)
            guard connection >= 0 else { return }
            let request = Self.readRequest(connection)
            seen.withLock { $0.append(request) }
            let bytes = Array(answer.utf8)
            _ = send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL))
            switch ending {
            case .close: close(connection)
            case .hold: held.withLock { $0.append(connection) }
            case .flood: Thread.detachNewThread { Self.flood(connection) }
            }
        }
    }

    /// Sends for as long as somebody reads.
    private static func flood(_ connection: Int32) {
        let bytes = [UInt8](repeating: 0x20, count: 64 << 10)
        while send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL)) > 0 {}
        close(connection)
    }

    private static func readRequest(_ connection: Int32) -> String {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(connection, &buffer, buffer.count)
            guard count > 0 else { break }
            bytes += buffer[..<count]
            let text = String(decoding: bytes, as: UTF8.self)
            guard let end = text.range(of: "\r\n\r\n") else { continue }
            let expected = text.firstMatch(of: /(?i)content-length: (\d+)/).flatMap { Int($0.1) }
            if text[end.upperBound...].utf8.count >= expected ?? 0 { break }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
