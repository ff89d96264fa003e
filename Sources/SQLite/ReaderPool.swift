/// Read-only connections, each lent to one thread at a time, with their statements kept.
///
/// The one that was given back last is lent first, so that a thread which reads alone always gets
/// the same one.
final class ReaderPool: Sendable {
    private struct State {
        var idle: [Connection] = []
        var lent = 0
        var isClosed = false
    }

    private let path: String
    private let idleMax: Int
    private let state = Monitor(State())

    init(path: String, idleMax: Int) {
        self.path = path
        self.idleMax = idleMax
    }

    func withReader<T>(_ body: (Connection) throws -> T) throws -> T {
        let reader = try take()
        guard let reader else { return try withNewReader(body) }
        defer { giveBack(reader) }
        return try body(reader)
    }

    private func withNewReader<T>(_ body: (Connection) throws -> T) throws -> T {
        let reader: Connection
        do {
            reader = try Connection(path: path, access: .readOnly)
        } catch {
            giveBack(nil)
            throw error
        }
        defer { giveBack(reader) }
        return try body(reader)
    }

    /// An idle reader, or nil with the right to open one.
    private func take() throws -> Connection? {
        try state.withLock { state in
            guard !state.isClosed else { throw DatabaseUnavailable.closed }
            state.lent += 1
            return state.idle.popLast()
        }
    }

    private func giveBack(_ reader: Connection?) {
        let isKept = state.withLock { state in
            guard let reader, !state.isClosed, state.idle.count < idleMax,
                reader.fatalError == nil
            else { return false }
            state.lent -= 1
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
