/// A service of the platform.
package struct ServiceRecord: Hashable, Sendable {
    /// Its id.
    package let id: RecordID<ServiceRecord>
    /// Its name, part of every address.
    package let name: String
    /// Its type, for example `mysql` or `system`.
    package let type: String
    /// Whether it answers.
    package let isActive: Bool

    /// Makes a record.
    package init(id: RecordID<ServiceRecord>, name: String, type: String, isActive: Bool) {
        self.id = id
        self.name = name
        self.type = type
        self.isActive = isActive
    }
}

/// A role with its rules and the apps that use it.
package struct RoleRecord: Hashable, Sendable {
    /// Its id.
    package let id: RecordID<RoleRecord>
    /// Its unique name.
    package var name: String
    /// Whether its keys may call anything.
    package var isActive: Bool
    /// Its rules; the platform ORs the masks of rules for one component.
    package var rules: [RuleRecord]
    /// The apps whose default role it is.
    package var apps: [AppRecord]

    /// Makes a record.
    package init(
        id: RecordID<RoleRecord>,
        name: String,
        isActive: Bool,
        rules: [RuleRecord],
        apps: [AppRecord]
    ) {
        self.id = id
        self.name = name
        self.isActive = isActive
        self.rules = rules
        self.apps = apps
    }
}

/// One stored access rule of a role.
package struct RuleRecord: Hashable, Sendable {
    /// Its id, by which alone it can be changed or removed.
    package let id: RecordID<RuleRecord>
    /// What it allows, or nil where it is not a rule that this client would write: another
    /// requestor, row filters, or no service.
    package var rule: Rule?
    /// What it opens, whoever has written it.
    package var reach: Reach

    /// What a rule opens.
    package enum Reach: Hashable, Sendable {
        /// Nothing.
        case nothing
        /// Something of one service.
        case service(RecordID<ServiceRecord>)
        /// Something of all services, the platform's own among them.
        case allServices
    }

    /// Makes a record.
    package init(id: RecordID<RuleRecord>, rule: Rule?, reach: Reach? = nil) {
        self.id = id
        self.rule = rule
        self.reach = reach ?? rule.map { .service($0.serviceID) } ?? .nothing
    }
}

/// One access rule: verbs on a component of a service, for API callers.
package struct Rule: Hashable, Sendable {
    /// The service.
    package var serviceID: RecordID<ServiceRecord>
    /// The component, for example `_table/customers/*`.
    package var component: String
    /// GET 1, POST 2, PUT 4, PATCH 8, DELETE 16.
    package var verbMask: Int

    /// Makes a rule.
    package init(serviceID: RecordID<ServiceRecord>, component: String, verbMask: Int) {
        self.serviceID = serviceID
        self.component = component
        self.verbMask = verbMask
    }
}

/// An app: an API key that acts with a role.
package struct AppRecord: Hashable, Sendable {
    /// Its id.
    package let id: RecordID<AppRecord>
    /// Its unique name.
    package var name: String
    /// Its key; nil where the platform holds none, or one it would not accept from us.
    package var apiKey: AppKey?
    /// Whether the key may be used.
    package var isActive: Bool
    /// Its role.
    package var roleID: RecordID<RoleRecord>?

    /// Makes a record.
    package init(
        id: RecordID<AppRecord>,
        name: String,
        apiKey: AppKey?,
        isActive: Bool,
        roleID: RecordID<RoleRecord>?
    ) {
        self.id = id
        self.name = name
        self.apiKey = apiKey
        self.isActive = isActive
        self.roleID = roleID
    }
}

/// The platform's periods; its "30-day" lasts 210 days.
package enum LimitPeriod: String, Hashable, Sendable, CaseIterable {
    case minute
    case hour
    case day
    case week = "7-day"
    case month = "30-day"
}

/// A limit on the calls of one role.
package struct LimitRecord: Hashable, Sendable {
    /// Its id.
    package let id: RecordID<LimitRecord>
    /// Its name; not unique.
    package var name: String
    /// The role whose calls it counts; nil for a limit of another type.
    package var roleID: RecordID<RoleRecord>?
    /// How many calls.
    package var rate: Int
    /// In what period.
    package var period: LimitPeriod
    /// Of which verb; nil counts all.
    package var verb: String?
    /// Whether it counts.
    package var isActive: Bool

    /// Makes a record.
    package init(
        id: RecordID<LimitRecord>,
        name: String,
        roleID: RecordID<RoleRecord>?,
        rate: Int,
        period: LimitPeriod,
        verb: String?,
        isActive: Bool
    ) {
        self.id = id
        self.name = name
        self.roleID = roleID
        self.rate = rate
        self.period = period
        self.verb = verb
        self.isActive = isActive
    }
}

/// How much of a limit is used.
package struct LimitCounter: Hashable, Sendable {
    /// The limit.
    package let id: RecordID<LimitRecord>
    /// What it allows.
    package let rate: Int
    /// What was counted.
    package let attempts: Int

    /// Makes a record.
    package init(id: RecordID<LimitRecord>, rate: Int, attempts: Int) {
        self.id = id
        self.rate = rate
        self.attempts = attempts
    }
}

/// What the platform's System API offers.
package struct Capabilities: Hashable, Sendable {
    /// The names of its resources.
    package let resources: Set<String>

    /// Takes the names.
    package init(resources: Set<String>) {
        self.resources = resources
    }

    /// Whether volume limits are installed; they are a package of their own.
    package var hasLimits: Bool { resources.isSuperset(of: ["limit", "limit_cache"]) }
    /// Whether roles and apps can be managed.
    package var hasRolesAndApps: Bool { resources.isSuperset(of: ["role", "app"]) }
}
