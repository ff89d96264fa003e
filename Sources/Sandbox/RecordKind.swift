import JSON

/// A kind of system record: its table, its columns and how it hangs together with others.
struct RecordKind {
    struct Column {
        enum Kind { case text, integer, boolean, json, date, secret }

        let name: String
        let kind: Kind
        /// Whether callers may set it; what they send for the others is dropped silently.
        let isWritable: Bool
    }

    struct Relation {
        enum Kind { case hasMany, belongsTo }

        let kind: Kind
        /// The related records' table; nil where the sandbox has none of them.
        let table: String?
        /// The column that holds the id: the other's where there are many, ours where there is one.
        let key: String

        var target: RecordKind? {
            [RecordKind.role, .access, .app, .service, .assignment].first { $0.table == table }
        }
    }

    /// The resource's name in paths.
    let name: String
    let table: String
    /// The name of the platform's model, which some of its errors show.
    let model: String
    let columns: [Column]
    var relations: [String: Relation] = [:]
    /// What every answer with chosen or all fields has beside the columns.
    var computed: [String: JSONValue] = [:]
    /// What all records of the kind have in columns that callers neither see nor set.
    var scope: [String: JSONValue] = [:]
    /// Columns that only an answer without a choice of fields shows.
    var unselectable: Set<String> = []
    /// Complaints about the values of a record that is to be made or changed.
    var complaints: @Sendable (_ values: [String: JSONValue], _ isNew: Bool) -> [(String, String)] =
        {
            _,
            _ in []
        }
    /// What happens to values before they are stored.
    var prepared: @Sendable (_ values: [String: JSONValue]) -> [String: JSONValue] = { $0 }
    /// Whether rows note who made and changed them.
    var hasAuthors = true
    /// Whether rows note when they were made and changed.
    var hasDates = true
}

extension RecordKind {
    func column(_ name: String) -> Column? { columns.first { $0.name == name } }

    /// A stored row as the API shows it.
    func record(_ row: [String: JSONValue]) -> [String: JSONValue] {
        var record: [String: JSONValue] = [:]
        for column in columns where column.kind != .secret {
            let value = row[column.name] ?? .null
            record[column.name] = value.isNull ? .null : column.shown(value)
        }
        return record
    }

    /// The members of a sent record that are columns, as the platform casts them.
    func values(of sent: [String: JSONValue]) -> [String: JSONValue] {
        var values: [String: JSONValue] = [:]
        for column in columns where column.isWritable {
            guard let value = sent[column.name] else { continue }
            values[column.name] = value.isNull ? .null : column.stored(value)
        }
        return prepared(values)
    }
}

extension RecordKind.Column {
    static func text(_ name: String) -> Self { Self(name: name, kind: .text, isWritable: true) }
    static func integer(_ name: String) -> Self {
        Self(name: name, kind: .integer, isWritable: true)
    }
    static func boolean(_ name: String) -> Self {
        Self(name: name, kind: .boolean, isWritable: true)
    }
    static func json(_ name: String) -> Self { Self(name: name, kind: .json, isWritable: true) }
    static func server(_ name: String, _ kind: Kind) -> Self {
        Self(name: name, kind: kind, isWritable: false)
    }

    fileprivate func shown(_ value: JSONValue) -> JSONValue {
        switch kind {
        case .text, .integer, .secret: value
        case .boolean: .bool(value.int != 0)
        case .json: value.string.flatMap { try? JSONValue(parsing: $0.utf8) } ?? .null
        case .date: .string(Moment.recordText(value.string ?? ""))
        }
    }

    /// PHP's casts: a word is the integer 0, and every text but `""` and `"0"` is true.
    fileprivate func stored(_ value: JSONValue) -> JSONValue {
        switch kind {
        case .text, .date, .secret:
            switch value {
            case .string: value
            case .bool(let flag): .string(flag ? "1" : "")
            default: .string(value.text())
            }
        case .integer:
            switch value {
            case .integer: value
            case .bool(let flag): .integer(flag ? 1 : 0)
            case .number(let number):
                Int64(exactly: number.rounded(.towardZero)).map(JSONValue.integer) ?? 0
            case .string(let text): .integer(Int64(text.prefix { $0.isNumber || $0 == "-" }) ?? 0)
            default: .integer(0)
            }
        case .boolean:
            switch value {
            case .bool: value
            case .integer(let number): .bool(number != 0)
            case .string(let text): .bool(!text.isEmpty && text != "0")
            default: .bool(true)
            }
        case .json: .string(value.text())
        }
    }
}
