import Service

/// The arguments of one call, checked against a declaration.
struct Arguments: Sendable {
    /// The arguments without a name, in order.
    let positionals: [String]
    private let declaration: Declaration
    private var values: [String: [String]] = [:]

    /// Reads the words after the command's name; every one must be declared.
    ///
    /// Options may stand anywhere before `--`; a value follows its option, or `=` in the same word.
    init(parsing words: [String], _ declaration: Declaration) throws(UsageError) {
        self.declaration = declaration
        var positionals: [String] = []
        var values: [String: [String]] = [:]
        var rest = words[...]
        while let word = rest.popFirst() {
            if word == "--" {
                positionals += rest
                break
            }
            guard word.hasPrefix("-"), word != "-" else {
                positionals.append(word)
                continue
            }
            let (option, value) = try Self.option(word, &rest, declaration)
            guard option.isRepeatable || values[option.name] == nil else {
                throw UsageError("--\(option.name) is given twice.", declaration)
            }
            values[option.name, default: []].append(value)
        }
        self.positionals = positionals
        self.values = values
        try checkPresence()
    }

    /// Whether an option was given.
    func has(_ name: String) -> Bool { !all(name).isEmpty }

    /// The value of an option that was given.
    subscript(_ name: String) -> String? { all(name).first }

    /// Every value of an option that may be repeated.
    func all(_ name: String) -> [String] {
        assert(declaration.options.contains { $0.name == name }, "--\(name) is not declared.")
        return values[name] ?? []
    }

    /// A whole number within bounds.
    func integer(_ name: String, in bounds: ClosedRange<Int>) throws(UsageError) -> Int? {
        guard let text = self[name] else { return nil }
        guard let number = Int(text), bounds.contains(number) else {
            throw UsageError(
                "--\(name) takes a whole number from \(bounds.lowerBound) to \(bounds.upperBound).",
                declaration
            )
        }
        return number
    }

    /// Seconds of a time such as `30s` or `2m`, within bounds.
    func seconds(_ name: String, in bounds: ClosedRange<Int>) throws(UsageError) -> Int? {
        guard var text = self[name] else { return nil }
        // Nothing is nothing in every unit.
        if text == "0" { text = "0s" }
        let factors: [Character: Int] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400]
        guard let factor = text.last.flatMap({ factors[$0] }), text.count <= 6,
            text.dropLast().utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let count = Int(text.dropLast()), bounds.contains(count * factor)
        else {
            throw UsageError(
                "--\(name) takes a time from \(bounds.lowerBound)s to \(bounds.upperBound)s, for "
                    + "example 30s or 2m.",
                declaration
            )
        }
        return count * factor
    }

    private static func option(
        _ word: String,
        _ rest: inout ArraySlice<String>,
        _ declaration: Declaration
    ) throws(UsageError) -> (Declaration.Option, String) {
        let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let typed = String(parts[0])
        guard let option = declaration.options.first(where: { "--\($0.name)" == typed }) else {
            let names = declaration.options.map { "--\($0.name)" }
            throw UsageError(
                "There is no option \(typed).",
                declaration,
                nearest: nearestName(to: typed, among: names)
            )
        }
        let inline = parts.count == 2 ? String(parts[1]) : nil
        guard option.placeholder != nil else {
            guard inline == nil else {
                throw UsageError("--\(option.name) takes no value.", declaration)
            }
            return (option, "")
        }
        // A following option is a forgotten value; one that begins with a dash comes with `=`.
        let next = rest.first.flatMap { $0.hasPrefix("-") && $0 != "-" ? nil : $0 }
        if inline == nil, next != nil { rest.removeFirst() }
        guard let value = inline ?? next, !value.isEmpty else {
            throw UsageError("--\(option.name) needs a value: \(option.usage).", declaration)
        }
        return (option, value)
    }

    private func checkPresence() throws(UsageError) {
        let wanted = declaration.positionals
        if positionals.count < wanted.count, !wanted[positionals.count].isOptional {
            throw UsageError("\(wanted[positionals.count].name) is missing.", declaration)
        }
        if positionals.count > wanted.count, wanted.last?.isRepeatable != true {
            // What was typed may be a pasted key: it is counted, not repeated.
            throw UsageError(
                wanted.isEmpty
                    ? "\(declaration.name) takes options only."
                    : "\(declaration.name) takes \(wanted.map(\.name).joined(separator: " ")) and "
                        + "\(positionals.count) arguments were given.",
                declaration
            )
        }
        for option in declaration.options where option.isRequired && values[option.name] == nil {
            throw UsageError("--\(option.name) is missing: add \(option.usage).", declaration)
        }
    }
}
