/// Which fields of a row an answer holds.
package enum Fields: Hashable, Sendable, ExpressibleByArrayLiteral {
    case all
    case only([FieldName])

    /// Names the fields.
    package init(arrayLiteral elements: FieldName...) { self = .only(elements) }

    var text: String {
        switch self {
        case .all: "*"
        case .only(let names): names.map(\.rawValue).joined(separator: ",")
        }
    }
}

/// Rows of another table that belong to a row, by the name of the relation (`table_by_field`).
package struct Related: Hashable, Sendable, ExpressibleByStringLiteral {
    /// The relation.
    package var name: FieldName
    /// Which of its fields; nil takes what the platform gives.
    package var fields: Fields?
    /// In what order.
    package var order: [Order]

    /// Names a relation.
    package init(_ name: FieldName, fields: Fields? = nil, order: [Order] = []) {
        self.name = name
        self.fields = fields
        self.order = order
    }

    /// Names a relation.
    package init(stringLiteral value: String) { self.init(FieldName(stringLiteral: value)) }

    static func items(_ related: [Related]) -> [QueryItem] {
        guard !related.isEmpty else { return [] }
        let names = related.map(\.name.rawValue).joined(separator: ",")
        return [QueryItem("related", names)]
            + related.flatMap { one in
                [
                    one.fields.map { QueryItem("\(one.name).fields", $0.text) },
                    one.order.isEmpty
                        ? nil : QueryItem("\(one.name).order", Order.text(one.order)),
                ].compactMap(\.self)
            }
    }
}

/// A field to sort by.
package struct Order: Hashable, Sendable, ExpressibleByStringLiteral {
    /// Which way; left unsaid it is ascending.
    package enum Direction: String, Hashable, Sendable {
        case ascending = "ASC"
        case descending = "DESC"
    }

    /// The field.
    package var field: FieldName
    /// Which way.
    package var direction: Direction?

    /// Sorts by a field.
    package init(_ field: FieldName, _ direction: Direction? = nil) {
        self.field = field
        self.direction = direction
    }

    /// Sorts by a field, ascending.
    package init(stringLiteral value: String) { self.init(FieldName(stringLiteral: value)) }

    static func text(_ orders: [Order]) -> String {
        orders.map { order in
            order.direction.map { "\(order.field) \($0.rawValue)" } ?? order.field.rawValue
        }.joined(separator: ", ")
    }
}

/// One parameter of an address.
struct QueryItem: Hashable {
    let name: String
    let value: String

    init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// Which rows a list holds, and what of them.
package struct RecordQuery: Hashable, Sendable {
    /// What rows; nil takes all.
    package var filter: Filter?
    /// What fields; nil takes what the platform gives, mostly all.
    package var fields: Fields?
    /// What rows of other tables come with them.
    ///
    /// A list of fields must hold what links the two, or the relation comes back empty.
    package var related: [Related]
    /// In what order; without any it is the database's.
    package var order: [Order]
    /// How many rows at most; the platform may give fewer though there are more.
    package var limit: Int?
    /// How many rows are left out before.
    package var offset: Int?
    /// What fields rows are grouped by.
    package var group: [FieldName]
    /// Whether the answer says how many rows there are in all.
    package var includesCount: Bool
    /// Whether the answer describes the table.
    package var includesSchema: Bool

    /// Asks for rows.
    package init(
        filter: Filter? = nil,
        fields: Fields? = nil,
        related: [Related] = [],
        order: [Order] = [],
        limit: Int? = nil,
        offset: Int? = nil,
        group: [FieldName] = [],
        includesCount: Bool = false,
        includesSchema: Bool = false
    ) {
        self.filter = filter
        self.fields = fields
        self.related = related
        self.order = order
        self.limit = limit
        self.offset = offset
        self.group = group
        self.includesCount = includesCount
        self.includesSchema = includesSchema
    }

    var items: [QueryItem] {
        [
            filter.map { QueryItem("filter", $0.text) },
            fields.map { QueryItem("fields", $0.text) },
            order.isEmpty ? nil : QueryItem("order", Order.text(order)),
            limit.map { QueryItem("limit", String($0)) },
            offset.map { QueryItem("offset", String($0)) },
            group.isEmpty
                ? nil : QueryItem("group", group.map(\.rawValue).joined(separator: ",")),
            includesCount ? QueryItem("include_count", "true") : nil,
            includesSchema ? QueryItem("include_schema", "true") : nil,
        ].compactMap(\.self) + Related.items(related)
    }
}

/// What a write answers.
///
/// A wrong field or relation here makes the platform answer with a failure although the write was
/// done, so keep it to names that are known.
package struct Returning: Hashable, Sendable {
    /// What fields; nil gives the identifiers only.
    package var fields: Fields?
    /// What rows of other tables.
    package var related: [Related]

    /// Asks for fields and relations of what was written.
    package init(_ fields: Fields? = nil, related: [Related] = []) {
        self.fields = fields
        self.related = related
    }

    /// Nothing but the identifiers.
    package static let identifiers = Returning()
    /// All fields.
    package static let all = Returning(.all)

    var items: [QueryItem] {
        [fields.map { QueryItem("fields", $0.text) }].compactMap(\.self) + Related.items(related)
    }
}

/// What happens when one record of several fails.
package enum BatchMode: String, Hashable, Sendable, CaseIterable {
    /// The ones before it stay done, the ones after it are not tried.
    case stopAtFirst
    /// All are tried; what succeeds stays.
    case goOn = "continue"
    /// All or nothing, in one transaction.
    case allOrNothing = "rollback"

    var items: [QueryItem] { self == .stopAtFirst ? [] : [QueryItem(rawValue, "true")] }
}
