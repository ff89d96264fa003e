import Foundation
import JSON
import Service

/// Makes a catalogue file the plans that are sold.
struct PlansApplyCommand: Command {
    let declaration = Declaration(
        words: ["plans", "apply"],
        summary: "Makes the plans of a catalogue file the ones that are sold.",
        positionals: [.init(name: "FILE", help: "the catalogue; - reads standard input")],
        ownOptions: [
            .flag("dry-run", "say what it would do, and change nothing"),
            .value(
                "move",
                "ID",
                "move this plan's subscribers to the version of the file",
                isRepeatable: true
            ),
            .yes,
        ],
        notes: [
            "A changed plan becomes a new version and subscribers stay on theirs; a plan that is "
                + "missing\nfrom the file is retired, and nobody's access ends by that. It asks before it "
                + "retires a plan\nor moves subscribers."
        ]
    )

    func run(_ call: Call) async throws -> Exit {
        let isDry = call.arguments.has("dry-run")
        let moving = call.arguments.all("move")
        var members: [String: JSONValue] = [
            "catalogue": .string(try catalogue(call)), "dry_run": true,
            "move": .array(moving.map(JSONValue.string)),
        ]
        let arguments = members
        members["dry_run"] = false
        let change = members
        return try await call.atDoor { door in
            let preview = try await door.perform("plans/apply", .object(arguments))
            guard !isDry, preview.exit == .done else {
                return call.show(preview, text: PlanText.applied)
            }
            if let question = Self.question(preview.body, moving) {
                if !call.isJSON, !call.arguments.has("yes") {
                    call.console.complain(PlanText.applied(preview.body))
                }
                try call.consent(to: question)
            }
            return call.show(
                try await door.perform("plans/apply", .object(change)),
                text: PlanText.applied
            )
        }
    }

    /// What is to be asked before plans are retired or subscribers moved.
    private static func question(_ body: JSONValue, _ moving: [String]) -> String? {
        let retired = (body["plans"]?.array ?? []).filter { $0["change"]?.string == "retired" }
            .map { $0.word("id") }
        var parts: [String] = []
        if !retired.isEmpty { parts.append("retire \(retired.joined(separator: ", "))") }
        if !moving.isEmpty {
            parts.append("move the subscribers of \(moving.joined(separator: ", "))")
        }
        guard var question = parts.isEmpty ? nil : parts.joined(separator: " and ") else {
            return nil
        }
        question = question.prefix(1).uppercased() + question.dropFirst()
        return "\(question.plain)?"
    }

    private func catalogue(_ call: Call) throws -> String {
        let path = call.arguments.positionals[0]
        if path == "-" {
            var text = ""
            while let line = call.console.readLine() { text += line + "\n" }
            return text
        }
        return String(decoding: try contents(ofFile: path), as: UTF8.self)
    }
}

/// The bytes of a file that a command names.
func contents(ofFile path: String) throws -> [UInt8] {
    guard let bytes = FileManager.default.contents(atPath: path) else {
        var isFolder: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
        throw CommandFailure(
            .failed,
            !exists
                ? "There is no file \(path)."
                : isFolder.boolValue
                    ? "\(path) is a folder: name a file."
                    : "The file \(path) cannot be read: check who may read it."
        )
    }
    return Array(bytes)
}
