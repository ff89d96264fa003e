import Foundation
import JSON
import Service
import Transport

/// Writes what a platform is set up as.
struct PlatformExportCommand: Command {
    let declaration = Declaration(
        words: ["platform", "export"],
        summary: "Prints services, roles, apps and limits of a platform, without ids and secrets.",
        positionals: [.environment],
        notes: ["Equal platforms give equal texts, so that the output can be kept in git."]
    )
    var sender: @Sendable () -> any RequestSender = { URLSessionSender() }

    func run(_ call: Call) async throws -> Exit {
        let name = try call.environmentName(at: 0)
        let link = try call.link(to: name, sender: sender())
        call.warnOfKey(link)
        call.console.print(try await link.picture().text)
        return .done
    }
}

/// Says in what two platforms differ.
struct PlatformDiffCommand: Command {
    let declaration = Declaration(
        words: ["platform", "diff"],
        summary: "Says in what two platforms or exports differ, field by field.",
        positionals: [
            .init(name: "A", help: "an environment of the configuration, or a file"),
            .init(name: "B", help: "another one"),
        ],
        notes: ["It exits 1 where they differ."]
    )
    var sender: @Sendable () -> any RequestSender = { URLSessionSender() }

    func run(_ call: Call) async throws -> Exit {
        let known = try call.settings(named: nil).environments
        var pictures: [PlatformPicture] = []
        for name in call.arguments.positionals {
            // A file that is called like an environment is named with its folder.
            if known.contains(name) {
                let link = try call.link(to: name, sender: sender())
                call.warnOfKey(link)
                pictures.append(try await link.picture())
            } else {
                guard FileManager.default.fileExists(atPath: name) else {
                    throw CommandFailure(
                        .failed,
                        "There is no file \(name) and no environment of that name."
                    )
                }
                pictures.append(try PlatformPicture(parsing: try contents(ofFile: name)))
            }
        }
        let found = pictures[0].differences(from: pictures[1])
        if call.isJSON {
            call.console.print(json: ["differences": .array(found.map(\.json))])
        } else {
            call.console.print(Self.text(found))
        }
        return found.isEmpty ? .done : .failed
    }

    private static func text(_ found: [PictureDifference]) -> String {
        guard !found.isEmpty else { return "no difference" }
        return Table(
            header: ["kind", "record", "field", "in A", "in B"],
            rows: found.map { one in
                guard let field = one.field else {
                    return [
                        one.kind.noun, one.key, "", one.left == nil ? "missing" : "there",
                        one.right == nil ? "missing" : "there",
                    ]
                }
                return [one.kind.noun, one.key, field, word(one.left), word(one.right)]
            }
        ).text()
    }

    private static func word(_ value: JSONValue?) -> String {
        guard let value else { return "-" }
        return value.string ?? value.text()
    }
}

/// Makes a platform what a file says.
struct PlatformApplyCommand: Command {
    let declaration = Declaration(
        words: ["platform", "apply"],
        summary: "Makes services, roles, apps and limits of a platform what a file says.",
        positionals: [
            .init(name: "FILE", help: "what platform export printed"), .environment,
        ],
        ownOptions: [
            .flag("dry-run", "say what it would do, and change nothing"),
            .flag("prune", "delete what is not in the file; needs --confirm"),
            .value("confirm", "N", "how many records --prune deletes, as --dry-run says"),
        ],
        notes: [
            "What is named tollgate-… is never touched. After a break the same call goes on.",
            "It exits 4 if anything is left to do.",
        ]
    )
    var sender: @Sendable () -> any RequestSender = { URLSessionSender() }

    func run(_ call: Call) async throws -> Exit {
        let picture = try PlatformPicture(
            parsing: try contents(ofFile: call.arguments.positionals[0])
        )
        let confirmed = try call.arguments.integer("confirm", in: 0...1_000_000)
        let link = try call.link(to: try call.environmentName(at: 1), sender: sender())
        call.warnOfKey(link)
        let prunes = call.arguments.has("prune")
        var apply = try await PlatformApply(picture, to: link, prune: prunes)
        guard !call.arguments.has("dry-run") else {
            return Self.show(apply.plan, of: link, call)
        }
        guard apply.plan.deletions == (confirmed ?? 0) else {
            throw CommandFailure(
                .refused,
                "Nothing was changed at \(link.origin): --prune would delete "
                    + "\(apply.plan.deletions) records there; look with --dry-run, then add "
                    + "--confirm \(apply.plan.deletions)."
            )
        }
        let console = call.console
        let isWatched = console.canAsk && !call.isJSON
        let outcome = try await apply.run { number, count, step in
            if isWatched { console.complain("\(number) of \(count): \(step.text.plain)") }
        }
        return Self.show(outcome, of: link, call)
    }

    private static func show(_ plan: PlatformPlan, of link: PlatformLink, _ call: Call) -> Exit {
        if call.isJSON {
            call.console.print(
                json: [
                    "platform": .string(link.origin), "dry_run": true,
                    "steps": .array(plan.steps.map(\.json)),
                    "deletions": .integer(Int64(plan.deletions)),
                    "left": .array(plan.kept.map(JSONValue.string)),
                ]
            )
            return .done
        }
        var lines = ["at \(link.origin):"] + plan.steps.map { "  would \($0.text.plain)" }
        if plan.steps.isEmpty { lines.append("  nothing to do") }
        lines += plan.kept.map { "  left: \($0.plain)" }
        if plan.deletions > 0 { lines.append("  to delete: add --confirm \(plan.deletions)") }
        call.console.print(lines.joined(separator: "\n"))
        return .done
    }

    private static func show(
        _ outcome: PlatformApply.Outcome,
        of link: PlatformLink,
        _ call: Call
    ) -> Exit {
        let failures = outcome.failed.map { "\($0.step.text): \($0.reason)" }
        if call.isJSON {
            call.console.print(
                json: [
                    "platform": .string(link.origin),
                    "done": .array(outcome.done.map(\.json)),
                    "failed": .array(failures.map(JSONValue.string)),
                    "left": .array(outcome.left.map(JSONValue.string)),
                    "new_apps": .array(outcome.newApps.map(JSONValue.string)),
                ]
            )
        } else {
            let done = outcome.done.count
            var lines = ["\(done) \(done == 1 ? "step" : "steps") done at \(link.origin)"]
            lines += failures.map { "failed: \($0.plain)" }
            lines += outcome.left.map { "left: \($0.plain)" }
            lines += outcome.newApps.map { "the app \($0.plain) has a new key of its own" }
            call.console.print(lines.joined(separator: "\n"))
        }
        return outcome.left.isEmpty && failures.isEmpty ? .done : .notYetProved
    }
}

extension Declaration.Positional {
    /// An environment of the configuration; without it the settings themselves stand.
    static let environment = Self(
        name: "ENV",
        help: "an environment of the configuration; without it, the settings themselves",
        isOptional: true
    )
}

extension Call {
    /// The environment that an argument names, or the option.
    func environmentName(at index: Int) throws -> String? {
        guard arguments.positionals.indices.contains(index) else {
            return arguments["environment"]
        }
        let name = arguments.positionals[index]
        guard arguments["environment"].map({ $0 == name }) ?? true else {
            throw UsageError("ENV and --environment name different environments: leave one out.")
        }
        return name
    }
}
