import JSON
import Service

/// The executable: finds the command, gives it its arguments, and turns its end into an exit code.
struct Program: Sendable {
    static let version = "0.1.0"

    /// Every command, in the order of the help.
    static let commands: [any Command] = [
        DemoCommand(), ServeCommand(), MigrateCommand(), StatusCommand(), StatsCommand(),
        DoctorCommand(), BackupCommand(), RestoreCommand(), SandboxCommand(),
        PlansListCommand(), PlansShowCommand(), PlansApplyCommand(),
        CustomersFindCommand(), SubscriptionsListCommand(), SubscriptionsShowCommand(),
        SubscriptionsSuspendCommand(),
        SubscriptionsResumeCommand(), SubscriptionsImportCommand(),
        KeysFindCommand(), KeysExplainCommand(), KeysRevokeCommand(), KeysRestoreCommand(),
        KeysRotateCommand(),
        ClaimsCreateCommand(), ClaimsListCommand(),
        GrantsListCommand(), GrantsDriftCommand(), GrantsRepairCommand(),
        AuditListCommand(), ReconcileCommand(),
        EventsListCommand(), EventsShowCommand(), EventsReplayCommand(), EventsSendCommand(),
        PlatformExportCommand(), PlatformDiffCommand(), PlatformApplyCommand(),
    ]

    let environment: [String: String]
    let console: Console
    /// How long a database that is owned, and not served yet, is waited for.
    var patience: Duration = .seconds(5)

    /// Runs one call and says its exit code.
    func run(_ words: [String]) async -> Int32 {
        let isJSON = words.prefix { $0 != "--" }.contains("--json")
        do {
            return try await dispatch(words).rawValue
        } catch let error as UsageError {
            return end(.usage, error.description, isJSON)
        } catch let failure as CommandFailure {
            return end(failure.exit, failure.description, isJSON)
        } catch {
            return end(.failed, sentence(for: error).plain, isJSON)
        }
    }

    private func end(_ exit: Exit, _ sentence: String, _ isJSON: Bool) -> Int32 {
        if isJSON { console.print(json: ["error": .string(sentence)]) }
        console.complain("tollgate: \(sentence)")
        return exit.rawValue
    }

    private func dispatch(_ words: [String]) async throws -> Exit {
        guard let first = words.first else {
            console.complain(Self.help(for: Self.commands))
            return .usage
        }
        switch first {
        case "help" where words.count > 1:
            return try await dispatch(words.dropFirst() + ["--help"])
        case "--help", "-h", "help":
            console.print(Self.help(for: Self.commands))
            return .done
        case "--version":
            console.print("tollgate \(Self.version)")
            return .done
        default: break
        }
        guard !first.hasPrefix("-") else {
            throw UsageError("Options stand after the command: tollgate COMMAND \(first).")
        }
        guard let command = Self.command(words) else { return try group(words) }
        let declaration = command.declaration
        let rest = Array(words.dropFirst(declaration.words.count))
        if Self.asksForHelp(rest) {
            console.print(declaration.help)
            return .done
        }
        let arguments = try Arguments(parsing: rest, declaration)
        return try await command.run(
            Call(
                arguments: arguments,
                environment: environment,
                console: console,
                patience: patience
            )
        )
    }

    /// `tollgate keys --help`, and what is typed wrong.
    private func group(_ words: [String]) throws -> Exit {
        let group = Self.commands.filter {
            $0.declaration.words.count > 1 && $0.declaration.words.first == words.first
        }
        guard !group.isEmpty else {
            let names = Set(Self.commands.compactMap(\.declaration.words.first)).sorted()
            throw UsageError(
                "There is no command \(words[0]).",
                nearest: nearestName(to: words[0], among: names)
            )
        }
        let rest = words.dropFirst()
        if Self.asksForHelp(Array(rest)) {
            console.print(Self.help(for: group, of: words[0]))
            return .done
        }
        let verbs = group.map { $0.declaration.words[1] }
        guard let verb = rest.first, !verb.hasPrefix("-") else {
            throw UsageError(
                "tollgate \(words[0]) needs one of: \(verbs.joined(separator: ", "))."
            )
        }
        throw UsageError(
            "There is no command \(words[0]) \(verb); there is \(verbs.joined(separator: ", ")).",
            nearest: nearestName(to: verb, among: verbs).map { "\(words[0]) \($0)" }
        )
    }

    private static func command(_ words: [String]) -> (any Command)? {
        commands.first { words.starts(with: $0.declaration.words) }
    }

    private static func asksForHelp(_ words: [String]) -> Bool {
        words.prefix { $0 != "--" }.contains { $0 == "--help" || $0 == "-h" }
    }

    private static func help(for commands: [any Command], of group: String? = nil) -> String {
        let rows = commands.map { command in
            let declaration = command.declaration
            let arguments = group == nil ? declaration.required : declaration.synopsis
            return ["\(declaration.name) \(arguments)".trimmed, declaration.summary]
        }
        return """
            usage: tollgate \(group.map { "\($0) " } ?? "")COMMAND [--config FILE] [--json] [--help]

            \(Table(rows: rows, widthMax: 32, lineMax: 100).text(indent: 2))
            exit codes: 0 done, 1 failed, 2 usage, 3 nothing matched, 4 accepted but not yet proved,
            5 refused by policy; every command has --help
            """
    }
}

/// An error as one sentence, with a capital at its start and a full stop at its end.
func sentence(for error: any Error) -> String {
    let text = "\(error)"
    let capital = text.prefix(1).uppercased() + text.dropFirst()
    return capital.hasSuffix(".") || capital.hasSuffix(")") ? capital : capital + "."
}
