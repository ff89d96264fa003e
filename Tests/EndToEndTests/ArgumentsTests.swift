import Testing

@testable import tollgate

struct ArgumentsTests {
    private static let declaration = Declaration(
        words: ["keys", "revoke"],
        summary: "Revokes.",
        positionals: [.init(name: "QUERY", help: "whose")],
        ownOptions: [
            .value("reason", "TEXT", "why", isRequired: true),
            .value("wait", "TIME", "how long"),
            .value("limit", "N", "how many"),
            .value("move", "ID", "which", isRepeatable: true),
            .flag("dry-run", "only say"),
        ]
    )

    private func parse(_ words: String...) throws -> Arguments {
        try Arguments(parsing: words, Self.declaration)
    }

    @Test func `options stand before and after positionals`() throws {
        let arguments = try parse("--reason", "leak", "ada", "--dry-run", "--json")
        #expect(arguments.positionals == ["ada"])
        #expect(arguments["reason"] == "leak")
        #expect(arguments.has("dry-run") && arguments.has("json"))
        #expect(!arguments.has("config") && arguments["wait"] == nil)
    }

    @Test func `a value may follow an equals sign and then hold anything`() throws {
        #expect(try parse("ada", "--reason=-a=b --json")["reason"] == "-a=b --json")
    }

    @Test func `what follows two dashes is positional`() throws {
        #expect(try parse("--reason", "x", "--", "--dry-run").positionals == ["--dry-run"])
    }

    @Test func `one dash is a positional and a value`() throws {
        #expect(try parse("-", "--reason", "-").positionals == ["-"])
    }

    @Test func `only what may be repeated is`() throws {
        let arguments = try parse("ada", "--reason", "x", "--move", "a", "--move=b")
        #expect(arguments.all("move") == ["a", "b"])
    }

    @Test(
        arguments: [
            (["ada", "--raeson", "x"], "There is no option --raeson. Did you mean --reason?"),
            (["ada", "--dry"], "There is no option --dry. Did you mean --dry-run?"),
            (["ada", "--zzz"], "There is no option --zzz. See"),
            (["ada", "-x"], "There is no option -x."),
            (["ada"], "--reason is missing: add --reason TEXT."),
            (["--reason", "x"], "QUERY is missing."),
            (["ada", "--reason"], "--reason needs a value: --reason TEXT."),
            (["ada", "--reason", "--json"], "--reason needs a value"),
            (["ada", "--reason="], "--reason needs a value"),
            (["ada", "--reason", "x", "--reason", "y"], "--reason is given twice."),
            (["ada", "--reason", "x", "--dry-run=yes"], "--dry-run takes no value."),
            (["ada", "eve", "--reason", "x"], "takes QUERY and 2 arguments were given."),
        ]
    )
    func `a wrong call is refused in a sentence`(_ words: [String], _ sentence: String) {
        let error = #expect(throws: UsageError.self) {
            try Arguments(parsing: words, Self.declaration)
        }
        #expect(error?.description.contains(sentence) == true, "\(error?.description ?? "-")")
        #expect(error?.description.contains("tollgate keys revoke --help") == true)
    }

    @Test func `a repeated positional takes all`() throws {
        let declaration = Declaration(
            words: ["send"],
            summary: "Sends.",
            positionals: [.init(name: "FILE", help: "what", isRepeatable: true)]
        )
        #expect(try Arguments(parsing: ["a", "b", "c"], declaration).positionals.count == 3)
        #expect(throws: UsageError.self) { try Arguments(parsing: [], declaration) }
    }

    @Test(arguments: [("30s", 30), ("2m", 120), ("0s", 0), ("10m", 600)])
    func `a time has a unit`(_ text: String, _ seconds: Int) throws {
        let arguments = try parse("ada", "--reason", "x", "--wait", text)
        #expect(try arguments.seconds("wait", in: 0...600) == seconds)
    }

    @Test(arguments: ["30", "s", "11m", "1.5s", "+3s", "1d", "99999999999999999999s"])
    func `another time is refused`(_ text: String) throws {
        let arguments = try parse("ada", "--reason", "x", "--wait", text)
        #expect(throws: UsageError.self) { try arguments.seconds("wait", in: 0...600) }
    }

    @Test(arguments: ["0", "1001", "ten", "1e2", ""])
    func `a number is whole and within its bounds`(_ text: String) {
        #expect(throws: UsageError.self) {
            try parse("ada", "--reason", "x", "--limit=\(text)").integer("limit", in: 1...1_000)
        }
    }

    @Test func `the help names everything that is declared`() {
        for command in Program.commands {
            let declaration = command.declaration
            let help = declaration.help
            #expect(help.hasPrefix("usage: tollgate \(declaration.name)"))
            #expect(help.contains("--json") && help.contains("--config FILE"))
            for option in declaration.ownOptions { #expect(help.contains(option.usage)) }
            for positional in declaration.positionals { #expect(help.contains(positional.name)) }
        }
    }
}
