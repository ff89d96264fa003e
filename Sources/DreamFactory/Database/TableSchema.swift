package import JSON

/// The description of a table.
package struct TableSchema: Codable, Sendable {
    /// Its name.
    package var name: String
    /// What people read for one row.
    package var label: String?
    /// What people read for several rows.
    package var plural: String?
    /// What people read.
    package var description: String?
    /// Its columns.
    package var field: [FieldSchema]?
    /// How it is linked with others.
    package var related: [JSONValue]?

    /// Describes a table.
    package init(
        name: String,
        label: String? = nil,
        plural: String? = nil,
        description: String? = nil,
        field: [FieldSchema]? = nil
    ) {
        self.name = name
        self.label = label
        self.plural = plural
        self.description = description
        self.field = field
    }
}

/// The description of a column.
package struct FieldSchema: Codable, Sendable {
    /// Its name.
    package var name: String
    /// The platform's type, for example `id`, `string`, `integer`, `reference`.
    package var type: String?
    /// The database's own type.
    package var dbType: String?
    /// What people read.
    package var label: String?
    /// How long a text may be.
    package var length: Int?
    /// How many digits a number has.
    package var precision: Int?
    /// How many of them stand behind the point.
    package var scale: Int?
    /// What it is where nothing is said.
    package var `default`: JSONValue?
    /// Whether it may be empty; left out when made, it may not.
    package var allowNull: Bool?
    /// Whether no two rows may have the same.
    package var isUnique: Bool?
    /// Whether it identifies the row.
    package var isPrimaryKey: Bool?
    /// The table it refers to.
    package var refTable: String?
    /// The column it refers to.
    package var refField: String?

    /// Describes a column.
    package init(
        name: String,
        type: String,
        length: Int? = nil,
        allowNull: Bool? = nil,
        default: JSONValue? = nil
    ) {
        self.name = name
        self.type = type
        self.length = length
        self.allowNull = allowNull
        self.default = `default`
    }

    enum CodingKeys: String, CodingKey {
        case name, type, label, length, precision, scale, `default`
        case dbType = "db_type"
        case allowNull = "allow_null"
        case isUnique = "is_unique"
        case isPrimaryKey = "is_primary_key"
        case refTable = "ref_table"
        case refField = "ref_field"
    }
}
