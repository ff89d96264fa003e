/// What identifies a row of a table: a number, or a text without commas.
package enum RowKey: Hashable, Sendable, CustomStringConvertible, ExpressibleByIntegerLiteral {
    case number(Int64)
    case text(ResourceName)

    /// Takes a number that stands in the program.
    package init(integerLiteral value: Int64) { self = .number(value) }

    /// The key as it stands in an address.
    package var description: String {
        switch self {
        case .number(let number): String(number)
        case .text(let name): name.rawValue
        }
    }
}
