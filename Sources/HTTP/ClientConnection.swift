import Glibc

/// One connection of a client, with the deadline of the request that uses it.
struct ClientConnection: ~Copyable {
    private let socket: Socket
    private var input = InputBuffer()
    var deadline: UInt64

    init(to address: HTTPAddress, deadline: UInt64) throws(HTTPClientError) {
        self.deadline = deadline
        socket = try Self.connect(to: address, deadline: deadline)
    }

    /// Whether it can carry another request: nothing has come and the peer has not closed.
    var isReusable: Bool {
        var byte: UInt8 = 0
        return recv(socket.fd, &byte, 1, Int32(MSG_PEEK)) < 0 && errno == EAGAIN && input.count == 0
    }

    /// Sends all bytes; false where the peer has closed, which may have answered before.
    func send(_ bytes: [UInt8]) throws(HTTPClientError) -> Bool {
        var start = 0
        while start < bytes.count {
            let sent = bytes.withUnsafeBytes { buffer in
                let rest = UnsafeRawBufferPointer(rebasing: buffer[start...])
                return Glibc.send(socket.fd, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
            }
            if sent >= 0 {
                start += sent
            } else if errno == EAGAIN {
                try Self.wait(for: POLLOUT, on: socket.fd, until: deadline)
            } else if errno != EINTR {
                return false
            }
        }
        return true
    }

    /// The next line without its CRLF.
    mutating func line() throws(HTTPClientError) -> ArraySlice<UInt8> {
        while true {
            do {
                if let range = try input.line(max: 65_536) { return input.bytes[range] }
            } catch { throw .malformed("a line is too long or ends without CRLF") }
            guard try receive() else { throw .closed }
        }
    }

    /// Exactly that many bytes.
    mutating func bytes(_ count: Int) throws(HTTPClientError) -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            if input.count == 0, try !receive() { throw .closed }
            bytes.append(contentsOf: input.take(count - bytes.count))
        }
        return bytes
    }

    /// Everything until the peer closes, at most `max` bytes.
    mutating func bytesToEnd(max: Int) throws(HTTPClientError) -> [UInt8] {
        var bytes: [UInt8] = []
        repeat {
            bytes.append(contentsOf: input.take(input.count))
            guard bytes.count <= max else { throw .malformed("the body is over \(max) bytes") }
        } while try receive()
        return bytes
    }

    /// Whether any byte of the answer is there or comes; false where the peer closes first.
    mutating func hasAnswer() throws(HTTPClientError) -> Bool {
        if input.count > 0 { return true }
        return try receive()
    }

    /// Reads what is there, waiting for it; false at the end.
    private mutating func receive() throws(HTTPClientError) -> Bool {
        var scratch = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = recv(socket.fd, &scratch, scratch.count, 0)
            if count > 0 {
                scratch.withUnsafeBytes { input.append(.init(rebasing: $0[..<count])) }
                return true
            }
            if count == 0 { return false }
            switch errno {
            case EAGAIN: try Self.wait(for: POLLIN, on: socket.fd, until: deadline)
            case EINTR: continue
            default: return false
            }
        }
    }

    private static func wait(
        for event: Int32,
        on fd: Int32,
        until deadline: UInt64
    ) throws(HTTPClientError) {
        while true {
            var entry = pollfd(fd: fd, events: Int16(event), revents: 0)
            let timeout = MonotonicTime.milliseconds(until: deadline)
            guard timeout > 0 else { throw .timedOut }
            let count = poll(&entry, 1, timeout)
            if count > 0 { return }
            if count < 0, errno != EINTR { throw .closed }
        }
    }

    private static func connect(
        to address: HTTPAddress,
        deadline: UInt64
    ) throws(HTTPClientError) -> Socket {
        let candidates: [SocketAddress]
        switch address {
        case .unix(let path):
            guard let one = SocketAddress(unixPath: path) else {
                throw .notConnected("the socket path \(path) has not between 1 and 107 bytes")
            }
            candidates = [one]
        case .tcp(let host, let port):
            switch SocketAddress.resolve(host: host, port: port) {
            case .success(let found): candidates = found
            case .failure(let reason): throw .notConnected("\(address): \(reason)")
            }
        }
        var reason = "the host has no address"
        for candidate in candidates {
            let socket: Socket
            do { socket = try Socket(family: candidate.family) } catch {
                throw .notConnected(error.description)
            }
            let code = try connect(socket.fd, to: candidate, deadline: deadline)
            if code == 0 {
                if candidate.family != AF_UNIX {
                    socket.setOption(Int32(IPPROTO_TCP), TCP_NODELAY, to: 1)
                }
                return socket
            }
            reason = SystemError.text(code)
        }
        throw .notConnected("\(address): \(reason)")
    }

    /// Connects one socket and returns the error number, 0 where it stands.
    private static func connect(
        _ fd: Int32,
        to address: SocketAddress,
        deadline: UInt64
    ) throws(HTTPClientError) -> Int32 {
        guard address.withPointer({ Glibc.connect(fd, $0, $1) }) != 0 else { return 0 }
        guard errno == EINPROGRESS else { return errno }
        do { try wait(for: POLLOUT, on: fd, until: deadline) } catch { return ETIMEDOUT }
        var code: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &size)
        return code
    }
}
