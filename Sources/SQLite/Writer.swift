import Foundation
import Synchronization

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
        var isSleeping = false
        var isStopped = false
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
    private let state = Mutex(State())
    private let wake = DispatchSemaphore(value: 0)
    private let hasStopped = DispatchSemaphore(value: 0)

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
        let (refusal, mustWake) = state.withLock { state -> (DatabaseUnavailable?, Bool) in
            if let error = state.fatalError { return (.failed(error), false) }
            guard !state.isStopped else { return (.closed, false) }
            guard state.jobs.count < queueMax else { return (.busy(queued: queueMax), false) }
            state.jobs.append(job)
            defer { state.isSleeping = false }
            return (nil, state.isSleeping)
        }
        if let refusal { job.fail(refusal) }
        if mustWake { wake.signal() }
    }

    /// Lets the thread finish what is queued and end.
    func stop() {
        let mustWake = state.withLock { state in
            state.isStopped = true
            defer { state.isSleeping = false }
            return state.isSleeping
        }
        if mustWake { wake.signal() }
    }

    func waitUntilStopped() {
        hasStopped.wait()
        // Whoever waits next, waits for the same end.
        hasStopped.signal()
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
        commit.checkpoint()
        hasStopped.signal()
    }

    /// Everything that is queued, at once; sleeps only while there is nothing.
    private func nextBatch() -> [WriteJob]? {
        while true {
            let (batch, isStopped) = state.withLock { state in
                state.isSleeping = state.jobs.isEmpty && !state.isStopped
                defer { state.jobs = [] }
                return (state.jobs, state.isStopped)
            }
            if !batch.isEmpty { return batch }
            if isStopped { return nil }
            wake.wait()
        }
    }
}

/// Commits a batch of writes as one transaction, without letting one fail the others.
struct GroupCommit {
    let connection: Connection

    /// The I/O error or corruption after which nothing more may be written.
    var fatalError: SQLiteError? { connection.fatalError }

    init(connection: Connection) {
        self.connection = connection
        connection.refusesCommits = true
    }

    /// Writes the batch and returns what reports the outcome of each job, in order.
    func run(_ batch: [WriteJob]) -> [@Sendable () -> Void] {
        if let reports = runTogether(batch) { return reports }
        return batch.flatMap { job in
            runTogether([job]) ?? [{ job.fail(GroupCommit.transactionEnded) }]
        }
    }

    /// Runs the jobs in one transaction, or returns nil where a job lost the transaction of others.
    private func runTogether(_ batch: [WriteJob]) -> [@Sendable () -> Void]? {
        if let fatalError { return GroupCommit.failure(of: batch, fatalError) }
        do {
            try connection.run("BEGIN IMMEDIATE")
        } catch {
            return GroupCommit.failure(of: batch, error)
        }
        var reports: [@Sendable () -> Void] = []
        reports.reserveCapacity(batch.count)
        for job in batch {
            do {
                reports.append(try perform(job))
            } catch {
                reports.append { job.fail(error) }
            }
            if let fatalError {
                connection.rollBack()
                return GroupCommit.failure(of: batch, fatalError)
            }
            guard connection.isInTransaction else { return batch.count == 1 ? reports : nil }
        }
        do {
            try commit()
        } catch {
            connection.rollBack()
            return GroupCommit.failure(of: batch, error)
        }
        return reports
    }

    /// Runs one job in a savepoint; a job that succeeds after losing the transaction fails here.
    private func perform(_ job: WriteJob) throws -> @Sendable () -> Void {
        try connection.run("SAVEPOINT job")
        do {
            let report = try job.perform(connection)
            try connection.run("RELEASE job")
            return report
        } catch {
            // Some errors, a full disk among them, roll the whole transaction back
            // (sqlite.org/lang_transaction.html §3.1).
            if connection.isInTransaction {
                try connection.run("ROLLBACK TO job")
                try connection.run("RELEASE job")
            }
            throw error
        }
    }

    private func commit() throws {
        connection.refusesCommits = false
        defer { connection.refusesCommits = true }
        try connection.run("COMMIT")
    }

    /// Moves the WAL into the database file and empties it.
    func checkpoint() {
        guard fatalError == nil else { return }
        do {
            _ = try connection.first("PRAGMA wal_checkpoint(TRUNCATE)") { _ in }
        } catch {
            // The next process finds the WAL and goes on from there.
        }
    }

    private static func failure(
        of batch: [WriteJob],
        _ error: any Error
    ) -> [@Sendable () -> Void] {
        batch.map { job in { job.fail(error) } }
    }

    private static let transactionEnded = SQLiteError(
        code: 21,
        operation: "write",
        message: "the write ended the transaction that it ran in"
    )
}
