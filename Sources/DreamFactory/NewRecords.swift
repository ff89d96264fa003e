/// A role to create, active, with its rules and its first app.
package struct NewRole: Hashable, Sendable {
    /// Its unique name.
    package var name: RecordName
    /// What people read; never a secret.
    package var description: String
    /// Its rules.
    package var rules: [Rule]
    /// The app that is made with it, in the same transaction of the platform.
    package var app: NewApp

    /// Makes a role to create.
    package init(name: RecordName, description: String, rules: [Rule], app: NewApp) {
        self.name = name
        self.description = description
        self.rules = rules
        self.app = app
    }
}

/// An app to create.
///
/// Its key is never left to the platform, whose own keys can be guessed.
package struct NewApp: Hashable, Sendable {
    /// Its unique name.
    package var name: RecordName
    /// What people read; never a secret.
    package var description: String
    /// Its key.
    package var apiKey: AppKey
    /// Whether the key may be used at once.
    package var isActive: Bool

    /// Makes an app to create.
    package init(name: RecordName, description: String, apiKey: AppKey, isActive: Bool = true) {
        self.name = name
        self.description = description
        self.apiKey = apiKey
        self.isActive = isActive
    }
}

/// A limit on a role to create, active.
package struct NewLimit: Hashable, Sendable {
    /// Its name.
    package var name: RecordName
    /// The role whose calls it counts.
    package var roleID: RecordID<RoleRecord>
    /// How many calls.
    package var rate: Int
    /// In what period.
    package var period: LimitPeriod
    /// Of which verb; nil counts all.
    package var verb: String?

    /// Makes a limit to create.
    package init(
        name: RecordName,
        roleID: RecordID<RoleRecord>,
        rate: Int,
        period: LimitPeriod,
        verb: String? = nil
    ) {
        self.name = name
        self.roleID = roleID
        self.rate = rate
        self.period = period
        self.verb = verb
    }
}

/// One change in the rules of a role.
///
/// A rule is only ever changed or removed by its id; `remove` must not be repeated without
/// looking, since the platform then makes an empty rule of it.
package enum RuleChange: Hashable, Sendable {
    case add(Rule)
    case set(RecordID<RuleRecord>, Rule)
    case remove(RecordID<RuleRecord>)
}
