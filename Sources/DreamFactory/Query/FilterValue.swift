/// A value that a filter compares with.
package enum FilterValue: Hashable, Sendable, ExpressibleByStringLiteral,
    ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral, ExpressibleByFloatLiteral
{
    case text(String)
    case integer(Int64)
    case number(Double)
    /// Written as 1 or 0: system tables take the words for text.
    case bool(Bool)

    /// Makes a text.
    package init(stringLiteral value: String) { self = .text(value) }
    /// Makes an integer.
    package init(integerLiteral value: Int64) { self = .integer(value) }
    /// Makes a truth value.
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    /// Makes a number.
    package init(floatLiteral value: Double) { self = .number(value) }
}

/// Why a filter cannot be written.
///
/// The platform's grammar has no escape: it looks for operators anywhere in the text, also inside a
/// quoted value. What it would read as something else is refused here.
package enum FilterRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// The value holds an operator that the platform would find before the one that is meant.
    case holdsOperator(String)
    /// The value holds `) and (` or another join, which would change the filter's logic.
    case holdsJoin
    /// The value holds an opening bracket without a closing one, or the reverse: the platform counts
    /// them to find the end.
    case holdsBracket
    /// The value begins or ends with both kinds of quote, or with a mark that joins the quote.
    case quotes
    /// The value holds `{`, which begins a look-up of the platform, or `:user_id`.
    case holdsLookup
    /// The value holds a control character.
    case holdsControl
    /// A value in a list holds a comma.
    case holdsComma
    /// A value that must stand without quotes is empty, begins or ends with a space or a quote, or
    /// holds a bracket.
    case notBare
    /// `%` and `_` stand for other characters there and cannot be escaped.
    case holdsWildcard
    /// The number is infinite, undefined, or only written with an exponent.
    case notANumber
    /// The list of values is empty.
    case emptyList
    /// `not` of anything but one comparison, or anything around `not`.
    case grouping
    /// Filters are nested deeper or longer than is sent.
    case tooLong

    /// One sentence that says what to do.
    package var description: String {
        switch self {
        case .holdsOperator(let sign):
            "The value holds \(sign), which the platform would read as the filter's operator; "
                + "fetch more rows and compare here."
        case .holdsJoin:
            "The value holds what the platform would read as a join of two conditions; "
                + "fetch more rows and compare here."
        case .holdsBracket:
            "The value holds an unpaired bracket; fetch more rows and compare here."
        case .quotes: "The value's quotes cannot be written; fetch more rows and compare here."
        case .holdsLookup: "The value holds what the platform would replace by a secret of its own."
        case .holdsControl: "The value holds a control character; leave it out."
        case .holdsComma: "A value in a list holds a comma; join single comparisons by `or`."
        case .notBare: "The value cannot stand without quotes; use `like` with a pattern."
        case .holdsWildcard: "The value holds % or _; use `like`, where they are wildcards."
        case .notANumber: "The number cannot be written in digits; use another value."
        case .emptyList: "The list of values is empty; name at least one."
        case .grouping:
            "`not` can stand before one comparison only and cannot be joined; use the comparison "
                + "that says the opposite."
        case .tooLong: "The filter is longer than an address may be; split it."
        }
    }
}
