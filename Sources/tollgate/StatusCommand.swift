/// One screen about the whole.
struct StatusCommand: Command {
    let declaration = Declaration(
        words: ["status"],
        summary: "Shows platform, mode, parked events, stuck grants and unproved revocations.",
        notes: ["Exit code 1 says that the platform does not answer as it should."]
    )

    func run(_ call: Call) async throws -> Exit {
        try await call.perform("status", text: StatusText.text)
    }
}
