import Foundation
import JSON

extension TableSchema {
    /// `order_items` is labelled `Order Items`.
    static func label(_ name: String) -> String {
        name.split(separator: "_").map { $0.prefix(1).uppercased() + $0.dropFirst() }
            .joined(separator: " ")
    }

    /// The head that lists show of a table.
    func head(hasAlias: Bool = true) -> [String: JSONValue] {
        let label = extra["label"]?.string ?? TableSchema.label(name)
        let isShouting = label == label.uppercased()
        let ending = label.lowercased().hasSuffix("s") ? "" : isShouting ? "S" : "s"
        var head: [String: JSONValue] = [
            "name": .string(name), "label": .string(label),
            "description": extra["description"] ?? .null, "native": [],
            "plural": extra["plural"] ?? .string(label + ending), "is_view": false,
        ]
        if hasAlias { head["alias"] = extra["alias"] ?? .null }
        return head
    }

    /// The whole description; inside of `meta` it goes without aliases and rights.
    func description(service: Int, access: Int?) -> JSONValue {
        let hasAlias = access != nil
        var description = head(hasAlias: hasAlias)
        description["primary_key"] = .array(columns.filter(\.isKey).map { .string($0.name) })
        description["name_field"] = .null
        description["field"] = .array(columns.map { $0.description(hasAlias: hasAlias) })
        description["related"] = .array(
            relations.map { $0.description(service: service, hasAlias: hasAlias) }
        )
        description["constraints"] = constraints
        if let access { description["access"] = .integer(Int64(access)) }
        return .object(description)
    }

    /// Indexes and references by name; a list where there are none, as PHP writes an empty array.
    private var constraints: JSONValue {
        var constraints: [String: JSONValue] = [:]
        for index in indexes {
            constraints[index.name] = [
                "table_schema": "", "table_name": .string(name),
                "column_name": .array(index.columns.map(JSONValue.string)),
                "constraint_name": .string(index.name),
                "constraint_type": index.isImplicit ? "u" : "c",
            ]
        }
        for reference in columns.compactMap(\.reference) {
            let constraint = "fk_\(name)_\(reference.column)"
            constraints[constraint] = [
                "table_schema": "", "table_name": .string(name),
                "column_name": .string(reference.column), "constraint_name": .string(constraint),
                "constraint_type": "f", "referenced_table_schema": "",
                "referenced_table_name": .string(reference.table),
                "referenced_column_name": .string(reference.field),
                "update_rule": .string(reference.onUpdate),
                "delete_rule": .string(reference.onDelete),
            ]
        }
        return constraints.isEmpty ? [] : .object(constraints)
    }
}

extension TableSchema.Column {
    /// The type as the platform shows it.
    private var shownType: String {
        if isCounted { return "id" }
        let said = extra["type"]?.string ?? ""
        if ColumnType.remembered.contains(said) { return said }
        return reference == nil ? type.simple : "reference"
    }

    private var shownDefault: JSONValue {
        guard let defaultText else { return .null }
        if defaultText.hasPrefix("'") {
            return .string(
                defaultText.dropFirst().dropLast().replacingOccurrences(of: "''", with: "'")
            )
        }
        return (try? JSONValue(parsing: defaultText.utf8)) ?? .string(defaultText)
    }

    func description(hasAlias: Bool = true) -> JSONValue {
        let isDecimal = type.simple == "decimal" && !type.numbers.isEmpty
        func number(_ value: Int?) -> JSONValue { value.map { .integer(Int64($0)) } ?? .null }
        var field: [String: JSONValue] = [
            "name": .string(name),
            "label": extra["label"] ?? .string(TableSchema.label(name)),
            "description": extra["description"] ?? .null, "native": [],
            "type": .string(shownType), "db_type": .string(type.declared),
            "length": number(type.numbers.first),
            "precision": number(isDecimal ? type.numbers.first : nil),
            "scale": number(isDecimal ? type.numbers.dropFirst().first : nil),
            "default": shownDefault, "required": .bool(isRequired),
            "allow_null": .bool(allowsNull), "fixed_length": .bool(type.isFixedLength),
            "supports_multibyte": .bool(type.isMultibyte), "auto_increment": .bool(isCounted),
            "is_primary_key": .bool(isKey), "is_unique": .bool(isUnique), "is_index": false,
            "is_foreign_key": .bool(reference != nil),
            "ref_table": reference.map { .string($0.table) } ?? .null,
            "ref_field": reference.map { .string($0.field) } ?? .null,
            "ref_on_update": .null, "ref_on_delete": .null,
            "picklist": extra["picklist"] ?? .null, "validation": extra["validation"] ?? .null,
            "db_function": .null, "is_virtual": false, "is_aggregate": false,
        ]
        if hasAlias { field["alias"] = extra["alias"] ?? .null }
        return .object(field)
    }
}

extension TableSchema.Relation {
    func description(service: Int, hasAlias: Bool = true) -> JSONValue {
        var relation: [String: JSONValue] = [
            "name": .string(name), "label": .string(TableSchema.label(name)),
            "description": .null, "native": [], "type": isMany ? "has_many" : "belongs_to",
            "field": .string(field), "is_virtual": .bool(isVirtual),
            "ref_service_id": .integer(Int64(service)), "ref_table": .string(table),
            "ref_field": .string(tableField),
            "ref_on_update": onUpdate.map(JSONValue.string) ?? .null,
            "ref_on_delete": onDelete.map(JSONValue.string) ?? .null,
            "junction_service_id": .null, "junction_table": .null, "junction_field": .null,
            "junction_ref_field": .null, "always_fetch": false, "flatten": false,
            "flatten_drop_prefix": false,
        ]
        if hasAlias { relation["alias"] = .null }
        return .object(relation)
    }
}
