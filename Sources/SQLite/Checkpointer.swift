import Foundation

/// The thread that moves what the WAL holds into the database file, while others write on.
final class Checkpointer: Sendable {
    private enum State {
        case idle
        case busy
        case stopped
        case ended
    }

    private let state = Monitor(State.idle)

    /// Starts the thread; `onFatal` is called on it after an I/O error or corruption, after which it
    /// moves nothing any more.
    func start(
        _ connection: consuming Connection,
        onFatal: @escaping @Sendable (SQLiteError) -> Void
    ) {
        let handover = ConnectionHandover(connection: connection)
        let thread = Thread { [self] in
            let connection = handover.connection
            while isNeeded() {
                connection.checkpoint()
                if let error = connection.fatalError { onFatal(error) }
                state.changeForAll { if $0 == .busy { $0 = .idle } }
            }
            connection.close()
            state.changeForAll { $0 = .ended }
        }
        thread.name = "sqlite-checkpointer"
        thread.start()
    }

    var isBusy: Bool { state.withLock { $0 == .busy } }

    /// Has the pages moved that the WAL holds now.
    func begin() {
        state.changeForAll { if $0 == .idle { $0 = .busy } }
    }

    /// Waits while it is at work.
    func waitUntilIdle() {
        state.wait { $0 == .busy ? nil : () }
    }

    /// Lets the thread end, and waits for it.
    func close() {
        state.changeForAll { $0 = .stopped }
        state.wait { $0 == .ended ? () : nil }
    }

    private func isNeeded() -> Bool {
        state.wait { state in
            switch state {
            case .idle: nil
            case .busy: true
            case .stopped, .ended: false
            }
        }
    }
}
