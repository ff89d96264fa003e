import JSON

/// What became of each record of a call that did not succeed as a whole.
package struct BatchReport: Hashable, Sendable {
    /// The fate of one record.
    package enum Entry: Hashable, Sendable {
        /// It was done, with the id where it has one; void where all changes were rolled back.
        case done(id: Int64?)
        /// It failed with this code: a status, or the five signs of a database's SQLSTATE.
        case failed(code: String)
    }

    /// The records that were tried, in the order they were sent.
    package let entries: [Entry]

    /// Where the records stand that failed.
    package var failures: [Int] {
        entries.indices.filter { index in
            if case .failed = entries[index] { return true }
            return false
        }
    }

    init(_ entries: [JSONValue]) {
        self.entries = entries.map { entry in
            // The message is left out: it may quote SQL with values.
            if let code = ErrorEnvelope.code(entry), entry["message"] != nil {
                return .failed(code: code)
            }
            return .done(id: entry["id"]?.integer)
        }
    }
}
