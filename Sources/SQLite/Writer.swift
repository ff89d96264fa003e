import Foundation

/// One queued write.
struct WriteJob: Sendable {
    /// Whether somebody outside waits for it; see ``Writer/patience``.
    let isUrgent: Bool
    /// Writes, and returns what reports the success after the commit.
    let perform: @Sendable (Connection) throws -> @Sendable () -> Void
    /// Reports the failure.
    let fail: @Sendable (any Error) -> Void
}

/// A connection on its way to the thread that will own it.
///
/// Unchecked: the thread that made it lets go of it at once.
struct ConnectionHandover: @unchecked Sendable {
    let connection: Connection
}

/// The thread that owns the only writing connection, and its queue.
final class Writer: Sendable {
    private struct State {
        var jobs: [WriteJob] = []
        var hasUrgentJob = false
        var isStopped = false
        var hasEnded = false
        var fatalError: SQLiteError?

        mutating func takeJobs() -> [WriteJob] {
            defer { (jobs, hasUrgentJob) = ([], false) }
            return jobs
        }

        /// The others are there for the next batch, so that it need not wait for one.
        mutating func takeUrgentJobs() -> [WriteJob] {
            guard hasUrgentJob else { return [] }
            hasUrgentJob = false
            defer { jobs.removeAll(where: \.isUrgent) }
            return jobs.filter(\.isUrgent)
        }
    }

    /// How long after an urgent commit other jobs keep their transaction open for the next urgent
    /// one, to share its sync.
    ///
    /// Whoever sends one delivery after the other would otherwise find the disk busy each time with
    /// the effect of the one before. A client on the same host comes again within this time.
    private static let patience = Duration.microseconds(500)

    private let readers: ReaderPool
    private let checkpointer = Checkpointer()
    private let queueMax: Int
    private let onFatal: @Sendable (SQLiteError) -> Void
    private let state = Monitor(State())

    init(readers: ReaderPool, queueMax: Int, onFatal: @escaping @Sendable (SQLiteError) -> Void) {
        self.readers = readers
        self.queueMax = queueMax
        self.onFatal = onFatal
    }

    /// Starts the threads of the writer, with its connection, and of the checkpointer.
    func start(_ connection: consuming Connection, checkpointing other: consuming Connection) {
        checkpointer.start(other) { [self] in fail($0) }
        let handover = ConnectionHandover(connection: connection)
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
            state.hasUrgentJob = state.hasUrgentJob || job.isUrgent
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
        var rest = ContinuousClock.now
        var schedule = CheckpointSchedule()
        while let batch = nextBatch() {
            var hasUrgentJob = batch.contains(where: \.isUrgent)
            readers.endSnapshots(afterCommit: false)
            let reports = commit.run(batch) {
                guard !hasUrgentJob else { return [] }
                let more = latecomers(until: rest)
                hasUrgentJob = more.contains(where: \.isUrgent)
                return more
            }
            readers.endSnapshots(afterCommit: true)
            for report in reports { report() }
            if let error = commit.fatalError {
                fail(error)
            } else {
                // Not within the commit, as SQLite would by itself: nobody whose write is on disk
                // waits for it, and the readers' snapshots of before, which it could not pass, have
                // ended.
                let connection = commit.connection
                switch schedule.next(pages: connection.walPages, isBusy: checkpointer.isBusy) {
                case .none: break
                case .aside: checkpointer.begin()
                case .here:
                    checkpointer.waitUntilIdle()
                    connection.checkpoint()
                }
                if let error = connection.fatalError { fail(error) }
            }
            if hasUrgentJob { rest = .now + Self.patience }
        }
        readers.close()
        checkpointer.close()
        commit.finish(after: state.withLock { $0.fatalError })
        state.changeForAll { $0.hasEnded = true }
    }

    /// Takes no write any more, and says why; once.
    private func fail(_ error: SQLiteError) {
        let waiting = state.withLock { state -> [WriteJob]? in
            guard state.fatalError == nil else { return nil }
            state.fatalError = error
            return state.takeJobs()
        }
        guard let waiting else { return }
        for job in waiting { job.fail(DatabaseUnavailable.failed(error)) }
        onFatal(error)
    }

    /// Everything that is queued, at once; waits only while there is nothing, nil at the end.
    private func nextBatch() -> [WriteJob]? {
        state.wait { state -> [WriteJob]?? in
            guard !state.jobs.isEmpty || state.isStopped else { return .none }
            return .some(state.jobs.isEmpty ? nil : state.takeJobs())
        }
    }

    /// The urgent ones that are queued by then, or once there are.
    private func latecomers(until moment: ContinuousClock.Instant) -> [WriteJob] {
        state.wait(lookingAgainAt: moment) { state in
            let isOver = state.hasUrgentJob || state.isStopped || .now >= moment
            return isOver ? state.takeUrgentJobs() : nil
        }
    }
}
