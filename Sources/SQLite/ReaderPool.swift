/// Read-only connections, each lent to one thread at a time, with their statements kept.
///
/// The one that was given back last is lent first, so that a thread which reads alone always gets
/// the same one.
final class ReaderPool: Sendable {
    private struct State {
        var idle: [Connection] = []
        var lent = 0
        var isClosed = false
        /// Counts the commits; a snapshot of the same number is the newest.
        var commits: UInt64 = 0
    }

    private let path: String
    private let idleMax: Int
    private let state = Monitor(State())

    init(path: String, idleMax: Int) {
        self.path = path
        self.idleMax = idleMax
    }

    func withReader<T>(_ body: (Connection) throws -> T) throws -> T {
        let (reader, _) = try take()
        guard let reader else { return try withNewReader(body) }
        defer { giveBack(reader) }
        reader.endKeptSnapshot()
        return try body(reader)
    }

    /// Lends a reader in a snapshot that holds all that was committed when this was called.
    ///
    /// The reader keeps it for the next call until something is committed: a look-up then takes no
    /// lock of the file, and looks for no change of it.
    func withNewestSnapshot<T>(_ body: (Connection) throws -> T) throws -> T {
        let (taken, commits) = try take()
        let reader = try taken ?? open()
        defer { giveBack(reader) }
        try reader.keepSnapshot(commits)
        return try body(reader)
    }

    /// Ends the snapshots of readers that nobody has; those that are lent end theirs when given
    /// back or lent again.
    ///
    /// The writer calls it after every commit, before anybody hears of it, and again before the
    /// next: a snapshot that is kept for long would keep the WAL from beginning anew.
    func endSnapshots(afterCommit: Bool) {
        state.withLock { state in
            if afterCommit { state.commits += 1 }
            for reader in state.idle { reader.endKeptSnapshot() }
        }
    }

    private func withNewReader<T>(_ body: (Connection) throws -> T) throws -> T {
        let reader = try open()
        defer { giveBack(reader) }
        return try body(reader)
    }

    private func open() throws -> Connection {
        do {
            return try Connection(path: path, access: .readOnly)
        } catch {
            giveBack(nil)
            throw error
        }
    }

    /// An idle reader, or nil with the right to open one, and the number of the last commit.
    private func take() throws -> (Connection?, commits: UInt64) {
        try state.withLock { state in
            guard !state.isClosed else { throw DatabaseUnavailable.closed }
            state.lent += 1
            return (state.idle.popLast(), state.commits)
        }
    }

    private func giveBack(_ reader: Connection?) {
        let isKept = state.withLock { state in
            guard let reader, !state.isClosed, state.idle.count < idleMax,
                reader.fatalError == nil
            else { return false }
            state.lent -= 1
            if reader.keptSnapshot != state.commits { reader.endKeptSnapshot() }
            state.idle.append(reader)
            return true
        }
        if isKept { return }
        // Before it counts as returned, so that the writer is the last to close.
        reader?.close()
        state.changeForAll { $0.lent -= 1 }
    }

    /// Closes the idle readers and waits for those that are lent.
    func close() {
        let idle = state.withLock { state in
            state.isClosed = true
            defer { state.idle = [] }
            return state.idle
        }
        for reader in idle { reader.close() }
        state.wait { $0.lent == 0 ? () : nil }
    }
}
