import Synchronization

/// An HTTP/1.1 server on epoll: an event loop per core, all on one listening socket.
///
/// Once started it runs until ``stop(within:)``, whoever holds it.
package final class HTTPServer: Sendable {
    private enum State {
        case new
        case running(ServerState, [EventLoop])
        case stopped
    }

    private let configuration: Configuration
    private let router: Router
    private let state = Locked(State.new)

    /// Makes a server that does not listen yet.
    ///
    /// - Parameters:
    ///   - configuration: Where to listen and within which bounds.
    ///   - router: The routes of every listener that has none of its own.
    package init(configuration: Configuration, router: Router) {
        self.configuration = configuration
        self.router = router
    }

    /// Listens, and returns the bound addresses in the order of the listeners.
    ///
    /// Throws ``HTTPServerError`` where a place is taken or cannot be had; then it listens nowhere.
    package func start() throws -> [HTTPAddress] {
        try state.withLock { state in
            guard case .new = state else {
                throw HTTPServerError("The server was started before: make another one.")
            }
            var listeners: [ListeningSocket] = []
            for listener in configuration.listeners {
                listeners.append(try ListeningSocket(listener, router: router))
            }
            let count = max(1, configuration.loops)
            let loops = try (0..<count).map { _ in try EventLoop() }
            let shared = ServerState(
                configuration: configuration,
                listeners: listeners,
                loops: loops
            )
            for (number, loop) in loops.enumerated() { loop.run(shared, number: number) }
            state = .running(shared, loops)
            return listeners.map(\.address)
        }
    }

    /// Stops accepting, lets the requests in flight finish for at most that long, and closes.
    ///
    /// Returns once every connection is closed and every socket file removed. Handlers that have not
    /// answered by then run on, and their answers are dropped.
    package func stop(within grace: Duration) async {
        let running: (ServerState, [EventLoop])? = state.withLock { state in
            guard case .running(let shared, let loops) = state else {
                state = .stopped
                return nil
            }
            return (shared, loops)
        }
        guard let (shared, loops) = running else { return }
        shared.isStopping.store(true, ordering: .relaxed)
        let deadline = MonotonicTime.after(grace)
        loops.forEach { $0.post(.stop(deadline: deadline)) }
        await shared.waitForEnd()
    }
}

/// Why a server cannot listen, in one sentence.
package struct HTTPServerError: Error, Hashable, CustomStringConvertible {
    /// The sentence; it says what to do next.
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}
