import Foundation
import Synchronization

/// One thread that owns its connections; everything else talks to it by messages.
final class EventLoop: Sendable {
    enum Message: Sendable {
        /// The answer of a handler; nil where it has none.
        case answer(connection: UInt64, request: UInt64, HTTPResponse?)
        /// Take over a connection that another loop has accepted.
        case adopt(fd: Int32, peer: HTTPPeer, listener: ListeningSocket)
        /// Accept no more, finish by then, and end.
        case stop(deadline: UInt64)
    }

    private struct Mailbox {
        var messages: [Message] = []
        var isClosed = false
    }

    let epoll: Epoll
    /// Connections that it owns or is about to adopt.
    let load = Atomic(0)
    private let mailbox = Locked(Mailbox())

    init() throws(HTTPServerError) {
        epoll = try Epoll()
    }

    /// Leaves a message and wakes the loop; false where the loop has ended.
    @discardableResult
    func post(_ message: Message) -> Bool {
        let (isOpen, wasEmpty) = mailbox.withLock { mailbox in
            guard !mailbox.isClosed else { return (false, false) }
            mailbox.messages.append(message)
            return (true, mailbox.messages.count == 1)
        }
        if wasEmpty { epoll.wake() }
        return isOpen
    }

    /// Takes all messages; called by the loop's thread, at its end with `closing`.
    func takeMessages(closing: Bool = false) -> [Message] {
        mailbox.withLock { mailbox in
            defer { mailbox.messages = [] }
            mailbox.isClosed = closing
            return mailbox.messages
        }
    }

    /// Runs the loop on a new thread until it is told to stop.
    func run(_ shared: ServerState, number: Int) {
        let thread = Thread {
            LoopThread(loop: self, shared: shared).run()
            shared.loopEnded()
        }
        thread.name = "http-\(number)"
        thread.start()
    }
}

/// What the loops of one server share.
final class ServerState: Sendable {
    let configuration: HTTPServer.Configuration
    let listeners: [ListeningSocket]
    let loops: [EventLoop]
    /// Who may be served.
    let admission: Admission
    /// Set before the loops are told to stop, so that from then on every answer says `close`.
    let isStopping = Atomic(false)

    private struct Ending {
        /// Loops that still watch the listening sockets, and loops that still run.
        var watching: Int
        var running: Int
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let ending: Locked<Ending>

    init(
        configuration: HTTPServer.Configuration,
        listeners: [ListeningSocket],
        loops: [EventLoop]
    ) {
        self.configuration = configuration
        admission = Admission(configuration)
        self.listeners = listeners
        self.loops = loops
        ending = Locked(Ending(watching: loops.count, running: loops.count))
    }

    /// The loop that should own a connection which this one has accepted, counted as its owner.
    ///
    /// The kernel wakes whichever loop rests, mostly the same one; without this, all connections of
    /// a quiet moment would stay with one core for as long as they live.
    func owner(for acceptor: EventLoop) -> EventLoop {
        var owner = acceptor
        var least = acceptor.load.load(ordering: .relaxed)
        for loop in loops {
            let load = loop.load.load(ordering: .relaxed)
            if load < least { (owner, least) = (loop, load) }
        }
        owner.load.add(1, ordering: .relaxed)
        return owner
    }

    /// A loop has let go of the listening sockets; the last one closes them.
    func loopStoppedListening() {
        let isLast = ending.withLock { state in
            state.watching -= 1
            return state.watching == 0
        }
        if isLast { listeners.forEach { $0.shut() } }
    }

    func loopEnded() {
        let waiters = ending.withLock { state in
            state.running -= 1
            guard state.running == 0 else { return [CheckedContinuation<Void, Never>]() }
            defer { state.waiters = [] }
            return state.waiters
        }
        waiters.forEach { $0.resume() }
    }

    func waitForEnd() async {
        await withCheckedContinuation { continuation in
            let hasEnded = ending.withLock { state in
                if state.running > 0 { state.waiters.append(continuation) }
                return state.running == 0
            }
            if hasEnded { continuation.resume() }
        }
    }
}
