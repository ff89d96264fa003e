/// The name of a column, a relation or a field: letters, digits and `_`, not beginning with a digit.
///
/// Nothing else may stand unquoted in a filter, an order or a list of fields.
package struct FieldName: Hashable, Sendable, CustomStringConvertible, ExpressibleByStringLiteral {
    /// The name.
    package let rawValue: String

    /// Takes a name of 1 to 128 characters, or gives nil.
    package init?(_ rawValue: String) {
        guard (1...128).contains(rawValue.utf8.count), rawValue.utf8.allSatisfy(Self.isAllowed),
            let first = rawValue.utf8.first,
            !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first)
        else { return nil }
        self.rawValue = rawValue
    }

    /// Takes a name that stands in the program; one that is not allowed is a mistake there.
    package init(stringLiteral value: String) {
        guard let name = FieldName(value) else {
            preconditionFailure("A field name holds letters, digits and _ only: \(value)")
        }
        self = name
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    /// The name.
    package var description: String { rawValue }
}
