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

    /// Brackets nested deeper than this are refused rather than followed.
    private static let depthMax = 200

    private static let unparsable = Refusal(400, "Invalid or unparsable filter request.")

    init(_ text: String, fields: [Field], depth: Int = 0) throws(Refusal) {
        guard depth < Filter.depthMax else { throw Filter.unparsable }
        var text = text.trimmingCharacters(in: .whitespacesAndNewlines)
        if let range = text.range(of: "^not ?\\(", options: [.regularExpression, .caseInsensitive])
        {
            let inner = try Filter(
                "(" + text[range.upperBound...],
                fields: fields,
                depth: depth + 1
            )
            (sql, values) = ("NOT (\(inner.sql))", inner.values)
            return
        }
        for (word, join) in [("and", "AND"), ("or", "OR"), ("&&", "AND"), ("||", "OR")] {
            let pattern = "\\) ?" + NSRegularExpression.escapedPattern(for: word) + " ?\\("
            let options: String.CompareOptions = [.regularExpression, .caseInsensitive]
            guard let range = text.range(of: pattern, options: options) else { continue }
            let left = try Filter(text[..<range.lowerBound] + ")", fields: fields, depth: depth + 1)
            let right = try Filter(
                "(" + text[range.upperBound...],
                fields: fields,
                depth: depth + 1
            )
            sql = "(\(left.sql) \(join) \(right.sql))"
            values = left.values + right.values
            return
        }
        if text.hasPrefix("("), text.hasSuffix(")") { text = String(text.dropFirst().dropLast()) }
        (sql, values) = try Filter.comparison(text, fields)
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
            guard let field = fields.first(where: { $0.name == bare }) else {
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
            let list = value.trimmingCharacters(in: CharacterSet(charactersIn: "()"))
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

    /// The value without one pair of quotes, as a number where the column holds numbers.
    private static func bound(
        _ text: String,
        _ field: Field,
        isPattern: Bool = false
    ) throws(Refusal) -> JSONValue {
        var text = text
        for quote in ["'", "\""]
        where text.count >= 2 && text.hasPrefix(quote) && text.hasSuffix(quote) {
            text = String(text.dropFirst().dropLast())
            break
        }
        if field.isBoolean, let flag = ["true": true, "false": false][text.lowercased()] {
            return .bool(flag)
        }
        guard field.isInteger, !isPattern else { return .string(text) }
        guard let number = Int64(text) else {
            throw Refusal(400, "Field '\(field.name)' must be a valid integer.")
        }
        return .integer(number)
    }
}
