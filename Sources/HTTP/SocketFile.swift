import Glibc

/// The file of a Unix socket: made with narrow rights, replaced only when stale, removed at the end.
final class SocketFile: Sendable {
    private struct Identity: Equatable {
        var device: UInt
        var inode: UInt
    }

    private let path: String
    private let address: SocketAddress
    private let bound = Locked<Identity?>(nil)

    init(path: String) throws(HTTPServerError) {
        guard let address = SocketAddress(unixPath: path) else {
            throw HTTPServerError(
                "The socket path \(path) has not between 1 and 107 bytes: choose another path."
            )
        }
        self.path = path
        self.address = address
    }

    func listen(mode: UInt32, group: String?) throws(HTTPServerError) -> Int32 {
        let owner = try group.map { name throws(HTTPServerError) in try Self.groupID(name) }
        try removeStale()
        let socket = try Socket(family: AF_UNIX)
        // Linux gives the file the socket's own mode, so it never has more rights than these.
        fchmod(socket.fd, mode & 0o600)
        guard address.withPointer({ bind(socket.fd, $0, $1) }) == 0 else {
            throw errno == EADDRINUSE ? inUse : failure("make")
        }
        bound.withLock { $0 = Self.identity(of: path) }
        if let owner, chown(path, uid_t.max, owner) != 0 { throw failure("change the group of") }
        guard chmod(path, mode) == 0 else { throw failure("change the rights of") }
        guard Glibc.listen(socket.fd, ListeningSocket.backlog) == 0 else {
            throw failure("listen on")
        }
        return socket.release()
    }

    /// Removes the file if it is still the one that `listen` made.
    func remove() {
        guard let mine = bound.withLock({ $0.take() }), Self.identity(of: path) == mine else {
            return
        }
        unlink(path)
    }

    deinit { remove() }

    private var inUse: HTTPServerError {
        HTTPServerError(
            "Another process answers on \(path): stop it or choose another socket path."
        )
    }

    private func failure(_ what: String) -> HTTPServerError {
        HTTPServerError("Cannot \(what) the socket \(path): \(SystemError.text).")
    }

    private func removeStale() throws(HTTPServerError) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else {
            throw HTTPServerError("\(path) is a file and no socket: choose another socket path.")
        }
        let probe = try Socket(family: AF_UNIX)
        let answered = address.withPointer { connect(probe.fd, $0, $1) } == 0
        // Only a refusal proves that nobody listens; a full backlog, for one, is EAGAIN.
        guard !answered, errno == ECONNREFUSED else { throw inUse }
        unlink(path)
    }

    private static func identity(of path: String) -> Identity? {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        return Identity(device: UInt(status.st_dev), inode: UInt(status.st_ino))
    }

    private static func groupID(_ name: String) throws(HTTPServerError) -> gid_t {
        if let number = gid_t(name) { return number }
        var entry = group()
        var found: UnsafeMutablePointer<group>?
        var buffer = [CChar](repeating: 0, count: 65_536)
        getgrnam_r(name, &entry, &buffer, buffer.count, &found)
        guard let found else {
            throw HTTPServerError("There is no group \(name): choose a group of this host.")
        }
        return found.pointee.gr_gid
    }
}
