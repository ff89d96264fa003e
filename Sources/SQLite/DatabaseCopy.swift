import Glibc

/// A whole copy of a database in a file of its own, made through SQLite.
package struct DatabaseCopy: Sendable {
    /// The file of the copy.
    package let path: String

    /// Copies what is committed to the path, where no file may be.
    ///
    /// The copy appears under its name only when it is whole and synced.
    package static func make(of connection: Connection, at path: String) throws -> DatabaseCopy {
        guard access(path, F_OK) != 0 else { throw failure(path, EEXIST) }
        let partial = path + ".partial"
        let descriptor = try claim(partial, of: path)
        // Last of all: closing any descriptor of the file would drop SQLite's own locks of it.
        defer { close(descriptor) }
        do {
            try connection.run("VACUUM INTO :path", ["path": .text(partial)])
            guard fsync(descriptor) == 0 else { throw failure(path, errno) }
            // link, unlike rename, never replaces a file.
            guard link(partial, path) == 0 else { throw failure(path, errno) }
        } catch {
            unlink(partial + "-journal")
            unlink(partial)
            throw error
        }
        unlink(partial)
        let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
        try sync(folder.isEmpty ? "." : folder.joined(separator: "/") + "/", O_RDONLY | O_DIRECTORY)
        return DatabaseCopy(path: path)
    }

    /// An empty file for the copy to grow in, which nobody else writes while its descriptor is open.
    ///
    /// What a process has left there that died is taken over; what another one writes is refused.
    private static func claim(_ partial: String, of path: String) throws -> Int32 {
        while true {
            let descriptor = open(partial, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
            guard descriptor >= 0 else { throw failure(path, errno) }
            var (mine, there) = (stat(), stat())
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
                close(descriptor)
                throw MigrationError.copy(path: path, reason: "another copy is being made there")
            }
            // Between opening and locking, who had it may have finished and removed it.
            if fstat(descriptor, &mine) == 0, lstat(partial, &there) == 0,
                mine.st_ino == there.st_ino, fchmod(descriptor, 0o600) == 0,
                ftruncate(descriptor, 0) == 0
            {
                return descriptor
            }
            close(descriptor)
        }
    }

    /// Copies an older database before it is migrated; an earlier copy stays and takes a number.
    static func make(of connection: Connection, beforeVersion version: Int) throws -> DatabaseCopy?
    {
        guard connection.path != ":memory:" else { return nil }
        let first = "\(connection.path).before-\(version)"
        // A crash before the migration's first commit leaves a copy each time; nine are enough.
        for path in [first] + (2...9).map({ "\(first)-\($0)" }) where access(path, F_OK) != 0 {
            return try make(of: connection, at: path)
        }
        throw MigrationError.copy(path: first, reason: "nine copies exist; move them away")
    }

    func remove() { unlink(path) }

    private static func sync(_ path: String, _ flags: Int32) throws {
        let descriptor = open(path, flags | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(path, errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure(path, errno) }
    }

    private static func failure(_ path: String, _ code: Int32) -> MigrationError {
        .copy(path: path, reason: String(cString: strerror(code)))
    }
}
