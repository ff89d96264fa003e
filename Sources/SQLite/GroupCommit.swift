import CSQLite

/// Commits a batch of writes as one transaction, without letting one fail the others.
struct GroupCommit {
    let connection: Connection

    /// The I/O error or corruption after which nothing more may be written.
    var fatalError: SQLiteError? { connection.fatalError }

    init(connection: Connection) {
        self.connection = connection
        connection.refusesCommits = true
        connection.takeOverCheckpoints()
    }

    /// Writes the batch and returns what reports the outcome of each job: in order, but the urgent
    /// ones before the others.
    ///
    /// Jobs that `more` gives once those before are done are of the same commit, until it gives
    /// none.
    func run(
        _ batch: [WriteJob],
        joinedBy more: () -> [WriteJob] = { [] }
    ) -> [@Sendable () -> Void] {
        var batch = batch
        if let reports = runTogether(&batch, more) { return reports }
        return batch.flatMap { job in
            var alone = [job]
            return runTogether(&alone) { [] } ?? [{ job.fail(GroupCommit.transactionEnded) }]
        }
    }

    /// Runs the jobs, and those that join them, in one transaction, or returns nil where a job lost
    /// the transaction of others.
    private func runTogether(
        _ batch: inout [WriteJob],
        _ more: () -> [WriteJob]
    ) -> [@Sendable () -> Void]? {
        if let fatalError { return GroupCommit.failure(of: batch, fatalError) }
        do {
            try connection.run(Self.begin)
        } catch {
            return GroupCommit.failure(of: batch, error)
        }
        var reports: [@Sendable () -> Void] = []
        reports.reserveCapacity(batch.count)
        while reports.count < batch.count {
            let job = batch[reports.count]
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
            if reports.count == batch.count { batch += more() }
        }
        do {
            try commit()
        } catch {
            connection.rollBack()
            return GroupCommit.failure(of: batch, error)
        }
        return GroupCommit.urgentFirst(batch, reports)
    }

    /// Runs one job in a savepoint; a job that succeeds after losing the transaction fails here.
    private func perform(_ job: WriteJob) throws -> @Sendable () -> Void {
        try connection.run(Self.beginJob)
        do {
            let report = try job.perform(connection)
            try connection.run(Self.endJob)
            return report
        } catch {
            undoJob()
            throw error
        }
    }

    /// Undoes one job; where that fails the whole transaction goes, and the others run again.
    private func undoJob() {
        // Some errors, a full disk among them, have rolled the whole transaction back
        // (sqlite.org/lang_transaction.html §3.1).
        guard connection.isInTransaction else { return }
        do {
            try connection.run("ROLLBACK TO job")
            try connection.run("RELEASE job")
        } catch {
            connection.rollBack()
        }
    }

    private func commit() throws {
        try connection.expectFile()
        connection.refusesCommits = false
        defer { connection.refusesCommits = true }
        try connection.run(Self.commit)
    }

    /// Closes the connection, which as the last one moves the WAL into the database file, unless
    /// that cannot be trusted.
    func finish(after error: SQLiteError?) {
        if connection.fatalError == nil { connection.fatalError = error }
        connection.close()
    }

    private static func urgentFirst(
        _ batch: [WriteJob],
        _ reports: [@Sendable () -> Void]
    ) -> [@Sendable () -> Void] {
        let pairs = zip(batch, reports)
        return pairs.filter { $0.0.isUrgent }.map(\.1)
            + pairs.filter { !$0.0.isUrgent }.map(\.1)
    }

    private static func failure(
        of batch: [WriteJob],
        _ error: any Error
    ) -> [@Sendable () -> Void] {
        batch.map { job in { job.fail(error) } }
    }

    private static let begin = HotSQL("BEGIN IMMEDIATE")
    private static let beginJob = HotSQL("SAVEPOINT job")
    private static let endJob = HotSQL("RELEASE job")
    private static let commit = HotSQL("COMMIT")

    private static let transactionEnded = SQLiteError(
        code: SQLITE_MISUSE,
        operation: "write",
        message: "the write ended the transaction that it ran in"
    )
}
