import Glibc

/// A non-blocking stream socket that is closed with its owner.
struct Socket: ~Copyable {
    let fd: Int32

    init(fd: Int32) {
        self.fd = fd
    }

    init(family: Int32) throws(HTTPServerError) {
        let flags = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        fd = socket(family, flags, 0)
        guard fd >= 0 else {
            throw HTTPServerError("Cannot make a socket: \(SystemError.text).")
        }
    }

    deinit { close(fd) }

    func setOption(_ level: Int32, _ name: Int32, to value: Int32) {
        var value = value
        setsockopt(fd, level, name, &value, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Hands the descriptor to an owner that closes it.
    consuming func release() -> Int32 {
        let descriptor = fd
        discard self
        return descriptor
    }
}

extension Socket {
    /// Bytes that were written and that the peer has not acknowledged (`SIOCOUTQ`, tcp(7)).
    static func unacknowledged(_ fd: Int32) -> Int {
        var count: Int32 = 0
        return ioctl(fd, UInt(TIOCOUTQ), &count) == 0 ? Int(count) : 0
    }
}

enum SystemError {
    /// What `errno` says, in words.
    static var text: String { text(errno) }

    static func text(_ code: Int32) -> String {
        String(cString: strerror(code)).lowercased()
    }
}

/// A socket address of any family in the form that the C calls take.
struct SocketAddress {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)

    init() {}

    /// The address of a socket file; nil where the path does not fit (107 bytes and a NUL, unix(7)).
    init?(unixPath path: String) {
        let bytes = Array(path.utf8)
        var address = sockaddr_un()
        guard !bytes.isEmpty, bytes.count < MemoryLayout.size(ofValue: address.sun_path),
            !bytes.contains(0)
        else { return nil }
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        withUnsafeMutableBytes(of: &storage) { destination in
            withUnsafeBytes(of: address) { destination.copyMemory(from: $0) }
        }
        length = socklen_t(MemoryLayout<sockaddr_un>.size)
    }

    var family: Int32 { Int32(storage.ss_family) }

    /// Calls a C function with the address.
    func withPointer<Result>(
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        withUnsafePointer(to: storage) { pointer in
            // sockaddr_storage is made to be read as the sockaddr of its family (POSIX).
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
        }
    }

    /// Lets a C function fill in the address.
    mutating func fill<Result>(
        _ body: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Result
    ) -> Result {
        length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, &length) }
        }
    }

    /// The path of a Unix socket; empty for an unnamed one.
    var unixPath: String {
        withUnsafeBytes(of: storage) { bytes in
            let offset = MemoryLayout<sockaddr_un>.offset(of: \sockaddr_un.sun_path) ?? 0
            let path = bytes[offset..<max(offset, Int(length))].prefix { $0 != 0 }
            return String(decoding: path, as: UTF8.self)
        }
    }

    /// Host and port in digits.
    var numericHostAndPort: (String, Int) {
        var host = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        var port = [CChar](repeating: 0, count: Int(NI_MAXSERV))
        let flags = NI_NUMERICHOST | NI_NUMERICSERV
        _ = withPointer { address, length in
            getnameinfo(
                address,
                length,
                &host,
                socklen_t(host.count),
                &port,
                socklen_t(port.count),
                flags
            )
        }
        return (Self.text(host), Int(Self.text(port)) ?? 0)
    }

    private static func text(_ characters: [CChar]) -> String {
        String(decoding: characters.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// The addresses of a host, in the resolver's order, or the resolver's complaint.
    static func resolve(
        host: String,
        port: Int
    ) -> Result<[SocketAddress], HTTPServerError> {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, String(port), &hints, &list)
        guard code == 0 else {
            return .failure(HTTPServerError("\(String(cString: gai_strerror(code)))"))
        }
        defer { freeaddrinfo(list) }
        var addresses: [SocketAddress] = []
        var entry = list
        while let info = entry?.pointee {
            var address = SocketAddress()
            address.length = info.ai_addrlen
            if let source = info.ai_addr {
                withUnsafeMutableBytes(of: &address.storage) {
                    $0.copyMemory(
                        from: UnsafeRawBufferPointer(start: source, count: Int(info.ai_addrlen))
                    )
                }
            }
            addresses.append(address)
            entry = info.ai_next
        }
        return .success(addresses)
    }
}
