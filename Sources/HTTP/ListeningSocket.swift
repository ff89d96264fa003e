import Glibc
import Synchronization

/// A bound listening socket that every loop watches; closed once, when all have let go of it.
final class ListeningSocket: Sendable {
    let fd: Int32
    let address: HTTPAddress
    let router: Router
    /// Whether the parent has it too, so that the backlog outlives this process.
    let isInherited: Bool
    private let file: SocketFile?
    private let isOpen = Atomic(true)

    init(_ listener: HTTPServer.Listener, router: Router) throws(HTTPServerError) {
        self.router = listener.router ?? router
        if case .inherited = listener.place { isInherited = true } else { isInherited = false }
        switch listener.place {
        case .inherited(let descriptor):
            (fd, address) = (descriptor, try Self.adopt(descriptor))
            file = nil
        case .tcp(let host, let port):
            (fd, address) = try Self.listen(host: host, port: port)
            file = nil
        case .unix(let path, let mode, let group):
            let file = try SocketFile(path: path)
            fd = try file.listen(mode: mode, group: group)
            address = .unix(path: path)
            self.file = file
        }
    }

    deinit { shut() }

    /// Closes the socket and removes its file.
    func shut() {
        guard isOpen.exchange(false, ordering: .acquiringAndReleasing) else { return }
        // The file goes first: while the socket still listens nobody takes the file for a stale one.
        file?.remove()
        close(fd)
    }

    private static func adopt(_ descriptor: Int32) throws(HTTPServerError) -> HTTPAddress {
        var (isListening, type) = (Int32(0), Int32(0))
        var size = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &isListening, &size)
        getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &size)
        var bound = SocketAddress()
        guard isListening == 1, type == Int32(SOCK_STREAM.rawValue),
            bound.fill({ getsockname(descriptor, $0, $1) }) == 0,
            fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK) == 0
        else {
            throw HTTPServerError(
                "Descriptor \(descriptor) is no listening stream socket: check the socket unit."
            )
        }
        if bound.family == AF_UNIX { return .unix(path: bound.unixPath) }
        let (host, port) = bound.numericHostAndPort
        return .tcp(host: host, port: port)
    }

    private static func listen(
        host: String,
        port: Int
    ) throws(HTTPServerError) -> (Int32, HTTPAddress) {
        let place = HTTPAddress.tcp(host: host, port: port).description
        guard (0...65_535).contains(port) else {
            throw HTTPServerError("Port \(port) does not exist; choose one from 0 to 65535.")
        }
        let addresses: [SocketAddress]
        switch SocketAddress.resolve(host: host, port: port) {
        case .success(let found): addresses = found
        case .failure(let reason):
            throw HTTPServerError(
                "Cannot listen on \(place): \(reason); give an address of this host."
            )
        }
        guard let address = addresses.first else {
            throw HTTPServerError("Cannot listen on \(place): the host has no address.")
        }
        let socket = try Socket(family: address.family)
        // Lets a restart bind while old connections wait out their time; on Linux this does not let
        // two sockets listen on one port (socket(7)).
        socket.setOption(SOL_SOCKET, SO_REUSEADDR, to: 1)
        if address.family == AF_INET6 { socket.setOption(Int32(IPPROTO_IPV6), IPV6_V6ONLY, to: 1) }
        guard address.withPointer({ bind(socket.fd, $0, $1) }) == 0,
            Glibc.listen(socket.fd, backlog) == 0
        else { throw refusal(place) }
        var bound = SocketAddress()
        _ = bound.fill { getsockname(socket.fd, $0, $1) }
        let (boundHost, boundPort) = bound.numericHostAndPort
        return (socket.release(), .tcp(host: boundHost, port: boundPort))
    }

    /// Connections that wait to be accepted; the kernel caps it at `net.core.somaxconn`.
    static let backlog: Int32 = 4_096

    private static func refusal(_ place: String) -> HTTPServerError {
        switch errno {
        case EADDRINUSE:
            HTTPServerError(
                "\(place) is already in use: stop the other process or choose another port."
            )
        case EADDRNOTAVAIL:
            HTTPServerError("\(place) is no address of this host: choose one that is.")
        case EACCES:
            HTTPServerError("\(place) needs more rights: choose a port from 1024 on.")
        default:
            HTTPServerError("Cannot listen on \(place): \(SystemError.text).")
        }
    }
}
