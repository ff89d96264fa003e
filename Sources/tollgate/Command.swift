import Service

/// How a command ends.
typealias Exit = StaffReply.Exit

/// One thing that the executable does.
protocol Command: Sendable {
    /// What it is called and takes.
    var declaration: Declaration { get }
    /// Does it; errors end as one sentence and exit code 1.
    func run(_ call: Call) async throws -> Exit
}

/// A command that ends early, in one sentence.
struct CommandFailure: Error, CustomStringConvertible {
    let exit: Exit
    let description: String

    init(_ exit: Exit, _ description: String) {
        self.exit = exit
        self.description = description
    }
}
