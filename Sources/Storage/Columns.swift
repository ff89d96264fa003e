package import Foundation
import JSON
package import SQLite
package import Subscriptions

// How the words of the domain stand in columns. An unknown word throws and says which column.

extension ColumnValue where Self: RawRepresentable & CaseIterable, RawValue == String {
    package static func read(from column: Column) throws(SQLiteError) -> Self {
        let text = try String.read(from: column)
        guard let value = Self(rawValue: text) else {
            let known = allCases.map(\.rawValue).joined(separator: ", ")
            throw column.mismatch(expected: "one of \(known); use the newer program")
        }
        return value
    }
}

extension Mode: ColumnValue {}
extension Access: ColumnValue {}
extension SubscriptionStatus: ColumnValue {}
extension InboxEvent.State: ColumnValue {}
extension Need.Kind: ColumnValue {}
extension Hold.Kind: ColumnValue {}
extension GrantProblem.Kind: ColumnValue {}
extension CollectionPause.Behavior: ColumnValue {}

extension CheckoutPayment: ColumnValue {
    package static func read(from column: Column) throws(SQLiteError) -> CheckoutPayment {
        guard let value = CheckoutPayment(rawValue: try String.read(from: column)) else {
            throw column.mismatch(expected: "one of paid, pending, failed; use the newer program")
        }
        return value
    }
}

extension Provider: ColumnValue {
    package static func read(from column: Column) throws(SQLiteError) -> Provider {
        Provider(rawValue: try String.read(from: column))
    }
}

extension Identifier: ColumnValue {
    package static func read(from column: Column) throws(SQLiteError) -> Identifier {
        Identifier(try String.read(from: column))
    }
}

extension Date: ColumnValue {
    package static func read(from column: Column) throws(SQLiteError) -> Date {
        Date(timeIntervalSince1970: Double(try Int64.read(from: column)) / 1_000)
    }

    /// Whole milliseconds since 1970, as times stand in the database.
    var milliseconds: Int64 {
        let milliseconds = (timeIntervalSince1970 * 1_000).rounded()
        return Int64(exactly: milliseconds) ?? (milliseconds < 0 ? .min : .max)
    }
}

extension Plan.Reference {
    /// The reference that two columns hold, or nil where both are NULL.
    init?(id: Plan.ID?, version: Int?) {
        guard let id, let version else { return nil }
        self.init(id: id, version: version)
    }
}

extension Value {
    init(_ date: Date?) { self.init(date?.milliseconds) }

    init<Owner>(_ id: Identifier<Owner>?) { self.init(id?.rawValue) }

    /// A state by its word.
    init<Word: RawRepresentable>(_ word: Word?) where Word.RawValue == String {
        self.init(word?.rawValue)
    }

    /// A JSON value as text.
    init(_ json: JSONValue) { self = .text(json.text()) }
}

/// A JSON text in a column that must decode as a type of the domain.
struct JSONColumn<Content: Codable>: ColumnValue {
    let content: Content

    static func read(from column: Column) throws(SQLiteError) -> JSONColumn {
        let text = try String.read(from: column)
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .millisecondsSince1970
        do {
            return JSONColumn(content: try decoder.decode(Content.self, from: Data(text.utf8)))
        } catch {
            // The decoder's own error may quote what stands there.
            throw column.mismatch(expected: "JSON that this program wrote; use the newer program")
        }
    }

    static func text(_ content: Content) throws -> Value {
        let encoder = JSONEncoder()
        encoder.dateEncodingStrategy = .millisecondsSince1970
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return .text(String(decoding: try encoder.encode(content), as: UTF8.self))
    }
}

/// A list or an object in a column, of which most are empty and need no coder.
protocol JSONCollection: Collection, Codable {
    /// How an empty one stands in the database.
    static var emptyText: String { get }
    init()
}

extension Array: JSONCollection where Element: Codable {
    static var emptyText: String { "[]" }
}

extension Dictionary: JSONCollection where Key: Codable, Value: Codable {
    static var emptyText: String { "{}" }
}

extension Row {
    /// What a list or an object holds.
    func collection<Content: JSONCollection>(_ name: String) throws -> Content {
        guard try self[name] as String != Content.emptyText else { return Content() }
        return try read(name, as: JSONColumn<Content>.self).content
    }
}

extension Value {
    /// A list or an object as JSON text.
    static func collection(_ content: some JSONCollection) throws -> Value {
        content.isEmpty ? .text(type(of: content).emptyText) : try JSONColumn.text(content)
    }
}
