/// The plans in their latest versions.
struct PlansListCommand: Command {
    let declaration = Declaration(
        words: ["plans", "list"],
        summary: "Lists the plans with their versions and subscribers."
    )

    func run(_ call: Call) async throws -> Exit {
        try await call.perform("plans/list", text: PlanText.list)
    }
}
