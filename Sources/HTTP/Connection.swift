import Glibc

/// One connection; only its loop's thread touches it.
final class Connection {
    enum Phase {
        /// Between requests or within one.
        case reading
        /// A handler has the request; nothing more is parsed until it has answered.
        case handling
        /// The last answer is being written.
        case closing
        /// The last answer is written and our side shut; input is read and dropped, so that the
        /// peer reads the answer before it meets a reset (RFC 9112 §9.6).
        case lingering
        /// What was answered before is being written; then the connection ends without a word.
        case dropping
    }

    /// What the deadline is for.
    enum Wait {
        case nothing, idle, head, body, handler, write, linger
    }

    let id: UInt64
    let fd: Int32
    let peer: HTTPPeer
    /// The peer's address, read once.
    let address: IPAddress?
    let router: Router
    var parser: HTTPRequestParser
    var phase = Phase.reading
    /// The request whose head has been read.
    var exchange: Exchange?
    /// Counts the requests, so that a late second answer is told from the right one.
    var requestNumber: UInt64 = 0
    var output = OutputBuffer()
    /// What epoll watches; nil once it watches no more.
    var watched: Epoll.Events? = [.readable]
    var peerHasEnded = false
    var lingered = 0
    /// Whether it has more requests read and waits for its next turn.
    var isUnfinished = false
    /// Bytes that have come.
    var received = 0
    /// The address whose connections it is counted among.
    var account: IPAddress?
    /// Whether it is open only to be told that it is one too many.
    var isRefused = false

    private(set) var wait = Wait.nothing
    private(set) var deadline = UInt64.max
    /// The end of the wait, however fast the peer is.
    private var lastDeadline = UInt64.max
    /// Where the peer was when the window of its rate began.
    private var mark = 0
    /// The earliest entry of this connection in the loop's queue.
    var queuedDeadline = UInt64.max

    init(
        id: UInt64,
        fd: Int32,
        peer: HTTPPeer,
        router: Router,
        limits: HTTPServer.Limits
    ) {
        self.id = id
        self.fd = fd
        self.peer = peer
        address = peer.address
        self.router = router
        parser = HTTPRequestParser(limits: limits)
    }

    /// Starts waiting for something, unless that wait already runs.
    func startWaiting(for next: Wait, limits: HTTPServer.Limits) {
        guard wait != next else { return }
        wait = next
        mark = progress
        switch next {
        case .nothing: deadline = .max
        case .idle: deadline = MonotonicTime.after(limits.idle)
        case .head: deadline = MonotonicTime.after(limits.head)
        case .body: deadline = MonotonicTime.after(min(limits.body, limits.rateWindow))
        case .handler: deadline = MonotonicTime.after(limits.handling)
        case .write: deadline = MonotonicTime.after(limits.write)
        case .linger: deadline = MonotonicTime.after(limits.linger)
        }
        lastDeadline = next == .body ? MonotonicTime.after(limits.body) : .max
    }

    /// Whether the peer was fast enough until its deadline, which then moves on.
    func isFastEnough(_ limits: HTTPServer.Limits) -> Bool {
        let window = wait == .write ? limits.write : limits.rateWindow
        let now = MonotonicTime.now
        guard wait == .body || wait == .write, now < lastDeadline,
            progress - mark >= Int(window / .seconds(1) * Double(limits.bytesPerSecondMin))
        else { return false }
        mark = progress
        deadline = min(lastDeadline, MonotonicTime.after(window, from: now))
        return true
    }

    /// Bytes that the peer has brought, or taken.
    private var progress: Int {
        switch wait {
        case .body: received
        case .write: output.sent - Socket.unacknowledged(fd)
        default: 0
        }
    }

    /// Makes the next wait begin anew, even one of the same kind.
    func restartWaiting() {
        wait = .nothing
        deadline = .max
    }
}

/// A request from its head to its answer.
struct Exchange {
    var request: HTTPRequest
    var match: Router.Match
    var minorVersion: Int
    var keepsAlive: Bool
    var started: UInt64
    /// The client that this request is counted for, where a proxy stands between.
    var account: IPAddress?
}

/// Bytes that wait to be written.
struct OutputBuffer {
    enum Outcome {
        case written
        case blocked
        case failed
    }

    var bytes: [UInt8] = []
    /// Bytes that the socket has taken so far.
    private(set) var sent = 0
    private var start = 0

    var count: Int { bytes.count - start }

    /// Writes as much as the socket takes.
    mutating func write(to fd: Int32) -> Outcome {
        while start < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                let rest = UnsafeRawBufferPointer(rebasing: buffer[start...])
                // Without the flag a peer that is gone would end the process by SIGPIPE (send(2)).
                return send(fd, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
            }
            if count < 0 {
                if errno == EINTR { continue }
                return errno == EAGAIN ? .blocked : .failed
            }
            start += count
            sent += count
        }
        start = 0
        bytes.removeAll(keepingCapacity: bytes.capacity <= 16_384)
        return .written
    }
}
