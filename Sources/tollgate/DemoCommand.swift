import Service

/// The whole road on loopback, in a temporary folder.
struct DemoCommand: Command {
    let declaration = Declaration(
        words: ["demo"],
        summary: "Shows the whole road on loopback, in a temporary folder.",
        notes: ["Exit code 0 says that every step proved itself."]
    )

    func run(_ call: Call) async throws -> Exit {
        await Demo { call.console.print($0) }.run() ? .done : .failed
    }
}
