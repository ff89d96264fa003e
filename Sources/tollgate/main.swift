import CMalloc
import Foundation

// Files that are made from here on are their owner's alone: database, lock and staff socket.
umask(0o077)
// A reader or client that went away is an error of one write, not the end of the process.
signal(SIGPIPE, SIG_IGN)

// A core file would hold master key and session.
var noCore = rlimit(rlim_cur: 0, rlim_max: 0)
setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &noCore)

// glibc gives threads up to eight heaps a processor, and none gives back what it once needed: two for
// all keep 6 MB less, and nothing here waits for them.
_ = cmalloc_set(CInt(CMALLOC_HEAPS_MAX), 2)

let program = Program(
    environment: ProcessInfo.processInfo.environment,
    console: .standard
)
exit(await program.run(Array(CommandLine.arguments.dropFirst())))
