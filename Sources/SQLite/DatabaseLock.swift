import Glibc

/// The right of one process to own a database file, until it is released or the process dies.
///
/// It is an advisory lock on a file beside the database (`<real path>.lock`), which is never
/// removed: a process that waits for a removed file's lock would own nothing.
package final class DatabaseLock: Sendable {
    /// Why the lock was not taken.
    package enum Failure: Error, Hashable, Sendable {
        /// Another process owns the database.
        case held(lockPath: String)
        /// A system call failed.
        case system(operation: String, code: Int32)
    }

    /// The file that is locked.
    package let lockPath: String
    /// The database file, with every symbolic link followed.
    package let realPath: String
    private let descriptor: Int32

    /// Takes the lock of the database at the path, which need not exist yet, or throws at once.
    package init(databasePath: String) throws(Failure) {
        realPath = try DatabaseLock.realPath(databasePath)
        lockPath = realPath + ".lock"
        descriptor = open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            throw Failure.system(operation: "open \(lockPath)", code: errno)
        }
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            let code = errno
            if code == EINTR { continue }
            // Closed by deinit, which runs although this throws.
            guard code == EWOULDBLOCK else {
                throw Failure.system(operation: "lock \(lockPath)", code: code)
            }
            throw Failure.held(lockPath: lockPath)
        }
    }

    deinit { Glibc.close(descriptor) }

    /// The path with links followed; of a file that does not exist, its folder's.
    package static func realPath(_ path: String) throws(Failure) -> String {
        if let resolved = resolved(path) { return resolved }
        guard errno == ENOENT else { throw Failure.system(operation: "find \(path)", code: errno) }
        var status = stat()
        guard lstat(path, &status) != 0 else {
            // A link to nowhere: where the file would be made is not known before it is.
            throw Failure.system(operation: "follow the link \(path)", code: ENOENT)
        }
        let parts = path.split(separator: "/", omittingEmptySubsequences: true)
        guard let name = parts.last else {
            throw Failure.system(operation: "find \(path)", code: ENOENT)
        }
        let folder = (path.hasPrefix("/") ? "/" : "./") + parts.dropLast().joined(separator: "/")
        guard let resolved = resolved(folder) else {
            throw Failure.system(operation: "find the folder \(folder)", code: errno)
        }
        return (resolved == "/" ? "" : resolved) + "/" + name
    }

    private static func resolved(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}

extension DatabaseLock.Failure: CustomStringConvertible {
    package var description: String {
        switch self {
        case .held(let lockPath):
            "another process owns this database (it holds \(lockPath)); stop it first"
        case .system(let operation, let code):
            "could not \(operation): \(String(cString: strerror(code)))"
        }
    }
}
