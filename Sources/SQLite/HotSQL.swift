import Synchronization

/// The text of a statement on a hot path, which a connection finds again without looking at it.
///
/// Make it once, as a `static let`: every connection keeps a place for each one that was ever made.
package struct HotSQL: Sendable {
    /// The SQL, without values.
    package let text: String
    let number: Int

    private static let count = Atomic(0)

    /// Takes the text of one statement.
    package init(_ text: String) {
        self.text = text
        number = Self.count.add(1, ordering: .relaxed).oldValue
    }
}

extension Connection {
    /// Lends the prepared statement for the hottest paths and resets it afterwards.
    package func withStatement<T>(_ sql: HotSQL, _ body: (Statement) throws -> T) throws -> T {
        let statement = try take(sql)
        defer { giveBack(statement) }
        return try body(statement)
    }

    /// Runs a statement without values to its end.
    func run(_ sql: HotSQL) throws(SQLiteError) {
        let statement = try take(sql)
        defer { giveBack(statement) }
        while try statement.step() {}
    }

    private func take(_ sql: HotSQL) throws(SQLiteError) -> Statement {
        guard sql.number < hotStatements.count, let statement = hotStatements[sql.number],
            !statement.isInUse
        else {
            precondition(!isClosed, "a closed connection was used")
            return try keep(sql)
        }
        statement.isInUse = true
        return statement
    }

    private func keep(_ sql: HotSQL) throws(SQLiteError) -> Statement {
        let statement = try prepare(sql.text)
        statement.isInUse = true
        while hotStatements.count <= sql.number { hotStatements.append(nil) }
        hotStatements[sql.number] = statement
        return statement
    }
}
