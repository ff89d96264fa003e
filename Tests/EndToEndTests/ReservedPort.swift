import Glibc
import Testing

/// A port on loopback that stays ours while nobody listens there, so that a process which is
/// killed finds it free when it comes back.
final class ReservedPort: Sendable {
    let number: Int
    private let socket: Int32

    init() throws {
        socket = Glibc.socket(
            AF_INET,
            Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue),
            0
        )
        var on: Int32 = 1
        // Two sockets with this option may have one port as long as only one of them listens; and
        // the kernel gives a port that is bound to no outgoing connection.
        setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let (descriptor, length) = (socket, size)
        let code = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, length) == 0
                    ? getsockname(descriptor, address, &size) : -1
            }
        }
        try #require(code == 0)
        number = Int(UInt16(bigEndian: address.sin_port))
    }

    deinit { close(socket) }
}
