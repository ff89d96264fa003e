import Foundation

/// The thread that moves what the WAL holds into the database file, while others write on.
final class Checkpointer: Sendable {
    private enum State {
        case idle
        case busy
        case stopped
        case ended
    }

    /// The connection on its way to the thread.
    ///
    /// Unchecked: the thread that made it lets go of it at once.
    private struct Handover: @unchecked Sendable {
        let connection: Connection
    }

    private let state = Monitor(State.idle)

    /// Starts the thread; `onFatal` is called on it after an I/O error or corruption, which ends it.
    func start(
        _ connection: consuming Connection,
        onFatal: @escaping @Sendable (SQLiteError) -> Void
    ) {
        let handover = Handover(connection: connection)
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

/// When pages of the WAL are moved, and by whom.
///
/// The WAL begins anew only once all of it was moved, for which the writer must pause. So most of it
/// is moved aside, again and again, and the writer moves only what has come meanwhile.
struct CheckpointSchedule {
    enum Step {
        case none
        /// The checkpointer moves what there is, while others write.
        case aside
        /// The writer moves the rest, once the checkpointer is done.
        case here
    }

    /// How many pages are worth a checkpoint: as many as SQLite itself waits for.
    static let worth: Int32 = 1_000
    /// How many pages the WAL may hold before the writer makes it begin anew.
    static let most: Int32 = 4_000
    /// How many it may hold before the writer waits for the checkpointer, whatever that costs.
    static let bound: Int32 = 16_000

    private var asked: Int32 = 0
    private var isRestDue = false

    /// What to do after a commit.
    ///
    /// - Parameters:
    ///   - pages: How many pages the WAL holds.
    ///   - isBusy: Whether the checkpointer is still at work.
    /// - Returns: Who moves pages now, if anybody does.
    mutating func next(pages: Int32, isBusy: @autoclosure () -> Bool) -> Step {
        if pages < asked { (asked, isRestDue) = (0, false) }
        guard isRestDue || pages - asked >= Self.worth else { return .none }
        if pages < Self.bound {
            if isBusy() { return .none }
            if !isRestDue {
                asked = pages
                isRestDue = pages >= Self.most
                return .aside
            }
        }
        asked = pages
        isRestDue = false
        return .here
    }
}
