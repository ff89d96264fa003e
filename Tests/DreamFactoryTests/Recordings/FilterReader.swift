import Foundation

@testable import DreamFactory

/// Reads the recorded filters that are written as the builder writes them.
enum FilterReader {
    static func read(_ text: String) throws -> Filter {
        do {
            let filter = try parse(text)
            guard filter.text == text else { throw NotOffered.spelling }
            return filter
        } catch is FilterRefusal {
            throw NotOffered.refusedFilter
        }
    }

    private static func parse(_ text: String) throws -> Filter {
        if let match = text.wholeMatch(of: /not \((.*)\)/) {
            return try .not(parse(String(match.1)))
        }
        let operands = split(text)
        guard operands.count > 1 else { return try comparison(text) }
        let words = Set(operands.dropLast().map(\.word))
        guard let word = words.first, words.count == 1 else { throw NotOffered.spelling }
        let filters = try operands.map { try parse($0.text) }
        return try filters.dropFirst().reduce(filters[0]) { left, right in
            switch word {
            case " and ": try left.and(right)
            case " or ": try left.or(right)
            default: throw NotOffered.spelling
            }
        }
    }

    /// The bracketed operands with the word after each.
    private static func split(_ text: String) -> [(text: String, word: String)] {
        var operands: [(text: String, word: String)] = []
        var (depth, operand, word) = (0, "", "")
        for character in text {
            if character == ")" { depth -= 1 }
            if depth == 0, character == ")" {
                operands.append((operand, ""))
                (operand, word) = ("", "")
            } else if depth > 0 {
                operand.append(character)
            } else if character != "(" {
                word.append(character)
                if !operands.isEmpty { operands[operands.count - 1].word = word }
            }
            if character == "(" { depth += 1 }
        }
        return operands
    }

    private static func comparison(_ text: String) throws -> Filter {
        if let match = text.wholeMatch(of: /(\w+) is (not )?null/) {
            return try match.2 == nil ? .isNull(field(match.1)) : .isNotNull(field(match.1))
        }
        if let match = text.wholeMatch(of: /(\w+) (not )?in \((.*)\)/) {
            let values = try match.3.split(separator: ",").map(value)
            return try match.2 == nil
                ? .isIn(field(match.1), values) : .isNotIn(field(match.1), values)
        }
        if let match = text.wholeMatch(of: /(\w+) (not )?like (.*)/) {
            return try Filter(field(match.1), match.2 == nil ? .like : .notLike, value(match.3))
        }
        if let match = text.wholeMatch(of: /(\w+) (contains|starts with|ends with) (.*)/) {
            let name = try field(match.1)
            return switch match.2 {
            case "contains": try .contains(name, String(match.3))
            case "starts with": try .startsWith(name, String(match.3))
            default: try .endsWith(name, String(match.3))
            }
        }
        guard let match = text.wholeMatch(of: /(\w+)(>=|<=|!=|=|>|<)(.*)/),
            let sign = Filter.Comparison(rawValue: String(match.2))
        else { throw NotOffered.spelling }
        return try Filter(field(match.1), sign, value(match.3))
    }

    private static func field(_ text: Substring) throws -> FieldName {
        guard let name = FieldName(String(text)) else { throw NotOffered.spelling }
        return name
    }

    private static func value(_ text: Substring) throws -> FilterValue {
        for quote in ["'", "\""] where text.count > 1 && text.hasPrefix(quote) {
            guard text.hasSuffix(quote) else { break }
            return .text(String(text.dropFirst().dropLast()))
        }
        if let number = Int64(text) { return .integer(number) }
        if text.wholeMatch(of: /-?\d+\.\d+/) != nil, let number = Double(text) {
            return .number(number)
        }
        throw NotOffered.spelling
    }
}
