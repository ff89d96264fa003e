import JSON
import Service

/// Whom a destructive command is about.
enum Target {
    /// What names one subscription, to which the caller has consented.
    case one(String)
    /// Nothing or several match.
    case other(StaffReply)
}

extension Call {
    /// Finds the one subscription, shows it and asks; with `--yes` the query itself goes on.
    ///
    /// What was shown is named by its id from here on, so that nothing else is acted on.
    func target(_ query: String, at door: StaffDoor, _ question: String) async throws -> Target {
        if arguments.has("yes") { return .one(query) }
        // Without a terminal the refusal comes before anything is looked up.
        if !console.canAsk { try consent(to: question) }
        var found = try await door.perform("keys/find", ["query": .string(query)])
        let rows = found.body["subscriptions"]?.array ?? []
        guard found.exit == .done, let row = rows.first, let id = row["subscription"]?.string else {
            return .other(found)
        }
        guard rows.count == 1 else {
            found.exit = .usage
            found.message =
                "\(rows.count) subscriptions match; nothing was changed. Name one by its id."
            return .other(found)
        }
        console.complain(SubscriptionText.list(found.body))
        try consent(to: question)
        return .one(id)
    }

    /// Shows why nothing was done.
    func show(_ target: Target) -> Exit {
        switch target {
        case .one: .done
        case .other(let reply): show(reply, text: SubscriptionText.list)
        }
    }
}
