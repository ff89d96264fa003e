/// What a command is called and takes; parsing and `--help` are made from it.
struct Declaration: Sendable {
    /// An option with a value, or a flag where there is no placeholder.
    struct Option: Sendable {
        let name: String
        let placeholder: String?
        let help: String
        var isRequired = false
        var isRepeatable = false

        /// An option that takes a value.
        static func value(
            _ name: String,
            _ placeholder: String,
            _ help: String,
            isRequired: Bool = false,
            isRepeatable: Bool = false
        ) -> Option {
            Option(
                name: name,
                placeholder: placeholder,
                help: help,
                isRequired: isRequired,
                isRepeatable: isRepeatable
            )
        }

        /// An option that is there or not.
        static func flag(_ name: String, _ help: String) -> Option {
            Option(name: name, placeholder: nil, help: help)
        }

        /// The option as it is typed: `--wait TIME`.
        var usage: String { placeholder.map { "--\(name) \($0)" } ?? "--\(name)" }
    }

    /// An argument without a name; the last one of a command may be there several times.
    struct Positional: Sendable {
        let name: String
        let help: String
        var isRepeatable = false
        /// Whether it may be left out; then all after it may be too.
        var isOptional = false

        var usage: String {
            let usage = isRepeatable ? "\(name)..." : name
            return isOptional ? "[\(usage)]" : usage
        }
    }

    /// The words that call it, for example `keys revoke`.
    let words: [String]
    /// One sentence about what it does.
    let summary: String
    var positionals: [Positional] = []
    /// Its own options; the common ones are added.
    var ownOptions: [Option] = []
    /// What `--help` says at its end.
    var notes: [String] = []

    /// What every command takes.
    static let common: [Option] = [
        .value("config", "FILE", "a JSON file of settings; the environment wins over it"),
        .value("environment", "NAME", "the settings of this environment of the file"),
        .flag("json", "print one JSON text"),
        .flag("help", "print this"),
    ]

    /// All its options.
    var options: [Option] { ownOptions + Self.common }

    /// The name as it is typed.
    var name: String { words.joined(separator: " ") }

    /// What may follow the name, without the common options.
    var synopsis: String {
        let options = ownOptions.map { option in
            let usage = option.usage + (option.isRepeatable ? "..." : "")
            return option.isRequired ? usage : "[\(usage)]"
        }
        return (positionals.map(\.usage) + options).joined(separator: " ")
    }

    /// What must follow the name.
    var required: String {
        let options = ownOptions.filter(\.isRequired).map(\.usage)
        return (positionals.map(\.usage) + options).joined(separator: " ")
    }

    /// What `--help` prints.
    var help: String {
        var rows = positionals.map { [$0.name, $0.help] }
        rows += options.map { option in
            [option.usage, option.help + (option.isRequired ? " (needed)" : "")]
        }
        let usage = "usage: tollgate \(name) \(synopsis)".trimmed
        let notes = notes.map { "\n\($0)\n" }.joined()
        return "\(usage)\n\n\(summary)\n\n\(Table(rows: rows, lineMax: 88).text(indent: 2))\(notes)"
    }
}

extension Declaration.Positional {
    /// The query by which staff name a subscription.
    static let query = Declaration.Positional(
        name: "QUERY",
        help: "a key, its last four, an e-mail address, or an id of a customer, subscription, "
            + "role or app; - reads it from standard input, so that a key reaches no history"
    )
}

extension Declaration.Option {
    /// The consent that scripts give beforehand.
    static let yes = flag("yes", "do not ask; needed where there is no terminal")
}
