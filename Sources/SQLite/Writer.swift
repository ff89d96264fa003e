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
    }

    /// How long after an urgent commit other jobs keep their transaction open for the next urgent
    /// one, to share its sync.
    ///
    /// Whoever sends one delivery after the other would otherwise find the disk busy each time with
    /// the effect of the one before. A client on the same host comes again within this time.
    private static let patience = Duration.microseconds(500)

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
        while let batch = nextBatch() {
            var hasUrgentJob = batch.contains(where: \.isUrgent)
            readers.endSnapshots(afterCommit: false)
            let reports = commit.run(batch) {
                guard !hasUrgentJob, .now < rest else { return [] }
                let more = latecomers(until: rest)
                hasUrgentJob = more.contains(where: \.isUrgent)
                return more
            }
            readers.endSnapshots(afterCommit: true)
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
                commit.checkpoint()
            }
            if hasUrgentJob { rest = .now + Self.patience }
        }
        readers.close()
        commit.finish()
        state.changeForAll { $0.hasEnded = true }
    }

    /// Everything that is queued, at once; waits only while there is nothing, nil at the end.
    private func nextBatch() -> [WriteJob]? {
        state.wait { state -> [WriteJob]?? in
            guard !state.jobs.isEmpty || state.isStopped else { return .none }
            return .some(state.jobs.isEmpty ? nil : state.takeJobs())
        }
    }

    /// What is queued by then, or once something urgent is.
    private func latecomers(until moment: ContinuousClock.Instant) -> [WriteJob] {
        state.wait(lookingAgainAt: moment) { state in
            let isOver = state.hasUrgentJob || state.isStopped || .now >= moment
            return isOver ? state.takeJobs() : nil
        }
    }
}
