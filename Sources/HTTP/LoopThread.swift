import CEpoll
import Glibc
import Synchronization

/// The state of an event loop, made and used on its thread alone.
final class LoopThread {
    let loop: EventLoop
    let shared: ServerState
    let limits: HTTPServer.Limits
    var writer: ResponseWriter
    var connections: [UInt64: Connection] = [:]
    var stopDeadline: UInt64?
    /// Set while accepting rests because the process has no descriptor left.
    var acceptsAgainAt: UInt64?
    /// While the server stops: until when new connections may begin their first request.
    var lastCallEnd: UInt64?
    /// Connections with more requests read than their turn had room for.
    var unfinished: [UInt64] = []
    /// Calls that give way to everything else that is there.
    var deferred: [DeferredCall] = []

    private var deadlines = DeadlineQueue()
    private var nextID: UInt64
    private var scratch = [UInt8](repeating: 0, count: 65_536)

    init(loop: EventLoop, shared: ServerState) {
        self.loop = loop
        self.shared = shared
        limits = shared.configuration.limits
        writer = ResponseWriter(now: shared.configuration.now)
        // Tokens: 0 wakes, then one for each listening socket, then the connections.
        nextID = UInt64(shared.listeners.count) + 1
    }

    func run() {
        watchListeners()
        var events = [epoll_event](repeating: epoll_event(), count: 256)
        while stopDeadline == nil || !connections.isEmpty {
            let isQuiet = deferred.isEmpty && unfinished.isEmpty
            let count = loop.epoll.wait(into: &events, until: isQuiet ? nextDeadline : 0)
            for event in events[..<count] {
                handle(Epoll.Events(rawValue: event.events), token: event.data.u64)
            }
            takeUpUnfinished()
            runDeferred(most: 16)
            handleDeadlines()
        }
        runDeferred(most: .max)
        // A connection that was handed over too late has no owner any more.
        for case .adopt(let fd, _, _) in loop.takeMessages(closing: true) { close(fd) }
    }

    private func takeUpUnfinished() {
        let waiting = unfinished
        unfinished = []
        for connection in waiting.compactMap({ connections[$0] }) {
            connection.isUnfinished = false
            advance(connection)
        }
    }

    private func handle(_ events: Epoll.Events, token: UInt64) {
        if token == Epoll.wakeToken {
            loop.epoll.acknowledgeWake()
            loop.takeMessages().forEach(handle)
        } else if token <= UInt64(shared.listeners.count) {
            guard stopDeadline == nil else { return }
            accept(from: shared.listeners[Int(token) - 1], most: 8)
        } else if let connection = connections[token] {
            handle(events, of: connection)
        }
    }

    private func handle(_ message: EventLoop.Message) {
        switch message {
        case .answer(let id, let request, let response):
            guard let connection = connections[id], connection.requestNumber == request,
                connection.phase == .handling
            else { return }
            let problem = { connection.router.problem(500, connection.exchange?.request) }
            answer(connection, response ?? problem())
            advance(connection)
        case .adopt(let fd, let peer, let listener):
            open(fd, peer: peer, by: listener)
        case .stop(let deadline):
            stop(by: deadline)
        }
    }

    private func handle(_ events: Epoll.Events, of connection: Connection) {
        let isBroken = !events.isDisjoint(with: .broken)
        if events.contains(.readable) || isBroken { receive(connection) }
        guard connections[connection.id] != nil else { return }
        if isBroken, connection.phase == .handling {
            // The handler goes on; epoll would report the broken connection without end.
            loop.epoll.unwatch(connection.fd)
            connection.watched = nil
        }
        advance(connection)
    }

    /// Reads what is there, once: epoll is level-triggered and comes back for more.
    func receive(_ connection: Connection) {
        guard !connection.peerHasEnded else { return }
        let count = scratch.withUnsafeMutableBytes { buffer in
            recv(connection.fd, buffer.baseAddress, buffer.count, 0)
        }
        if count > 0 {
            connection.received += count
            if connection.phase == .lingering || connection.phase == .closing {
                connection.lingered += count
            } else {
                scratch.withUnsafeBytes { connection.parser.feed(.init(rebasing: $0[..<count])) }
            }
        } else if count == 0 {
            connection.peerHasEnded = true
        } else if errno != EAGAIN, errno != EINTR {
            drop(connection)
        }
    }
}

extension LoopThread {
    private func watchListeners() {
        for (index, listener) in shared.listeners.enumerated() {
            loop.epoll.watch(listener.fd, for: [.readable, .exclusive], token: UInt64(index) + 1)
        }
    }

    private func accept(from listener: ListeningSocket, most: Int) {
        for _ in 0..<most {
            var address = SocketAddress()
            let flags = Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
            let fd = address.fill { cepoll_accept4(listener.fd, $0, $1, flags) }
            if fd >= 0 {
                assign(fd, from: address, by: listener)
                continue
            }
            switch errno {
            case EINTR, ECONNABORTED: continue
            case EMFILE, ENFILE, ENOBUFS, ENOMEM:
                // The clients wait in the backlog; trying at once again would only spin.
                shared.listeners.forEach { loop.epoll.unwatch($0.fd) }
                acceptsAgainAt = MonotonicTime.after(.milliseconds(50))
                return
            default: return
            }
        }
    }

    /// Gives a connection to the loop with the fewest.
    private func assign(_ fd: Int32, from address: SocketAddress, by listener: ListeningSocket) {
        guard let peer = Self.peer(of: fd, at: address) else {
            close(fd)
            return
        }
        let owner = stopDeadline == nil ? shared.owner(for: loop) : loop
        if owner !== loop {
            if owner.post(.adopt(fd: fd, peer: peer, listener: listener)) { return }
            owner.load.subtract(1, ordering: .relaxed)
        }
        if owner !== loop || stopDeadline != nil { loop.load.add(1, ordering: .relaxed) }
        open(fd, peer: peer, by: listener)
    }

    private static func peer(of fd: Int32, at address: SocketAddress) -> HTTPPeer? {
        if address.family == AF_UNIX {
            var credentials = cepoll_credentials()
            var size = socklen_t(MemoryLayout<cepoll_credentials>.size)
            let result = getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size)
            return result == 0 ? .unix(uid: credentials.uid, pid: credentials.pid) : nil
        }
        var on: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        setsockopt(fd, Int32(IPPROTO_TCP), TCP_NODELAY, &on, size)
        return .tcp(address: address.numericHostAndPort.0)
    }

    private func open(_ fd: Int32, peer: HTTPPeer, by listener: ListeningSocket) {
        let verdict = shared.admission.open(peer)
        guard verdict != .dropped else {
            close(fd)
            loop.load.subtract(1, ordering: .relaxed)
            return
        }
        let connection = Connection(
            id: nextID,
            fd: fd,
            peer: peer,
            router: listener.router,
            limits: limits
        )
        nextID += 1
        connections[connection.id] = connection
        switch verdict {
        case .served(let account): connection.account = account
        case .refused, .dropped: connection.isRefused = true
        }
        guard loop.epoll.watch(fd, for: .readable, token: connection.id) else {
            return drop(connection)
        }
        if case .refused(let status) = verdict {
            refuse(connection, HTTPRequestError(status, "too many connections (RFC 6585 §4)"))
        }
        if stopDeadline != nil { receive(connection) }
        guard connections[connection.id] != nil else { return }
        advance(connection)
    }

    /// Closes a connection at once.
    func drop(_ connection: Connection) {
        guard connections.removeValue(forKey: connection.id) != nil else { return }
        // Whoever sees its end may take its place at once.
        shared.admission.close(connection)
        connection.exchange?.account.map(shared.admission.leave)
        close(connection.fd)
        loop.load.subtract(1, ordering: .relaxed)
    }

    private func stop(by deadline: UInt64) {
        guard stopDeadline == nil else { return }
        stopDeadline = deadline
        lastCallEnd = MonotonicTime.after(limits.lastCall)
        // Who has connected already is served; an inherited backlog waits for the next process.
        for listener in shared.listeners where !listener.isInherited {
            accept(from: listener, most: 1_024)
        }
        shared.listeners.forEach { loop.epoll.unwatch($0.fd) }
        acceptsAgainAt = nil
        shared.loopStoppedListening()
        for connection in connections.values where connection.phase == .reading {
            receive(connection)
            guard connections[connection.id] != nil else { continue }
            advance(connection)
        }
    }
}

extension LoopThread {
    /// Queues the connection's deadline where no earlier entry will look at it.
    func queueDeadline(of connection: Connection) {
        guard connection.deadline < connection.queuedDeadline else { return }
        connection.queuedDeadline = connection.deadline
        deadlines.insert(.init(deadline: connection.deadline, id: connection.id))
    }

    private var nextDeadline: UInt64? {
        [deadlines.first?.deadline, stopDeadline, lastCallEnd, acceptsAgainAt].compactMap(\.self)
            .min()
    }

    private func handleDeadlines() {
        let now = MonotonicTime.now
        if let acceptsAgainAt, acceptsAgainAt <= now {
            self.acceptsAgainAt = nil
            watchListeners()
        }
        if let lastCallEnd, lastCallEnd <= now {
            self.lastCallEnd = nil
            for connection in connections.values where connection.phase == .reading {
                advance(connection)
            }
        }
        if let stopDeadline, stopDeadline <= now {
            connections.values.forEach(drop)
            return
        }
        while let entry = deadlines.first, entry.deadline <= now {
            deadlines.removeFirst()
            guard let connection = connections[entry.id],
                entry.deadline == connection.queuedDeadline
            else { continue }
            connection.queuedDeadline = .max
            if connection.deadline <= now {
                expire(connection)
            } else {
                queueDeadline(of: connection)
            }
        }
    }

    private func expire(_ connection: Connection) {
        if connection.isFastEnough(limits) { return queueDeadline(of: connection) }
        switch connection.wait {
        case .handler:
            refuse(connection, HTTPRequestError(503, "no answer in time (RFC 9110 §15.6.4)"))
            advance(connection)
        case .head, .body:
            refuse(connection, HTTPRequestError(408, "request not in time (RFC 9110 §15.5.9)"))
            advance(connection)
        case .idle, .write, .linger, .nothing:
            drop(connection)
        }
    }
}
