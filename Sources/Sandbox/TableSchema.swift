import Foundation
import JSON

/// A table of a service's database as SQLite and what was said about it describe it.
struct TableSchema {
    struct Column {
        let name: String
        let type: ColumnType
        let allowsNull: Bool
        /// The default as SQL has it; nil where there is none.
        let defaultText: String?
        let isKey: Bool
        var isUnique = false
        var reference: Reference?
        /// What was said about the column and SQLite has no place for.
        var extra: [String: JSONValue] = [:]

        /// A number that SQLite counts on where none is given.
        var isCounted: Bool { isKey && type.base == "integer" }
        var isRequired: Bool { !allowsNull && defaultText == nil && !isCounted }
    }

    struct Reference {
        let column: String
        let table: String
        let field: String
        let onUpdate: String
        let onDelete: String
    }

    /// A way from a row to related rows.
    struct Relation {
        let name: String
        let isMany: Bool
        let field: String
        let table: String
        let tableField: String
        var isVirtual = false
        var onUpdate: String?
        var onDelete: String?
    }

    let database: String
    let name: String
    let columns: [Column]
    let relations: [Relation]
    /// What was said about the table itself.
    let extra: [String: JSONValue]
    let indexes: [(name: String, columns: [String], isImplicit: Bool)]

    var storedName: String { TableSchema.stored(name, in: database) }
    /// The primary key's column.
    var key: String { columns.first { $0.isKey }?.name ?? "rowid" }

    static func stored(_ name: String, in database: String) -> String { database + "/" + name }

    func column(_ name: String) -> Column? { columns.first { $0.name == name } }
}

// MARK: - Reading

extension TableSchema {
    /// The names of a database's tables, in order.
    static func names(in database: String, _ store: Store) throws -> [String] {
        let rows = try store.rows(
            """
            SELECT substr(name, length(?1) + 1) AS name FROM sqlite_schema
            WHERE type = 'table' AND substr(name, 1, length(?1)) = ?1 ORDER BY 1
            """,
            [.string(database + "/")]
        )
        return rows.compactMap { $0["name"]?.string }
    }

    /// The table of a name in any case; nil where there is none.
    init?(_ wanted: String, in database: String, _ store: Store) throws {
        let found = try store.scalar(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND lower(name) = lower(?)",
            [.string(TableSchema.stored(wanted, in: database))]
        )
        guard let stored = found?.string else { return nil }
        let name = String(stored.dropFirst(database.count + 1))
        let extras = try TableSchema.extras(of: name, in: database, store)
        let indexes = try TableSchema.indexes(of: stored, database, store)
        let references = try TableSchema.references(from: name, in: database, store)
        let info = try store.rows(
            "SELECT * FROM pragma_table_info(?) ORDER BY cid",
            [.string(stored)]
        )
        self.database = database
        self.name = name
        self.indexes = indexes
        extra = extras[""] ?? [:]
        columns = info.map { row in
            let name = row["name"]?.string ?? ""
            return Column(
                name: name,
                type: ColumnType(declared: row["type"]?.string ?? ""),
                allowsNull: row["notnull"]?.int != 1,
                defaultText: row["dflt_value"]?.string,
                isKey: (row["pk"]?.int ?? 0) > 0,
                isUnique: indexes.contains { $0.isImplicit && $0.columns == [name] },
                reference: references.first { $0.column == name },
                extra: extras[name] ?? [:]
            )
        }
        relations =
            try TableSchema.relations(of: name, references, in: database, store)
            + (extra["related"]?.array ?? []).compactMap(Relation.init(virtual:))
    }

    private static func extras(
        of table: String,
        in database: String,
        _ store: Store
    ) throws -> [String: [String: JSONValue]] {
        let rows = try store.rows(
            "SELECT field, value FROM schema_extra WHERE database = ? AND table_name = ?",
            [.string(database), .string(table)]
        )
        var extras: [String: [String: JSONValue]] = [:]
        for row in rows {
            guard let field = row["field"]?.string, let text = row["value"]?.string else {
                continue
            }
            extras[field] = (try? JSONValue(parsing: text.utf8))?.object
        }
        return extras
    }

    /// Keeps what SQLite has no place for; members that are already known stay.
    static func remember(
        _ extra: [String: JSONValue],
        field: String,
        of table: String,
        in database: String,
        _ store: Store
    ) throws {
        guard !extra.isEmpty else { return }
        let known = try extras(of: table, in: database, store)[field] ?? [:]
        try store.run(
            "INSERT OR REPLACE INTO schema_extra (database, table_name, field, value) "
                + "VALUES (?, ?, ?, ?)",
            [
                .string(database), .string(table), .string(field),
                .string(JSONValue.object(known.merging(extra) { _, new in new }).text()),
            ]
        )
    }

    private static func references(
        from table: String,
        in database: String,
        _ store: Store
    ) throws -> [Reference] {
        let rows = try store.rows(
            "SELECT * FROM pragma_foreign_key_list(?)",
            [.string(stored(table, in: database))]
        )
        return rows.map { row in
            Reference(
                column: row["from"]?.string ?? "",
                table: String((row["table"]?.string ?? "").dropFirst(database.count + 1)),
                field: row["to"]?.string ?? "id",
                onUpdate: row["on_update"]?.string ?? "NO ACTION",
                onDelete: row["on_delete"]?.string ?? "NO ACTION"
            )
        }
    }

    private static func indexes(
        of stored: String,
        _ database: String,
        _ store: Store
    ) throws -> [(name: String, columns: [String], isImplicit: Bool)] {
        let rows = try store.rows(
            "SELECT name, origin FROM pragma_index_list(?)",
            [.string(stored)]
        )
        return try rows.map { row in
            let name = row["name"]?.string ?? ""
            let columns = try store.rows(
                "SELECT name FROM pragma_index_info(?) ORDER BY seqno",
                [.string(name)]
            )
            return (
                name.replacingOccurrences(of: database + "/", with: ""),
                columns.compactMap { $0["name"]?.string }, row["origin"]?.string != "c"
            )
        }
    }

    private static func relations(
        of name: String,
        _ references: [Reference],
        in database: String,
        _ store: Store
    ) throws -> [Relation] {
        var relations = references.map { reference in
            Relation(
                name: "\(reference.table)_by_\(reference.column)",
                isMany: false,
                field: reference.column,
                table: reference.table,
                tableField: reference.field,
                onUpdate: reference.onUpdate,
                onDelete: reference.onDelete
            )
        }
        for other in try names(in: database, store) {
            for reference in try self.references(from: other, in: database, store)
            where reference.table == name {
                relations.append(
                    Relation(
                        name: "\(other)_by_\(reference.column)",
                        isMany: true,
                        field: reference.field,
                        table: other,
                        tableField: reference.column,
                        onUpdate: reference.onUpdate,
                        onDelete: reference.onDelete
                    )
                )
            }
        }
        return relations
    }
}

extension TableSchema.Relation {
    fileprivate init?(virtual json: JSONValue) {
        guard let field = json["field"]?.string, let table = json["ref_table"]?.string,
            let tableField = json["ref_field"]?.string
        else { return nil }
        let isMany = json["type"]?.string == "has_many"
        self.init(
            name: "\(table)_by_\(isMany ? tableField : field)",
            isMany: isMany,
            field: field,
            table: table,
            tableField: tableField,
            isVirtual: true
        )
    }
}
