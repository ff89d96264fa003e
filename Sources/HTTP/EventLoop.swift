import Foundation
import Synchronization

/// One thread that owns its connections; everything else talks to it by messages.
final class EventLoop: Sendable {
    enum Message: Sendable {
        case answer(connection: UInt64, request: UInt64, HTTPResponse)
        /// Accept no more, finish by then, and end.
        case stop(deadline: UInt64)
    }

    let epoll: Epoll
    private let mailbox = Mutex<[Message]>([])

    init() throws(HTTPServerError) {
        epoll = try Epoll()
    }

    /// Leaves a message and wakes the loop; after its end messages are dropped.
    func post(_ message: Message) {
        let wasEmpty = mailbox.withLock { messages in
            messages.append(message)
            return messages.count == 1
        }
        if wasEmpty { epoll.wake() }
    }

    /// Takes all messages; called by the loop's thread.
    func takeMessages() -> [Message] {
        mailbox.withLock { messages in
            let taken = messages
            messages = []
            return taken
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
    /// Open connections of all loops.
    let connections = Atomic(0)

    private struct Ending {
        /// Loops that still watch the listening sockets, and loops that still run.
        var watching: Int
        var running: Int
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let ending: Mutex<Ending>

    init(configuration: HTTPServer.Configuration, listeners: [ListeningSocket], loops: Int) {
        self.configuration = configuration
        self.listeners = listeners
        ending = Mutex(Ending(watching: loops, running: loops))
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
