/// The platform's number for one kind of record; always positive.
package struct RecordID<Record>: Hashable, Sendable, CustomStringConvertible {
    /// The number.
    package let rawValue: Int64

    /// Takes a number, or gives nil where it cannot be an id.
    package init?(_ rawValue: Int64) {
        guard rawValue > 0 else { return nil }
        self.rawValue = rawValue
    }

    /// The digits.
    package var description: String { String(rawValue) }
}

/// A name that may stand in an address and in a filter: lower-case letters, digits, `-` and `_`.
///
/// The platform's filter grammar has no escape that works, so nothing else can be looked up.
package struct RecordName: Hashable, Sendable, CustomStringConvertible {
    /// The name.
    package let rawValue: String

    /// Takes a name of 1 to 64 characters, or gives nil.
    package init?(_ rawValue: String) {
        guard (1...64).contains(rawValue.utf8.count), rawValue.utf8.allSatisfy(Self.isAllowed)
        else { return nil }
        self.rawValue = rawValue
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    /// The name.
    package var description: String { rawValue }
}

/// An API key of an app: 64 letters and digits or more; never printed.
package struct AppKey: Hashable, Sendable, CustomStringConvertible,
    CustomDebugStringConvertible, CustomReflectable
{
    /// The key itself.
    package let rawValue: String

    /// Takes a key that the platform would accept, or gives nil.
    package init?(_ rawValue: String) {
        guard (64...255).contains(rawValue.utf8.count),
            rawValue.utf8.allSatisfy(Self.isLetterOrDigit)
        else { return nil }
        self.rawValue = rawValue
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }

    /// Says nothing of the key.
    package var description: String { "API key" }
    /// Says nothing of the key.
    package var debugDescription: String { description }
    /// Shows nothing.
    package var customMirror: Mirror { Mirror(self, children: []) }
}
