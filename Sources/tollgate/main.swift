import Foundation

// Files that are made from here on are their owner's alone: database, lock and staff socket.
umask(0o077)
// A reader or client that went away is an error of one write, not the end of the process.
signal(SIGPIPE, SIG_IGN)

let program = Program(
    environment: ProcessInfo.processInfo.environment,
    console: .standard
)
exit(await program.run(Array(CommandLine.arguments.dropFirst())))
