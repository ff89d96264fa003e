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
        unlink(partial)
        do {
            try Connection.createPrivateFile(partial)
            try connection.run("VACUUM INTO :path", ["path": .text(partial)])
            try sync(partial, O_RDWR)
            // link, unlike rename, never replaces a file.
            guard link(partial, path) == 0 else { throw failure(path, errno) }
        } catch {
            unlink(partial)
            throw error
        }
        unlink(partial)
        let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
        try sync(folder.isEmpty ? "." : folder.joined(separator: "/") + "/", O_RDONLY | O_DIRECTORY)
        return DatabaseCopy(path: path)
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
