/// A value as SQLite stores it, one case per storage class.
package enum Value: Hashable, Sendable {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)
    case blob([UInt8])
}

extension Value {
    /// The integer, or null for nil.
    package init(_ integer: Int?) {
        self = integer.map { .integer(Int64($0)) } ?? .null
    }

    /// The integer, or null for nil.
    package init(_ integer: Int64?) {
        self = integer.map(Value.integer) ?? .null
    }

    /// The number, or null for nil.
    package init(_ real: Double?) {
        self = real.map(Value.real) ?? .null
    }

    /// The text, or null for nil.
    package init(_ text: String?) {
        self = text.map(Value.text) ?? .null
    }

    /// The bytes, or null for nil.
    package init(_ bytes: [UInt8]?) {
        self = bytes.map(Value.blob) ?? .null
    }

    /// 1 for true and 0 for false, as SQLite has no Boolean, or null for nil.
    package init(_ bool: Bool?) {
        self = bool.map { .integer($0 ? 1 : 0) } ?? .null
    }
}

extension Value: ExpressibleByNilLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByStringLiteral, ExpressibleByBooleanLiteral
{
    package init(nilLiteral: ()) { self = .null }
    package init(integerLiteral value: Int64) { self = .integer(value) }
    package init(floatLiteral value: Double) { self = .real(value) }
    package init(stringLiteral value: String) { self = .text(value) }
    package init(booleanLiteral value: Bool) { self = .integer(value ? 1 : 0) }
}

/// The values of a statement's parameters, by name or in order.
///
/// Written as a literal: `["id": .text(id), "limit": 10]` for `:id` and `:limit`, or
/// `[.text(id), 10]` for `?` and `?`. A statement with parameters left unbound is refused.
package enum Bindings: Sendable, ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral {
    case named([(name: String, value: Value)])
    case positional([Value])

    package init(dictionaryLiteral elements: (String, Value)...) {
        self = .named(elements.map { (name: $0.0, value: $0.1) })
    }

    package init(arrayLiteral elements: Value...) {
        self = .positional(elements)
    }
}
