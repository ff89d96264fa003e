package import Foundation
import Synchronization

/// A child process with a pipe at each of its three standard streams.
///
/// Not Foundation's `Process`: that of Swift 6.3 reads past the end of a directory entry whenever it
/// starts a child and now and then takes the whole test run down with it
/// (swift-corelibs-foundation, pull request 5472).
package final class ChildProcess: Sendable {
    /// Its number, which may be another one's once it has ended.
    package let id: pid_t
    /// Where its standard input is written to.
    package let input: FileHandle
    /// Where its standard output is read from.
    package let output: FileHandle
    /// Where its standard error stream is read from.
    package let error: FileHandle
    /// How it ended, once that was asked; guards its number against another one's.
    private let ending = Mutex<Int32?>(nil)
    /// One at a time: a pipe is inherited by whoever is started before it is marked.
    private static let spawning = Mutex(())

    /// Starts it.
    ///
    /// A given standard input takes the place of the pipe, and `input` is then closed; no environment
    /// is that of this process.
    package init(
        _ executable: String,
        _ arguments: [String],
        environment: [String: String]? = nil,
        standardInput: FileHandle? = nil
    ) throws {
        let environment = environment ?? ProcessInfo.processInfo.environment
        let (id, input, output, error) = try Self.spawning.withLock { _ in
            let (input, output, error) = (try Stream(), try Stream(), try Stream())
            let actions = FileActions()
            actions.duplicate(standardInput?.fileDescriptor ?? input.reading.fileDescriptor, as: 0)
            actions.duplicate(output.writing.fileDescriptor, as: 1)
            actions.duplicate(error.writing.fileDescriptor, as: 2)
            try actions.closeOthers()
            let words = environment.map { "\($0)=\($1)" }
            // Till then nobody may close what the child is to inherit.
            let id = try withExtendedLifetime((input, output, error, standardInput)) {
                try Self.spawn(executable, [executable] + arguments, words, actions)
            }
            return (id, input.writing, output.reading, error.reading)
        }
        self.id = id
        self.input = input
        self.output = output
        self.error = error
        if standardInput != nil { try input.close() }
    }

    deinit {
        guard ending.withLock({ $0 == nil }) else { return }
        kill(id, SIGTERM)
        Thread.detachNewThread { [id] in
            var status: Int32 = 0
            while waitpid(id, &status, 0) < 0, errno == EINTR {}
        }
    }

    /// Sends a signal, unless its end was already waited for.
    package func signal(_ number: Int32) {
        ending.withLock { if $0 == nil { kill(id, number) } }
    }

    /// Waits on this thread until it has ended: its exit status, or the number of the signal that
    /// ended it.
    package func wait() -> Int32 {
        var info = siginfo_t()
        while waitid(P_PID, id_t(id), &info, WEXITED | WNOWAIT) < 0, errno == EINTR {}
        return ending.withLock { ending in
            if let ending { return ending }
            var status: Int32 = 0
            while waitpid(id, &status, 0) < 0, errno == EINTR {}
            // WIFSIGNALED and WEXITSTATUS of wait(2), which Swift does not import.
            let signal = status & 0x7F
            let end = signal == 0 ? (status >> 8) & 0xFF : signal
            ending = end
            return end
        }
    }

    /// Starts with no signal blocked and none ignored, whatever the calling thread does with them.
    private static func spawn(
        _ executable: String,
        _ arguments: [String],
        _ environment: [String],
        _ actions: FileActions
    ) throws -> pid_t {
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(
            &attributes,
            Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF)
        )
        let words = (arguments.map { strdup($0) } + [nil], environment.map { strdup($0) } + [nil])
        defer { (words.0 + words.1).forEach { free($0) } }
        var id: pid_t = 0
        try check(
            posix_spawn(&id, executable, &actions.actions, &attributes, words.0, words.1)
        )
        return id
    }

    fileprivate static func check(_ code: Int32) throws {
        guard code == 0 else { throw POSIXError(POSIXErrorCode(rawValue: code) ?? .EIO) }
    }
}

/// A pipe whose ends no other child inherits.
private struct Stream {
    let reading: FileHandle
    let writing: FileHandle

    init() throws {
        var ends: [Int32] = [0, 0]
        try ChildProcess.check(pipe(&ends) == 0 ? 0 : errno)
        for fd in ends { _ = fcntl(fd, F_SETFD, FD_CLOEXEC) }
        reading = FileHandle(fileDescriptor: ends[0], closeOnDealloc: true)
        writing = FileHandle(fileDescriptor: ends[1], closeOnDealloc: true)
    }
}

/// What a child does with its descriptors before it runs.
private final class FileActions {
    var actions = posix_spawn_file_actions_t()

    init() { posix_spawn_file_actions_init(&actions) }
    deinit { posix_spawn_file_actions_destroy(&actions) }

    func duplicate(_ fd: Int32, as other: Int32) {
        posix_spawn_file_actions_adddup2(&actions, fd, other)
    }

    /// Closes all that are open now but the three; one that is gone by then is no error.
    func closeOthers() throws {
        for name in try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") {
            guard let fd = Int32(name), fd > 2 else { continue }
            posix_spawn_file_actions_addclose(&actions, fd)
        }
    }
}
