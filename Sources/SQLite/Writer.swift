import Foundation

/// One queued write.
struct WriteJob: Sendable {
    /// Writes, and returns what reports the success after the commit.
    let perform: @Sendable (Connection) throws -> @Sendable () -> Void
    /// Reports the failure.
    let fail: @Sendable (any Error) -> Void
}

/// The thread that owns the only writing connection, and its queue.
final class Writer: Sendable {
    private struct State {
        var jobs: [WriteJob] = []
        var isStopped = false
        var hasEnded = false
        var fatalError: SQLiteError?
    }

    /// The connection on its way to the writer thread.
    ///
    /// Unchecked: the thread that made it lets go of it at once.
    private struct Handover: @unchecked Sendable {
        let connection: Connection
    }

    private let readers: ReaderPool
    private let queueMax: Int
    private let onFatal: @Sendable (SQLiteError) -> Void
    private let state = Monitor(State())

    init(readers: ReaderPool, queueMax: Int, onFatal: @escaping @Sendable (SQLiteError) -> Void) {
        self.readers = readers
        self.queueMax = queueMax
        self.onFatal = onFatal
    }

    func start(_ connection: consuming Connection) {
        let handover = Handover(connection: connection)
        let thread = Thread { [self] in
            run(GroupCommit(connection: handover.connection))
        }
        thread.name = "sqlite-writer"
        thread.start()
    }

    func enqueue(_ job: WriteJob) {
        let refusal = state.change { state -> DatabaseUnavailable? in
            if let error = state.fatalError { return .failed(error) }
            guard !state.isStopped else { return .closed }
            guard state.jobs.count < queueMax else { return .busy(queued: queueMax) }
            state.jobs.append(job)
            return nil
        }
        if let refusal { job.fail(refusal) }
    }

    /// Lets the thread finish what is queued and end.
    func stop() {
        state.changeForAll { $0.isStopped = true }
    }

    func waitUntilEnded() {
        state.wait { $0.hasEnded ? () : nil }
    }

    private func run(_ commit: GroupCommit) {
        while let batch = nextBatch() {
            let reports = commit.run(batch)
            if let error = commit.fatalError {
                let waiting = state.withLock { state in
                    state.fatalError = error
                    defer { state.jobs = [] }
                    return state.jobs
                }
                for report in reports { report() }
                for job in waiting { job.fail(DatabaseUnavailable.failed(error)) }
                onFatal(error)
            } else {
                for report in reports { report() }
            }
        }
        readers.close()
        commit.finish()
        state.changeForAll { $0.hasEnded = true }
    }

    /// Everything that is queued, at once; waits only while there is nothing, nil at the end.
    private func nextBatch() -> [WriteJob]? {
        state.wait { state -> [WriteJob]?? in
            guard !state.jobs.isEmpty || state.isStopped else { return .none }
            defer { state.jobs = [] }
            return .some(state.jobs.isEmpty ? nil : state.jobs)
        }
    }
}
