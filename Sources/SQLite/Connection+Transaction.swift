import CSQLite

/// How a transaction begins (sqlite.org/lang_transaction.html).
package enum TransactionKind: String, Sendable {
    /// Takes the write lock at once, so that it cannot fail half way for want of it.
    case immediate = "BEGIN IMMEDIATE"
    /// Takes what its first statement needs; with reads alone it is one snapshot.
    case deferred = "BEGIN DEFERRED"
}

extension Connection {
    /// Runs the body in a transaction of its own and commits it; an error rolls it back.
    package func transaction<T>(
        _ kind: TransactionKind = .immediate,
        _ body: () throws -> T
    ) throws -> T {
        try run(kind.rawValue)
        do {
            let result = try body()
            try run("COMMIT")
            return result
        } catch {
            rollBack()
            throw error
        }
    }

    /// Runs several reads in one snapshot, so that they see the same commits.
    package func snapshot<T>(_ body: () throws -> T) throws -> T {
        try transaction(.deferred, body)
    }

    /// Goes on in the snapshot that was kept for this number, or begins one under it.
    func keepSnapshot(_ number: UInt64) throws(SQLiteError) {
        guard keptSnapshot != number else { return }
        endKeptSnapshot()
        try run(Self.beginSnapshot)
        keptSnapshot = number
    }

    /// Ends the snapshot that was kept; a failure is noted as fatal by ``error(_:_:_:)`` if it is.
    func endKeptSnapshot() {
        guard keptSnapshot != nil else { return }
        keptSnapshot = nil
        rollBack()
    }

    private static let beginSnapshot = HotSQL("BEGIN DEFERRED")

    /// Runs the body so that an error undoes what it wrote and nothing else; may be nested.
    package func savepoint<T>(_ body: () throws -> T) throws -> T {
        savepointDepth += 1
        defer { savepointDepth -= 1 }
        let name = "nested_\(savepointDepth)"
        try run("SAVEPOINT \(name)")
        do {
            let result = try body()
            try run("RELEASE \(name)")
            return result
        } catch {
            // SQLite has rolled everything back by itself after errors like a full disk.
            guard isInTransaction else { throw error }
            do {
                try run("ROLLBACK TO \(name)")
                try run("RELEASE \(name)")
            } catch {
                rollBack()
            }
            throw error
        }
    }

    /// Ends the transaction without its changes, where SQLite has not done so by itself.
    ///
    /// A failure is noted as fatal by ``error(_:_:_:)`` if it is; the first error tells more.
    func rollBack() {
        guard isInTransaction else { return }
        _ = Result { try run("ROLLBACK") }
    }

    func enforceForeignKeys() {
        csqlite_set_option(handle, SQLITE_DBCONFIG_ENABLE_FKEY, 1)
    }
}
