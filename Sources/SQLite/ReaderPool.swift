import Foundation
import Synchronization

/// Read-only connections, each lent to one thread at a time, with their statements kept.
///
/// The one that was given back last is lent first, so that a thread which reads alone always gets
/// the same one.
final class ReaderPool: Sendable {
    /// A connection on its way between threads.
    ///
    /// Unchecked: whoever takes it out of the pool is the only one who has it.
    private struct Reader: @unchecked Sendable {
        let connection: Connection
    }

    private struct State {
        var idle: [Reader] = []
        var lent = 0
        var isClosed = false
    }

    private let path: String
    private let idleMax: Int
    private let state = Mutex(State())
    private let allReturned = DispatchSemaphore(value: 0)

    init(path: String, idleMax: Int) {
        self.path = path
        self.idleMax = idleMax
    }

    func withReader<T>(_ body: (Connection) throws -> T) throws -> T {
        let reader = try take()
        guard let reader else { return try withNewReader(body) }
        defer { giveBack(reader) }
        return try body(reader.connection)
    }

    private func withNewReader<T>(_ body: (Connection) throws -> T) throws -> T {
        let reader: Reader
        do {
            reader = Reader(connection: try Connection(path: path, access: .readOnly))
        } catch {
            giveBack(nil)
            throw error
        }
        defer { giveBack(reader) }
        return try body(reader.connection)
    }

    /// An idle reader, or nil with the right to open one.
    private func take() throws -> Reader? {
        try state.withLock { state in
            guard !state.isClosed else { throw DatabaseUnavailable.closed }
            state.lent += 1
            return state.idle.popLast()
        }
    }

    private func giveBack(_ reader: Reader?) {
        let isLast = state.withLock { state in
            state.lent -= 1
            if let reader, !state.isClosed, state.idle.count < idleMax,
                reader.connection.fatalError == nil
            {
                state.idle.append(reader)
            }
            return state.isClosed && state.lent == 0
        }
        if isLast { allReturned.signal() }
    }

    /// Closes the idle readers and waits for those that are lent.
    func close() {
        let mustWait = state.withLock { state in
            state.isClosed = true
            state.idle.removeAll()
            return state.lent > 0
        }
        if mustWait { allReturned.wait() }
    }
}
