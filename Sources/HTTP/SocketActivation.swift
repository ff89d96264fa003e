import Glibc

extension HTTPServer.Listener {
    /// Whether it listens on a Unix socket.
    package var isUnixSocket: Bool {
        switch place {
        case .unix: return true
        case .tcp: return false
        case .inherited(let descriptor):
            var domain: Int32 = 0
            var size = socklen_t(MemoryLayout<Int32>.size)
            getsockopt(descriptor, SOL_SOCKET, SO_DOMAIN, &domain, &size)
            return domain == AF_UNIX
        }
    }
}

/// Listening sockets that the parent has opened and passes on, as systemd does (sd_listen_fds(3)).
///
/// They outlive the process: a client that connects during a restart waits for the next one.
package enum SocketActivation {
    /// The first descriptor that is passed (`SD_LISTEN_FDS_START`).
    private static let first: Int32 = 3

    /// The listeners that the environment names for this process; none where it names none.
    ///
    /// Each is marked close-on-exec. Throws ``HTTPServerError`` where the variables make no sense.
    package static func listeners(
        environment: [String: String],
        processID: Int32 = getpid()
    ) throws -> [HTTPServer.Listener] {
        // Meant for another process, from which the variables were inherited.
        guard environment["LISTEN_PID"].flatMap(Int32.init) == processID else { return [] }
        guard let count = environment["LISTEN_FDS"].flatMap(Int32.init), (1...64).contains(count)
        else {
            throw HTTPServerError("LISTEN_FDS is no number of sockets: check the socket unit.")
        }
        return try (first..<first + count).map { descriptor in
            guard fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0 else {
                throw HTTPServerError(
                    "LISTEN_FDS says \(count) sockets and descriptor \(descriptor) is not open: "
                        + "check the socket unit."
                )
            }
            return .inherited(descriptor: descriptor)
        }
    }
}
