import Foundation

/// A condition on rows, in the platform's grammar and with nothing in it that was not meant.
///
/// ```swift
/// let filter = try Filter("region", .equals, "EU").and(Filter("qty", .greater, 5))
/// ```
///
/// There is no way to write a filter as text.
package struct Filter: Hashable, Sendable, CustomStringConvertible {
    /// How a field is compared with a value.
    package enum Comparison: String, Hashable, Sendable, CaseIterable {
        case equals = "="
        case differs = "!="
        case greater = ">"
        case greaterOrEqual = ">="
        case less = "<"
        case lessOrEqual = "<="
        /// With `%` and `_` as wildcards.
        case like = " like "
        /// With `%` and `_` as wildcards.
        case notLike = " not like "
    }

    /// What the filter is made of, which decides what it may be joined with.
    enum Shape: Hashable {
        case comparison, disjunction, conjunction, negation
    }

    /// The filter as it is sent, before it is percent-encoded.
    package let text: String
    let shape: Shape

    /// A filter longer than this would not fit the address lines of common servers.
    static let bytesMax = 4_000

    /// Compares a field with a value.
    package init(
        _ field: FieldName,
        _ comparison: Comparison,
        _ value: FilterValue
    ) throws(FilterRefusal) {
        let written = try FilterText.value(value, after: comparison.rawValue)
        try self.init("\(field)\(comparison.rawValue)\(written)", .comparison)
    }

    init(_ text: String, _ shape: Shape) throws(FilterRefusal) {
        guard text.utf8.count <= Self.bytesMax else { throw .tooLong }
        self.text = text
        self.shape = shape
    }

    /// The text that is sent.
    package var description: String { text }
}

extension Filter {
    /// Whether the field holds nothing.
    package static func isNull(_ field: FieldName) -> Filter {
        Filter(unchecked: "\(field) is null")
    }

    /// Whether the field holds anything.
    package static func isNotNull(_ field: FieldName) -> Filter {
        Filter(unchecked: "\(field) is not null")
    }

    /// Whether the field has one of the values.
    package static func isIn(
        _ field: FieldName,
        _ values: [FilterValue]
    ) throws(FilterRefusal) -> Filter {
        try list(field, " in ", values)
    }

    /// Whether the field has none of the values.
    package static func isNotIn(
        _ field: FieldName,
        _ values: [FilterValue]
    ) throws(FilterRefusal) -> Filter {
        try list(field, " not in ", values)
    }

    /// Whether the field contains the text, by the database's rules for case.
    package static func contains(
        _ field: FieldName,
        _ text: String
    ) throws(FilterRefusal) -> Filter {
        try bare(field, " contains ", text)
    }

    /// Whether the field begins with the text, by the database's rules for case.
    package static func startsWith(
        _ field: FieldName,
        _ text: String
    ) throws(FilterRefusal) -> Filter {
        try bare(field, " starts with ", text)
    }

    /// Whether the field ends with the text, by the database's rules for case.
    package static func endsWith(
        _ field: FieldName,
        _ text: String
    ) throws(FilterRefusal) -> Filter {
        try bare(field, " ends with ", text)
    }

    /// What a single comparison does not match; it cannot be joined with anything.
    package static func not(_ filter: Filter) throws(FilterRefusal) -> Filter {
        guard filter.shape == .comparison else { throw .grouping }
        return try Filter("not (\(filter.text))", .negation)
    }

    /// What both filters match.
    package func and(_ other: Filter) throws(FilterRefusal) -> Filter {
        guard shape != .negation, other.shape != .negation else { throw .grouping }
        return try Filter(
            "\(operand(in: .conjunction)) and \(other.operand(in: .conjunction))",
            .conjunction
        )
    }

    /// What one of the filters matches.
    package func or(_ other: Filter) throws(FilterRefusal) -> Filter {
        guard shape != .negation, other.shape != .negation else { throw .grouping }
        return try Filter(
            "\(operand(in: .disjunction)) or \(other.operand(in: .disjunction))",
            .disjunction
        )
    }

    private init(unchecked text: String) {
        self.text = text
        shape = .comparison
    }

    private func operand(in whole: Shape) -> String {
        shape == whole ? text : "(\(text))"
    }

    private static func list(
        _ field: FieldName,
        _ word: String,
        _ values: [FilterValue]
    ) throws(FilterRefusal) -> Filter {
        guard !values.isEmpty else { throw .emptyList }
        var written: [String] = []
        for value in values {
            if case .text(let text) = value, text.utf8.contains(UInt8(ascii: ",")) {
                throw .holdsComma
            }
            written.append(try FilterText.value(value, after: word))
        }
        return try Filter("\(field)\(word)(\(written.joined(separator: ",")))", .comparison)
    }

    private static func bare(
        _ field: FieldName,
        _ word: String,
        _ text: String
    ) throws(FilterRefusal) -> Filter {
        try Filter("\(field)\(word)\(FilterText.bare(text, after: word))", .comparison)
    }
}
