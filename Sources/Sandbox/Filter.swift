import Foundation
import JSON

/// A `filter` read as the platform reads it, and written as SQL with bound values.
///
/// The grammar has no escapes: operators are searched in a fixed order anywhere in the text, also
/// inside a value, and `and` joins only what stands in brackets.
struct Filter {
    let sql: String
    let values: [JSONValue]

    /// What a filter may name, and how its value is read.
    struct Field {
        let name: String
        let isInteger: Bool
        /// Whether `true` and `false` are words of the column; on system tables they are text.
        var isBoolean = false
    }

    /// In the platform's order: a longer sign before the shorter that it contains.
    private static let operators: [(text: String, sql: String)] = [
        (">=", ">="), ("<=", "<="), ("!=", "!="), ("<>", "!="), ("=", "="), (">", ">"), ("<", "<"),
        (" gte ", ">="), (" lte ", "<="), (" ne ", "!="), (" eq ", "="), (" gt ", ">"),
        (" lt ", "<"), (" not in ", "NOT IN"), (" in ", "IN"), (" not like ", "NOT LIKE"),
        (" like ", "LIKE"), (" starts with ", "starts"), (" ends with ", "ends"),
        (" contains ", "contains"), (" is not null", "IS NOT NULL"), (" is null", "IS NULL"),
    ]

    /// More parts than this are refused rather than followed.
    private static let joinsMax = 200

    private static let unparsable = Refusal(400, "Invalid or unparsable filter request.")

    init(_ text: String, fields: [Field]) throws(Refusal) {
        let whole = text.trimmingCharacters(in: .whitespacesAndNewlines)
        var parts: [String] = []
        var values: [JSONValue] = []
        for part in try Filter.parts(of: whole) {
            switch part {
            case .word(let word): parts.append(word)
            case .operand(let text):
                let (sql, bound) = try Filter.operand(text, fields)
                parts.append(sql)
                values += bound
            }
        }
        sql = "(" + parts.joined(separator: " ") + ")"
        self.values = values
        try Filter.checkBrackets(of: parts)
    }

    private enum Part {
        case operand(String)
        case word(String)
    }

    /// Operands and the words between them; a word joins only what stands in brackets.
    private static func parts(of text: String) throws(Refusal) -> [Part] {
        var rest = text
        var parts: [Part] = []
        if let range = rest.range(
            of: "^not ?(?=\\()",
            options: [.regularExpression, .caseInsensitive]
        ) {
            rest.removeSubrange(range)
            parts.append(.word("NOT"))
        }
        let pattern = "\\) ?(and|or|nor|xor|&&|\\|\\|) ?\\("
        while let range = rest.range(of: pattern, options: [.regularExpression, .caseInsensitive]) {
            guard parts.count < joinsMax else { throw unparsable }
            parts.append(.operand(rest[..<range.lowerBound] + ")"))
            let word = rest[range].dropFirst().dropLast().trimmingCharacters(in: .whitespaces)
            let join = ["&&": "AND", "||": "OR"][word] ?? word.uppercased()
            guard join == "AND" || join == "OR" else {
                throw syntaxError("near \"\(join)\": syntax error")
            }
            parts.append(.word(join))
            rest = "(" + rest[range.upperBound...]
        }
        return parts + [.operand(rest)]
    }

    private static func syntaxError(_ text: String) -> Refusal {
        Refusal(
            500,
            "SQLSTATE[HY000]: General error: 1 \(text)",
            code: "HY000",
            envelope: .exception
        )
    }

    /// A comparison with the brackets around it, which the platform passes on as they stand.
    private static func operand(
        _ text: String,
        _ fields: [Field]
    ) throws(Refusal) -> (String, [JSONValue]) {
        let text = text.trimmingCharacters(in: .whitespaces)
        let opening = text.prefix { $0 == "(" }
        var inner = text.dropFirst(opening.count)
        var closing = ""
        while inner.hasSuffix(")"),
            inner.count(where: { $0 == ")" }) > inner.count(where: { $0 == "(" })
        {
            inner = inner.dropLast()
            closing += ")"
        }
        guard !inner.isEmpty else { throw .serverError }
        let (sql, values) = try comparison(String(inner), fields)
        return (opening + sql + closing, values)
    }

    /// A row filter is joined to this one, so no bracket may reach out of it.
    private static func checkBrackets(of parts: [String]) throws(Refusal) {
        var depth = 0
        for character in parts.joined() {
            if character == "(" { depth += 1 }
            if character == ")" { depth -= 1 }
            guard depth >= 0 else { throw syntaxError("near \")\": syntax error") }
        }
        guard depth == 0 else { throw syntaxError("incomplete input") }
    }

    /// The filter with values in place of the names that stand for them, such as `:region`.
    func with(_ parameters: JSONValue?) -> Filter {
        guard let parameters = parameters?.object else { return self }
        return Filter(
            sql: sql,
            values: values.map { value in value.string.flatMap { parameters[$0] } ?? value }
        )
    }

    private init(sql: String, values: [JSONValue]) {
        self.sql = sql
        self.values = values
    }

    /// The row filter of an access rule: conditions joined by the rule's operator.
    init(rule: Role.Rule, fields: [Field]) throws(Refusal) {
        var conditions: [String] = []
        var values: [JSONValue] = []
        for filter in rule.filters {
            let name = filter["name"]?.string ?? ""
            let sign = (filter["operator"]?.string ?? "").lowercased()
            guard let field = fields.first(where: { $0.name == name }),
                let sql = Filter.operators.first(where: { known in
                    known.text.trimmingCharacters(in: .whitespaces) == sign
                })?.sql
            else {
                throw Refusal(400, "Invalid or unparsable field in filter request: '\(name)'")
            }
            let value = filter["value"] ?? .null
            let (condition, bound) = try Filter.comparison(field, sql, value.string ?? value.text())
            conditions.append(condition)
            values += bound
        }
        let join = rule.filterOperator.uppercased() == "OR" ? " OR " : " AND "
        sql = conditions.isEmpty ? "1" : "(" + conditions.joined(separator: join) + ")"
        self.values = values
    }

    private static func comparison(
        _ text: String,
        _ fields: [Field]
    ) throws(Refusal) -> (String, [JSONValue]) {
        for (sign, sql) in operators {
            guard let range = text.range(of: sign, options: .caseInsensitive) else { continue }
            let name = text[..<range.lowerBound].trimmingCharacters(in: .whitespaces)
            let bare = name.trimmingCharacters(in: CharacterSet(charactersIn: "`\"'() "))
            guard let field = fields.first(where: { $0.name.lowercased() == bare.lowercased() })
            else {
                throw Refusal(400, "Invalid or unparsable field in filter request: '\(name)'")
            }
            let value = text[range.upperBound...].trimmingCharacters(in: .whitespaces)
            return try comparison(field, sql, value)
        }
        throw unparsable
    }

    private static func comparison(
        _ field: Field,
        _ sql: String,
        _ value: String
    ) throws(Refusal) -> (String, [JSONValue]) {
        let column = Store.quoted(field.name)
        switch sql {
        case "IS NULL", "IS NOT NULL": return ("\(column) \(sql)", [])
        // These three put their `%` outside of the quotes, so that a quoted value finds nothing.
        case "starts": return ("\(column) LIKE ?", [.string(value + "%")])
        case "ends": return ("\(column) LIKE ?", [.string("%" + value)])
        case "contains": return ("\(column) LIKE ?", [.string("%" + value + "%")])
        case "IN", "NOT IN":
            guard value.hasPrefix("("), value.hasSuffix(")"), value.count > 2 else {
                throw Refusal(400, "Filter value lists must be wrapped in parentheses.")
            }
            let list = value.dropFirst().dropLast()
            var values: [JSONValue] = []
            for part in list.split(separator: ",", omittingEmptySubsequences: false) {
                values.append(try bound(part.trimmingCharacters(in: .whitespaces), field))
            }
            let marks = values.map { _ in "?" }.joined(separator: ", ")
            return ("\(column) \(sql) (\(marks))", values)
        default:
            return (
                "\(column) \(sql) ?", [try bound(value, field, isPattern: sql.hasSuffix("LIKE"))]
            )
        }
    }

    private static let flags = [
        "true": true, "yes": true, "on": true, "false": false, "no": false, "off": false,
    ]

    /// The value without its quotes, as a number where the column holds numbers.
    private static func bound(
        _ text: String,
        _ field: Field,
        isPattern: Bool = false
    ) throws(Refusal) -> JSONValue {
        var text = text
        if let quote = text.first, quote == "'" || quote == "\"", text.count > 1, text.last == quote
        {
            text = text.trimmingCharacters(in: CharacterSet(charactersIn: String(quote)))
        }
        if field.isBoolean, let flag = Filter.flags[text.lowercased()] { return .bool(flag) }
        guard field.isInteger, !isPattern, !text.isEmpty else { return .string(text) }
        if text.hasPrefix("("), text.hasSuffix(")") { text = String(text.dropFirst().dropLast()) }
        guard
            let number = Int64(text)
                ?? Double(text).flatMap({ Int64(exactly: $0.rounded(.towardZero)) })
        else {
            throw Refusal(400, "Field '\(field.name)' must be a valid integer.")
        }
        return .integer(number)
    }
}
