import Foundation
import JSON
import Service

/// One call of a command: what was typed and where it stands.
struct Call: Sendable {
    let arguments: Arguments
    let environment: [String: String]
    let console: Console
    let patience: Duration

    /// Whether one JSON text is wanted.
    var isJSON: Bool { arguments.has("json") }

    /// The settings of the process, of `--config`, and of the environment named there.
    ///
    /// A slip in a name is refused: a command that does not heed it works on another database.
    func settings() throws -> Settings {
        try Configuration.refuseUnknownSettings(environment)
        return try settings(named: arguments["environment"])
    }

    /// The settings with those of a named environment of `--config`; nil takes none.
    func settings(named name: String?) throws -> Settings {
        try Settings(environment: environment, file: arguments["config"], named: name)
    }

    /// Works through the staff door, which is closed again afterwards.
    func atDoor<T>(_ body: (StaffDoor) async throws -> T) async throws -> T {
        let door = try await StaffDoor.open(settings(), patience: patience)
        do {
            let result = try await body(door)
            door.close()
            return result
        } catch {
            door.close()
            throw error
        }
    }

    /// One operation, shown.
    func perform(
        _ operation: String,
        _ arguments: JSONValue = [:],
        text: (JSONValue) -> String
    ) async throws -> Exit {
        let reply = try await atDoor { try await $0.perform(operation, arguments) }
        return show(reply, text: text)
    }

    /// Prints a reply in the form that is wanted.
    ///
    /// What failed is said on the standard error stream; a list that came with it, such as of
    /// several matches, is printed.
    func show(_ reply: StaffReply, text: (JSONValue) -> String) -> Exit {
        let isGood = reply.exit == .done || reply.exit == .notYetProved
        if isJSON {
            var members = reply.body.object ?? [:]
            if let message = reply.message {
                members[isGood ? "message" : "error"] = .string(message)
            }
            console.print(json: .object(members))
        } else if reply.body.object?.isEmpty == false {
            let shown = text(reply.body)
            if !shown.isEmpty { console.print(shown) }
        }
        guard let message = reply.message else { return reply.exit }
        if !isGood {
            console.complain("tollgate: \(message)")
        } else if !isJSON {
            console.print(message)
        }
        return reply.exit
    }

    /// The query, from standard input where it is `-`.
    func query() throws -> String {
        let typed = arguments.positionals[0]
        guard typed == "-" else { return typed }
        let line = console.readLine()?.trimmingCharacters(in: .whitespacesAndNewlines) ?? ""
        guard !line.isEmpty else {
            throw UsageError("QUERY is -, and standard input holds no line.")
        }
        return line
    }

    /// A reason for the audit, which must not hold a key.
    func reason() throws -> String {
        let reason = arguments["reason"] ?? ""
        guard Console.masked(reason) == reason else {
            throw UsageError("--reason holds a key, and the audit keeps none: leave it out.")
        }
        return reason
    }

    /// Asks on a terminal; without one only `--yes` consents.
    func consent(to question: String) throws {
        if arguments.has("yes") { return }
        guard console.canAsk else {
            throw UsageError("\(question) There is no terminal to ask on: add --yes.")
        }
        console.ask("\(question) [y/N] ")
        let answer = console.readLine()?.trimmingCharacters(in: .whitespaces).lowercased()
        guard answer == "y" || answer == "yes" else {
            throw CommandFailure(.failed, "Nothing was changed.")
        }
    }
}
