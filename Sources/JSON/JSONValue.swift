import Foundation

/// A JSON text as a value (RFC 8259), read and written by Foundation.
///
/// An integer that fits 64 bits stays an integer, so that money and ids never pass through a
/// floating-point number.
package enum JSONValue: Hashable, Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    /// Reads one JSON text.
    ///
    /// Throws Foundation's error where the bytes are not JSON or are nested deeper than Foundation
    /// accepts (512 levels). One comma before a closing bracket is let through, as Foundation does.
    package init(parsing bytes: some Sequence<UInt8>) throws {
        // JSONSerialization takes a quarter of the time that JSONDecoder takes for an enumeration
        // that must be tried case by case.
        self.init(
            foundation: try JSONSerialization.jsonObject(
                with: Data(bytes),
                options: .fragmentsAllowed
            )
        )
    }

    /// The value of what JSONSerialization gives: strings, numbers, null, and lists of them.
    private init(foundation value: Any) {
        switch value {
        case let text as String: self = .string(text)
        case let members as [String: Any]:
            self = .object(members.mapValues(JSONValue.init(foundation:)))
        case let elements as [Any]: self = .array(elements.map(JSONValue.init(foundation:)))
        case let number as NSNumber: self.init(number)
        default: self = .null
        }
    }

    /// A number tells by its Objective-C type code whether it was written as a truth value (`c`),
    /// with a fraction or exponent (`d`), or beyond 64 signed bits (`Q`).
    private init(_ number: NSNumber) {
        switch UInt8(bitPattern: number.objCType.pointee) {
        case UInt8(ascii: "c"): self = .bool(number.boolValue)
        case UInt8(ascii: "d"), UInt8(ascii: "f"), UInt8(ascii: "Q"):
            self = .number(number.doubleValue)
        default: self = .integer(number.int64Value)
        }
    }

    /// Writes the value as UTF-8 with sorted member names, so that equal values give equal bytes.
    package func serialized(pretty: Bool = false) -> [UInt8] {
        guard pretty else { return JSONWriter.text(of: self) }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
        do {
            return Array(try encoder.encode(self))
        } catch {
            // JSON has no way to write an infinite or undefined number (RFC 8259 §6).
            return Array("null".utf8)
        }
    }

    /// The value as text; see ``serialized(pretty:)``.
    ///
    /// What could steer a terminal is written as an escape, which a reader of JSON takes for the
    /// same: the encoder leaves such characters above U+007E as they are.
    package func text(pretty: Bool = false) -> String {
        JSONText.withoutSteering(String(decoding: serialized(pretty: pretty), as: UTF8.self))
    }
}

extension JSONValue {
    /// The member of an object, or nil where there is none or this is not an object.
    package subscript(_ name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members[name]
    }

    /// The element of an array, or nil where there is none or this is not an array.
    package subscript(_ index: Int) -> JSONValue? {
        guard case .array(let elements) = self, elements.indices.contains(index) else { return nil }
        return elements[index]
    }

    /// The value at a path of member names, or nil where any of them is missing.
    package func at(_ path: String...) -> JSONValue? {
        path.reduce(self as JSONValue?) { value, name in value?[name] }
    }

    /// The text of a string.
    package var string: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    /// An integer, also where it was written with a fraction of zero.
    package var integer: Int64? {
        switch self {
        case .integer(let value): value
        case .number(let value): Int64(exactly: value)
        default: nil
        }
    }

    /// An integer as `Int`; see ``integer``.
    package var int: Int? { integer.flatMap(Int.init(exactly:)) }

    /// The truth value of `true` or `false`; nil for all else, numbers included.
    package var bool: Bool? {
        guard case .bool(let value) = self else { return nil }
        return value
    }

    /// The elements of an array.
    package var array: [JSONValue]? {
        guard case .array(let elements) = self else { return nil }
        return elements
    }

    /// The members of an object.
    package var object: [String: JSONValue]? {
        guard case .object(let members) = self else { return nil }
        return members
    }

    /// Whether this is the literal `null`.
    package var isNull: Bool { self == .null }
}

extension JSONValue: Encodable {
    /// Encodes the value as itself.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let value): try container.encode(value)
        case .integer(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .string(let value): try container.encode(value)
        case .array(let value): try container.encode(value)
        case .object(let value): try container.encode(value)
        }
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral,
    ExpressibleByNilLiteral
{
    /// Makes a string.
    package init(stringLiteral value: String) { self = .string(value) }
    /// Makes an integer.
    package init(integerLiteral value: Int64) { self = .integer(value) }
    /// Makes a truth value.
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    /// Makes an array.
    package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    /// Makes an object; of two members with one name the last one counts.
    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(Dictionary(elements) { _, last in last })
    }
    /// Makes `null`.
    package init(nilLiteral: ()) { self = .null }
}

extension JSONValue: Decodable {
    /// Decodes any JSON.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Int64.self) {
            self = .integer(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([JSONValue].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }
}
