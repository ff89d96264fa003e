package import JSON

/// A role: what the keys and users that act with it may do.
package struct Role: SystemRecord {
    /// Its ids are those of ``RoleRecord``.
    package typealias Subject = RoleRecord
    /// `system/role`.
    package static let resource = "role"
    /// What it is called.
    package static let noun = "role"

    /// Its id.
    package let id: RecordID<RoleRecord>
    /// Its unique name, at most 64 characters.
    package let name: String?
    /// What people read; the platform cuts it at 255.
    package let description: String?
    /// Whether it allows anything; left out when made, it does not.
    package let isActive: Bool?
    /// When it was made.
    package let createdDate: String?
    /// When it was changed.
    package let lastModifiedDate: String?
    /// Its rules, where they were asked for with ``withRules``.
    package let accessRules: [RoleRule]?
    /// The apps whose default role it is, where they were asked for with ``withApps``.
    package let apps: [App]?
    /// Its look-ups, where they were asked for with ``withLookups``.
    package let lookups: [Lookup]?

    /// The relation that gives ``accessRules``.
    package static let withRules: Related = "role_service_access_by_role_id"
    /// The relation that gives ``apps``.
    package static let withApps: Related = "app_by_role_id"
    /// The relation that gives ``lookups``.
    package static let withLookups: Related = "lookup_by_role_id"

    enum CodingKeys: String, CodingKey {
        case id, name, description
        case isActive = "is_active"
        case createdDate = "created_date"
        case lastModifiedDate = "last_modified_date"
        case accessRules = "role_service_access_by_role_id"
        case apps = "app_by_role_id"
        case lookups = "lookup_by_role_id"
    }

    /// An app inside it without a key, a rule for every service.
    package static func hazards(inNew record: JSONValue) -> [Hazard] {
        nested(record).flatMap { rule, row -> [Hazard] in
            var found: [Hazard] = []
            if !rule, row["api_key"]?.string ?? "" == "" { found.append(.appWithoutKey) }
            if rule { found += wide(row) }
            return found
        }
    }

    /// Nested rows that are added, removed, moved or opened to every service.
    package static func hazards(inChange change: JSONValue) -> [Hazard] {
        nested(change).flatMap { rule, row -> [Hazard] in
            if row["id"]?.isNull ?? true {
                var found: [Hazard] = [.rowsAddedAgain]
                if !rule, row["api_key"]?.string ?? "" == "" { found.append(.appWithoutKey) }
                return rule ? found + wide(row) : found
            }
            if row["role_id"] == .null { return [.rowRemovedAgain] }
            if row["role_id"] != nil { return [.foreignRow] }
            if row["api_key"] != nil { return [.oldKeyStaysAlive] }
            return rule && row["service_id"] == .null ? [.ruleForEveryService] : []
        }
    }

    private static func nested(_ record: JSONValue) -> [(isRule: Bool, row: JSONValue)] {
        [("role_service_access_by_role_id", true), ("app_by_role_id", false)]
            .flatMap { key, isRule in
                (record[key]?.array ?? []).map { (isRule: isRule, row: $0) }
            }
    }

    private static func wide(_ rule: JSONValue) -> [Hazard] {
        let service = rule["service_id"] ?? .null
        let component = rule["component"]?.string ?? ""
        return service.isNull && component.contains("*") ? [.ruleForEveryService] : []
    }
}

/// One access rule of a role.
package struct RoleRule: Codable, Hashable, Sendable {
    /// Its id, by which alone it can be changed or removed; nil adds it.
    package var id: RecordID<RuleRecord>?
    /// The service's id as it is stored; nil with the component `*` means all, the platform's own
    /// included, and 0 is what a database makes of nonsense.
    package var serviceID: Int64?
    /// The path inside the service, for example `_table/customers/*`.
    package var component: String?
    /// GET 1, POST 2, PUT 4, PATCH 8, DELETE 16.
    package var verbMask: Int
    /// Callers from outside 1, scripts 2; at 0 the rule never matches.
    package var requestorMask: Int
    /// Which rows of a table it covers; empty covers all.
    package var filters: [RowFilter]?
    /// How the row filters are joined.
    package var filterOperator: String?

    /// Makes a rule for callers from outside.
    package init(
        id: RecordID<RuleRecord>? = nil,
        service: RecordID<ServiceRecord>,
        component: String,
        verbMask: Int,
        requestorMask: Int = 1,
        filters: [RowFilter] = [],
        filterOperator: String = "AND"
    ) {
        self.id = id
        serviceID = service.rawValue
        self.component = component
        self.verbMask = verbMask
        self.requestorMask = requestorMask
        self.filters = filters
        self.filterOperator = filterOperator
    }

    enum CodingKeys: String, CodingKey {
        case id, component, filters
        case serviceID = "service_id"
        case verbMask = "verb_mask"
        case requestorMask = "requestor_mask"
        case filterOperator = "filter_op"
    }
}

/// A condition on the rows that an access rule covers.
package struct RowFilter: Codable, Hashable, Sendable {
    /// The column.
    package var name: String
    /// The operator, as in a filter.
    package var `operator`: String
    /// The value, or a look-up in braces.
    package var value: JSONValue?

    /// Makes a condition.
    package init(name: String, operator: String, value: JSONValue?) {
        self.name = name
        self.operator = `operator`
        self.value = value
    }
}

/// A role to create with its rules and, in the same transaction, its apps.
package struct RoleDraft: Encodable, Sendable {
    /// Its unique name.
    package var name: String
    /// What people read.
    package var description: String?
    /// Whether it allows anything.
    package var isActive: Bool
    /// Its rules.
    package var accessRules: [RoleRule]
    /// Its apps, each with its own key.
    package var apps: [AppDraft]

    /// Makes a role to create.
    package init(
        name: String,
        description: String? = nil,
        isActive: Bool = true,
        accessRules: [RoleRule] = [],
        apps: [AppDraft] = []
    ) {
        self.name = name
        self.description = description
        self.isActive = isActive
        self.accessRules = accessRules
        self.apps = apps
    }

    enum CodingKeys: String, CodingKey {
        case name, description
        case isActive = "is_active"
        case accessRules = "role_service_access_by_role_id"
        case apps = "app_by_role_id"
    }
}

extension PlatformClient {
    /// The roles: `system/role`.
    package var roles: SystemRecords<Role> { SystemRecords(client: self) }
}
