import Foundation
package import JSON

/// A list that the platform gave, and what it said of it.
package struct Page<Row: Sendable>: Sendable {
    /// The rows.
    package let rows: [Row]
    /// How many rows there are in all, where that was asked for.
    package let count: Int?
    /// The offset of the next rows, where the platform says that there are more.
    package let next: Int?
    /// The description of the table, where that was asked for.
    package let schema: JSONValue?

    init(rows: [Row], meta: JSONValue?) {
        self.rows = rows
        count = meta?["count"]?.int
        next = meta?["next"]?.int
        schema = meta?["schema"]
    }
}

enum Wire {
    /// Reads a value, or gives nil where it is not of that type.
    static func decode<Value: Decodable>(_ json: JSONValue, as type: Value.Type) -> Value? {
        // A JSON value is what it is; the way through text would cost and lose nothing but time.
        if let value = json as? Value { return value }
        return try? JSONDecoder().decode(type, from: Data(json.serialized()))
    }

    /// Writes a value as JSON.
    static func encode(_ value: some Encodable) throws(PlatformRequestError) -> JSONValue {
        if let json = value as? JSONValue { return json }
        do {
            return try JSONValue(parsing: JSONEncoder().encode(value))
        } catch {
            throw .notEncodable
        }
    }

    /// The rows of a list, wrapped or not as the platform is configured.
    static func rows<Row: Decodable>(_ json: JSONValue, as type: Row.Type) -> [Row]? {
        guard let elements = json["resource"]?.array ?? json.array else { return nil }
        var rows: [Row] = []
        for element in elements {
            // A row that cannot be read must not look like a row that is absent.
            guard let row = decode(element, as: type) else { return nil }
            rows.append(row)
        }
        return rows
    }
}

/// Why a value cannot be sent.
enum PlatformRequestError: Error {
    case notEncodable
}
