/// Why a write or a read was not even begun.
package enum DatabaseUnavailable: Error, Hashable, Sendable {
    /// So many writes wait already; try again shortly.
    case busy(queued: Int)
    /// The database was closed.
    case closed
    /// An I/O error or corruption ended all writing; only a new process may go on.
    case failed(SQLiteError)
}

extension DatabaseUnavailable: CustomStringConvertible {
    package var description: String {
        switch self {
        case .busy(let queued): "\(queued) writes wait for the database; try again shortly"
        case .closed: "the database is closed"
        case .failed(let error): "the database stopped after a fatal error; restart. \(error)"
        }
    }
}

/// A database file with one writing connection and as many readers as read at one time.
///
/// All writes happen on one thread. It takes everything that is queued into one transaction, so that
/// many writers share one sync of the disk, and an urgent write never waits for others to come. A
/// write is durable when its completion is called. A second thread moves what is written from the WAL
/// into the file meanwhile.
package final class Database: Sendable {
    /// The bounds of what the database takes on.
    package struct Limits: Sendable {
        /// Writes that may wait; at 20,000 a second this is less than a quarter of a second.
        package var queuedWrites = 4096
        /// Threads for asynchronous reads, which are for staff and pages, not for hot paths.
        package var readerThreads = 2
        /// Readers kept open while nobody reads.
        package var idleReaders = 16

        /// The limits above, to be changed where needed.
        package init() {}
    }

    /// The file.
    package let path: String
    private let writer: Writer
    private let readers: ReaderPool
    private let threads: ThreadPool

    /// Opens the file, migrates it, and starts the writer.
    ///
    /// Hold the ``DatabaseLock`` of the path while the database is open. `onFatal` is called once,
    /// on a thread of the database, after an I/O error or corruption, when every waiting write has
    /// failed; the process should end there, since what is on disk is no longer known.
    package init(
        path: String,
        migrator: Migrator,
        limits: Limits = Limits(),
        onFatal: @escaping @Sendable (SQLiteError) -> Void
    ) throws {
        self.path = path
        let connection = try Connection(path: path)
        try migrator.migrate(connection)
        readers = ReaderPool(path: path, idleMax: limits.idleReaders)
        threads = ThreadPool(name: "sqlite-reader", threads: limits.readerThreads)
        writer = Writer(readers: readers, queueMax: limits.queuedWrites, onFatal: onFatal)
        writer.start(connection, checkpointing: try Connection(path: path))
    }

    deinit {
        threads.stop()
        writer.stop()
    }

    /// Writes, and returns when the write is on disk.
    ///
    /// The body may run twice, and what it wrote before an error is undone; let it touch nothing
    /// but the connection. It may not commit.
    package func write<T: Sendable>(
        _ body: @escaping @Sendable (Connection) throws -> T
    ) async throws -> T {
        try await withCheckedThrowingContinuation { continuation in
            enqueue(body) { continuation.resume(with: $0) }
        }
    }

    /// Queues a write and calls the completion, on the writer thread, once it is on disk or failed.
    ///
    /// Keep the completion short: the next batch waits for it. Where the write is refused at once
    /// (``DatabaseUnavailable``) it is called on the calling thread. While urgent writes follow each
    /// other closely, others wait a moment to share their syncs.
    package func enqueue<T: Sendable>(
        isUrgent: Bool = false,
        _ body: @escaping @Sendable (Connection) throws -> T,
        completion: @escaping @Sendable (Result<T, any Error>) -> Void
    ) {
        writer.enqueue(
            WriteJob(
                isUrgent: isUrgent,
                perform: { connection in
                    let value = try body(connection)
                    return { completion(.success(value)) }
                },
                fail: { completion(.failure($0)) }
            )
        )
    }

    /// Writes and blocks the calling thread until the write is on disk.
    ///
    /// For start-up and commands; never from an event loop, an async function or a write.
    package func writeBlocking<T: Sendable>(
        _ body: @escaping @Sendable (Connection) throws -> T
    ) throws -> T {
        let outcome = Monitor<Result<T, any Error>?>(nil)
        enqueue(body) { result in outcome.change { $0 = result } }
        return try outcome.wait { $0 }.get()
    }

    /// Reads on the calling thread.
    ///
    /// Several statements see one state only inside ``Connection/snapshot(_:)``.
    package func read<T>(_ body: (Connection) throws -> T) throws -> T {
        try readers.withReader(body)
    }

    /// Reads on the calling thread in a snapshot that holds everything whose write has returned, and
    /// which the next call finds open unless something was written meanwhile; for hot paths.
    package func readNewest<T>(_ body: (Connection) throws -> T) throws -> T {
        try readers.withNewestSnapshot(body)
    }

    /// Reads on a thread of its own, so that no thread of the cooperative pool waits for the disk.
    package func read<T: Sendable>(
        _ body: @escaping @Sendable (Connection) throws -> T
    ) async throws -> T {
        try await withCheckedThrowingContinuation { continuation in
            let isTaken = threads.run { [readers] in
                continuation.resume(with: Result { try readers.withReader(body) })
            }
            if !isTaken { continuation.resume(throwing: DatabaseUnavailable.closed) }
        }
    }

    /// Copies what is committed to a new file (0600), and blocks until the copy is whole and synced.
    package func copy(to path: String) throws {
        _ = try readers.withReader { try DatabaseCopy.make(of: $0, at: path) }
    }

    /// Commits what is queued, closes the readers, checkpoints, closes the writer; then returns.
    ///
    /// Never call it from inside a read or a write, which it waits for.
    package func close() {
        threads.stop()
        writer.stop()
        writer.waitUntilEnded()
    }
}
