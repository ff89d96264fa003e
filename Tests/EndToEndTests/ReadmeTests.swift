import Foundation
import JSON
import Service
import Subscriptions
import Testing

@testable import tollgate

/// What README.md says, held against the program.
@Suite struct ReadmeTests {
    private let readme: String

    init() throws {
        let file = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("README.md")
        readme = try String(contentsOf: file, encoding: .utf8)
    }

    @Test func `it is short`() {
        #expect(readme.split(separator: "\n", omittingEmptySubsequences: false).count <= 151)
    }

    @Test func `every command in it is one that the program takes`() throws {
        let calls = commands
        #expect(calls.count >= 10)
        for words in calls {
            let command = try #require(
                Program.commands.first { words.starts(with: $0.declaration.words) },
                "README.md names `tollgate \(words.joined(separator: " "))`"
            )
            let rest = Array(words.dropFirst(command.declaration.words.count))
            // A command that is named only in passing stands there without its arguments.
            guard !rest.isEmpty else { continue }
            _ = try Arguments(parsing: rest, command.declaration)
        }
    }

    @Test func `its table names every setting, and no other`() {
        let kinds = ["NAME_WEBHOOK_SECRET", "NAME_API_KEY", "NAME_FILE"]
        let names = readme.matches(of: /`([A-Z][A-Z_]*_[A-Z_]+)`/)
            .map { String($0.output.1) }.filter { !kinds.contains($0) }
        let missing = Set(Settings.names).subtracting(names)
        let unknown = Set(names).subtracting(Settings.names)
        #expect(unknown.isEmpty)
        #expect(missing.isEmpty)
    }

    @Test func `its plan file is a catalogue`() throws {
        let block = try #require(readme.firstMatch(of: /```json\n((?:.|\n)*?)```/))
        let catalogue = try Catalogue(parsing: String(block.output.1).utf8)
        #expect(catalogue.plans.map(\.id.rawValue) == ["pro"])
    }

    /// The words after `tollgate` wherever a command stands: at the start of a line of a block, or
    /// alone between backticks.
    private var commands: [[String]] {
        let lines = readme.matches(of: /(?m)^tollgate (.+?)(?: {2,}.*)?$/).map(\.output.1)
        let spans = readme.matches(of: /`tollgate ([^`]+)`/).map(\.output.1)
        return (lines + spans).map { $0.split(whereSeparator: \.isWhitespace).map(String.init) }
    }
}
