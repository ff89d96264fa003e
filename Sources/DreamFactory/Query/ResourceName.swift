/// The name of a service, a table, a field, a procedure or a function, as one part of an address.
///
/// Letters and digits of ASCII, `_`, `-`, `.`, `$` and spaces inside; the platform's router takes
/// little more, and what it does not take is answered with a page instead of an error.
package struct ResourceName: Hashable, Sendable, CustomStringConvertible,
    ExpressibleByStringLiteral
{
    /// The name.
    package let rawValue: String

    /// Takes a name of 1 to 128 characters, or gives nil.
    package init?(_ rawValue: String) {
        guard (1...128).contains(rawValue.utf8.count), rawValue.utf8.allSatisfy(Self.isAllowed),
            !rawValue.contains(".."), rawValue != ".", rawValue.first != " ", rawValue.last != " "
        else { return nil }
        self.rawValue = rawValue
    }

    /// Takes a name that stands in the program; one that is not allowed is a mistake there.
    package init(stringLiteral value: String) {
        guard let name = ResourceName(value) else {
            preconditionFailure("Not a name that can stand in an address: \(value)")
        }
        self = name
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"),
            UInt8(ascii: "."), UInt8(ascii: "$"), UInt8(ascii: " "):
            true
        default: false
        }
    }

    /// The name.
    package var description: String { rawValue }
}
