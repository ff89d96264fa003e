import JSON

/// How the platform's simple types and SQLite's declared types become each other.
struct ColumnType {
    /// The declared type in lower case, such as `varchar(255)`.
    let declared: String

    /// The declared type without its numbers.
    var base: String { String(declared.prefix { $0 != "(" }) }

    /// The numbers in brackets.
    var numbers: [Int] {
        guard let open = declared.firstIndex(of: "("), declared.hasSuffix(")") else { return [] }
        let inner = declared[declared.index(after: open)...].dropLast()
        return inner.split(separator: ",").compactMap { text in
            Int(text.filter { $0 != " " })
        }
    }

    /// Types that are told from others only by what was said when the column was made.
    static let remembered: Set<String> = [
        "timestamp_on_create", "timestamp_on_update", "user_id", "user_id_on_create",
        "user_id_on_update",
    ]

    /// The simple type that the platform shows.
    var simple: String {
        switch base {
        case "integer", "int", "smallint", "mediumint": "integer"
        case "bigint", "boolean", "float", "double", "date", "time", "datetime", "timestamp",
            "text", "uuid", "decimal":
            base
        case "tinyint": declared == "tinyint(1)" ? "boolean" : "integer"
        case "numeric": "decimal"
        case "real": "float"
        case "blob": "binary"
        default: "string"
        }
    }

    var isFixedLength: Bool { base == "char" || base == "nchar" }
    var isMultibyte: Bool { base == "nchar" || base == "nvarchar" }
    var isInteger: Bool { simple == "integer" || simple == "bigint" }
    var isBoolean: Bool { simple == "boolean" }
    var isBinary: Bool { simple == "binary" }

    init(declared: String) {
        self.declared = declared.lowercased()
    }

    /// The type of a column as a caller describes it; an unknown word is taken as it is.
    init(field: [String: JSONValue]) {
        if let native = field["db_type"]?.string {
            self.init(declared: native)
            return
        }
        let type = field["type"]?.string ?? "string"
        let length = field["length"]?.int ?? field["size"]?.int
        switch type {
        case "id", "pk", "reference": self.init(declared: "integer")
        case "boolean": self.init(declared: "tinyint(1)")
        case "binary": self.init(declared: "blob")
        case "money": self.init(declared: "decimal(19,4)")
        case "decimal":
            guard let precision = field["precision"]?.int ?? length else { fallthrough }
            let scale = field["scale"]?.int ?? 0
            self.init(declared: "decimal(\(precision),\(scale))")
        case "string":
            let isMultibyte = field["supports_multibyte"]?.bool == true
            let isFixed = field["fixed_length"]?.bool == true
            let name =
                type == "string"
                ? (isMultibyte ? "n" : "") + (isFixed ? "char" : "varchar") + "(\(length ?? 255))"
                : type
            self.init(declared: name)
        default:
            if ColumnType.remembered.contains(type) {
                self.init(declared: type.hasPrefix("user_id") ? "integer" : "timestamp")
            } else {
                self.init(declared: type)
            }
        }
    }
}
