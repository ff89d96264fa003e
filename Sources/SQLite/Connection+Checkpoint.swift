import CSQLite

extension Connection {
    /// From now on commits only count the pages of the WAL, and ``checkpoint()`` moves them.
    func takeOverCheckpoints() {
        let context = Unmanaged.passUnretained(self).toOpaque()
        // Takes the place of SQLite's own hook (sqlite.org/c3ref/wal_hook.html), which checkpoints
        // within the commit.
        sqlite3_wal_hook(
            handle,
            { context, _, _, pages in
                guard let context else { return SQLITE_OK }
                Unmanaged<Connection>.fromOpaque(context).takeUnretainedValue().walPages = pages
                return SQLITE_OK
            },
            context
        )
    }

    /// Moves the pages of the WAL into the file, as far as no reader still needs them there.
    ///
    /// What cannot be moved now stays in the WAL for the next time; an I/O error is noted as fatal,
    /// since the file cannot be trusted to hold what was synced.
    func checkpoint() {
        guard fatalError == nil else { return }
        let code = sqlite3_wal_checkpoint_v2(handle, nil, SQLITE_CHECKPOINT_PASSIVE, nil, nil)
        if code != SQLITE_OK { _ = error(code, "checkpoint", nil) }
    }
}
