import Foundation
import JSON

@testable import DreamFactory

/// The parameters of a recorded call as the client's values.
struct QueryReader {
    var query = RecordQuery()
    var ids: String?
    var mode = BatchMode.stopAtFirst
    var countOnly = false
    var idField: FieldName?
    /// Those that belong to one resource only.
    var others: [String: String] = [:]

    var returning: Returning { Returning(query.fields, related: query.related) }

    init(_ items: [QueryItem], others allowed: Set<String> = []) throws {
        for item in items {
            if allowed.contains(item.name) {
                others[item.name] = item.value
            } else {
                try read(item)
            }
        }
    }

    private mutating func read(_ item: QueryItem) throws {
        let value = item.value
        switch item.name {
        case "filter":
            guard query.filter == nil else { throw NotOffered.spelling }
            guard !value.isEmpty else { throw NotOffered.hazard }
            query.filter = try FilterReader.read(value)
        case "fields": query.fields = try fields(value)
        case "related":
            query.related += try names(value).map { Related($0) }
        case "order": query.order = try value.components(separatedBy: ", ").map(order)
        case "limit": query.limit = try number(value)
        case "offset": query.offset = try number(value)
        case "group": query.group = try names(value)
        case "include_count": query.includesCount = true
        case "include_schema": query.includesSchema = true
        case "count_only": countOnly = true
        case "ids":
            guard !value.isEmpty else { throw NotOffered.hazard }
            ids = value
        case "id_field": idField = FieldName(value)
        case "continue", "rollback":
            guard mode == .stopAtFirst, let other = BatchMode(rawValue: item.name) else {
                throw NotOffered.parameter
            }
            mode = other
        case "force", "regenerate": throw NotOffered.hazard
        case "api_key", "session_token": throw NotOffered.credentials
        case "method": throw NotOffered.verb
        default: try readNested(item)
        }
    }

    private mutating func readNested(_ item: QueryItem) throws {
        let parts = item.name.split(separator: ".")
        guard parts.count == 2,
            let index = query.related.firstIndex(where: { $0.name.rawValue == parts[0] })
        else { throw NotOffered.parameter }
        switch parts[1] {
        case "fields": query.related[index].fields = try fields(item.value)
        case "order": query.related[index].order = [try order(item.value)]
        default: throw NotOffered.parameter
        }
    }

    private func fields(_ text: String) throws -> Fields {
        text == "*" ? .all : .only(try names(text))
    }

    private func names(_ text: String) throws -> [FieldName] {
        try text.split(separator: ",").map { part in
            guard let name = FieldName(String(part)) else { throw NotOffered.spelling }
            return name
        }
    }

    private func order(_ text: String) throws -> Order {
        let parts = text.split(separator: " ")
        guard let name = FieldName(String(parts[0])) else { throw NotOffered.spelling }
        guard parts.count == 2 else { return Order(name) }
        guard let direction = Order.Direction(rawValue: String(parts[1])) else {
            throw NotOffered.spelling
        }
        return Order(name, direction)
    }

    private func number(_ text: String) throws -> Int {
        guard let number = Int(text) else { throw NotOffered.spelling }
        return number
    }

    func recordIDs<Record>(_ text: String) throws -> [RecordID<Record>] {
        try text.split(separator: ",").map { part in
            guard let id = Int64(part).flatMap(RecordID<Record>.init) else {
                throw NotOffered.address
            }
            return id
        }
    }

    func rowKeys(_ text: String) throws -> [RowKey] {
        try text.split(separator: ",").map { try Self.rowKey(String($0)) }
    }

    func resourceNames(_ text: String) throws -> [ResourceName] {
        try text.split(separator: ",").map { part in
            guard let name = ResourceName(String(part)) else { throw NotOffered.address }
            return name
        }
    }

    static func rowKey(_ text: String) throws -> RowKey {
        if let number = Int64(text) { return .number(number) }
        guard let name = ResourceName(text) else { throw NotOffered.address }
        return .text(name)
    }
}
