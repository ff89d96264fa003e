import Foundation
import JSON

extension Table {
    /// What a caller sent for the columns; unknown members are dropped, texts are trimmed, and an
    /// empty text is null.
    func values(of sent: [String: JSONValue], isNew: Bool) throws(Refusal) -> [String: JSONValue] {
        var values: [String: JSONValue] = [:]
        for column in schema.columns {
            if let made = made(column, isNew: isNew) {
                values[column.name] = made
                continue
            }
            guard let value = sent[column.name] else {
                if isNew, column.type.isBinary { throw .undefinedKey("\"\(column.name)\"") }
                if isNew, column.isRequired {
                    throw Refusal(400, "Required field '\(column.name)' can not be NULL.")
                }
                continue
            }
            values[column.name] = try stored(value, column)
        }
        return values
    }

    /// What the platform writes itself: who and when.
    private func made(_ column: TableSchema.Column, isNew: Bool) -> JSONValue? {
        let moment = JSONValue.string(Moment.text(exchange.now))
        let user = exchange.caller.user.map { JSONValue.integer(Int64($0.id)) } ?? .null
        switch column.extra["type"]?.string {
        case "timestamp_on_create": return isNew ? moment : nil
        case "timestamp_on_update": return moment
        case "user_id_on_create": return isNew ? user : nil
        case "user_id_on_update": return user
        default: return nil
        }
    }

    private func stored(
        _ sent: JSONValue,
        _ column: TableSchema.Column
    ) throws(Refusal) -> JSONValue {
        var value = sent
        if let text = sent.string {
            let trimmed = text.trimmingCharacters(in: .whitespacesAndNewlines)
            value = trimmed.isEmpty ? .null : .string(trimmed)
        }
        if value.isNull, !column.allowsNull {
            throw Refusal(400, "Field '\(column.name)' can not be NULL.")
        }
        if value.array != nil || value.object != nil {
            throw Refusal(500, "Array to string conversion", envelope: .exception)
        }
        if value.isNull { return .null }
        if column.type.isBoolean {
            let word = value.string?.lowercased() ?? value.text()
            return .bool(["true", "1", "yes", "on"].contains(word))
        }
        guard column.type.isInteger else { return value }
        guard let number = value.integer ?? value.string.flatMap({ Int64($0) }) else {
            throw Refusal(400, "Field '\(column.name)' must be a valid integer.")
        }
        return .integer(number)
    }
}
