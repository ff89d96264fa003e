import JSON

/// One plan as the catalogue would write it.
struct PlansShowCommand: Command {
    let declaration = Declaration(
        words: ["plans", "show"],
        summary: "Shows one plan as the catalogue has it.",
        positionals: [.init(name: "ID", help: "the plan's id")]
    )

    func run(_ call: Call) async throws -> Exit {
        try await call.perform(
            "plans/show",
            ["id": .string(call.arguments.positionals[0])],
            text: PlanText.show
        )
    }
}
