import SQLite

/// Writes rows of a table whole, by a key of one column.
///
/// SQLite rewrites the entry of an index whenever a column of it is set, even to what it was, and
/// makes a table of its own for every longer list that a CHECK compares such a column with. So what
/// is dear to set is set only where it changes.
struct Upsert: Sendable {
    private let columns: [String]
    private let dear: [[String]]
    private let free: [String]
    private let key: String
    private let look: String
    private let insert: String
    /// One for each set of dear columns, whose number has a bit for each group that changes.
    private let updates: [String]

    /// Makes the statements for a table.
    ///
    /// - Parameters:
    ///   - table: Its name.
    ///   - key: The column that names a row.
    ///   - fixed: Columns that never change.
    ///   - free: Columns that may change, and may be set at any time.
    ///   - dear: Columns that may change and stand in an index or a long CHECK, in groups of those
    ///     that mostly change together.
    init(
        table: String,
        key: String,
        fixed: [String] = [],
        free: [String],
        dear: [[String]]
    ) {
        self.key = key
        self.free = free
        self.dear = dear
        columns = [key] + fixed + free + dear.joined()
        look = "SELECT \(dear.joined().joined(separator: ", ")) FROM \(table) WHERE \(key) = ?"
        insert = """
            INSERT INTO \(table) (\(columns.joined(separator: ", ")))
            VALUES (\(columns.map { _ in "?" }.joined(separator: ", ")))
            """
        updates = (0..<1 << dear.count).map { number in
            let set = free + Self.columns(of: dear, number)
            return """
                UPDATE \(table) SET \(set.map { "\($0) = ?" }.joined(separator: ", "))
                WHERE \(key) = ?
                """
        }
    }

    /// Writes a row, which has a value for every column.
    func save(_ row: [String: Value], on connection: Connection) throws {
        func values(_ columns: [String]) throws -> [Value] {
            try columns.map { column in
                guard let value = row[column] else { throw MissingRow(what: "its \(column)") }
                return value
            }
        }
        let key = try values([key])
        let count = dear.reduce(0) { $0 + $1.count }
        let known = try connection.first(look, .positional(key)) { stored in
            try (0..<count).map { try stored[$0] as Value }
        }
        guard var known = known?[...] else {
            try connection.run(insert, .positional(try values(columns)))
            return
        }
        var changed = 0
        for (bit, columns) in dear.enumerated() {
            if try values(columns) != Array(known.prefix(columns.count)) { changed |= 1 << bit }
            known = known.dropFirst(columns.count)
        }
        let set = free + Self.columns(of: dear, changed)
        try connection.run(updates[changed], .positional(try values(set) + key))
    }

    private static func columns(of dear: [[String]], _ number: Int) -> [String] {
        dear.enumerated().filter { number >> $0.offset & 1 == 1 }.flatMap(\.element)
    }
}
