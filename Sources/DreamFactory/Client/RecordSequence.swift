import JSON

/// How the next page of a ``RecordSequence`` is found.
package enum Paging: Hashable, Sendable {
    /// By a field that counts up and is unique: rows that come or go meanwhile move nothing.
    case key(FieldName)
    /// By counting: a row that goes while pages are read makes another one be left out.
    case offset
}

/// All rows that a query matches, fetched page after page while they are read.
///
/// ```swift
/// for try await role in client.roles.all() { print(role.name ?? "") }
/// ```
package struct RecordSequence<Row: Decodable & Sendable>: AsyncSequence, Sendable {
    let query: RecordQuery
    let pageSize: Int
    let paging: Paging
    let fetch: @Sendable (RecordQuery) async throws(PlatformError) -> Page<JSONValue>

    /// Reads the pages.
    package struct Iterator: AsyncIteratorProtocol {
        private let sequence: RecordSequence
        private var waiting: [Row] = []
        private var last: Int64?
        private var read = 0
        private var isAtEnd = false

        init(_ sequence: RecordSequence) { self.sequence = sequence }

        /// The next row, or nil after the last one.
        package mutating func next() async throws(PlatformError) -> Row? {
            try await next(isolation: nil)
        }

        /// The next row, or nil after the last one.
        package mutating func next(
            isolation: isolated (any Actor)?
        ) async throws(PlatformError) -> Row? {
            if waiting.isEmpty, !isAtEnd { try await fetchPage() }
            return waiting.popLast()
        }

        private mutating func fetchPage() async throws(PlatformError) {
            let page = try await sequence.fetch(try sequence.query(after: last, read: read))
            // A platform may give fewer rows than asked for though there are more.
            guard let final = page.rows.last else {
                isAtEnd = true
                return
            }
            if case .key(let field) = sequence.paging {
                guard let key = final[field.rawValue]?.integer, key > last ?? .min else {
                    throw PlatformError(.readPages, .unreadable(status: 200))
                }
                last = key
            }
            read += page.rows.count
            let rows = page.rows.map { Wire.decode($0, as: Row.self) }
            waiting = try rows.reversed().map { row throws(PlatformError) in
                guard let row else { throw PlatformError(.readPages, .unreadable(status: 200)) }
                return row
            }
        }
    }

    /// Starts from the first row.
    package func makeAsyncIterator() -> Iterator { Iterator(self) }

    private func query(after last: Int64?, read: Int) throws(PlatformError) -> RecordQuery {
        var query = query
        query.limit = pageSize
        switch paging {
        case .offset: query.offset = (self.query.offset ?? 0) + read
        case .key(let field):
            query.order = [Order(field, .ascending)]
            if case .only(let names) = query.fields, !names.contains(field) {
                query.fields = .only(names + [field])
            }
            guard let last else { break }
            do {
                let rest = try Filter(field, .greater, .integer(last))
                query.filter =
                    try query.filter.map { (filter) throws(FilterRefusal) in
                        try rest.and(filter)
                    } ?? rest
            } catch {
                throw PlatformError(.readPages, .refused(status: 0))
            }
        }
        return query
    }
}

extension PlatformCall {
    static let readPages = read("read the next page")
}
