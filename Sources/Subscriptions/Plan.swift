package import struct Foundation.Date
package import struct Swift.Duration

/// What is sold, in one of its versions.
package struct Plan: Hashable, Sendable {
    /// The id of a plan, the catalogue's own word.
    package typealias ID = Identifier<Plan>

    /// A plan in one version.
    package struct Reference: Hashable, Sendable {
        /// The plan.
        package let id: ID
        /// The version, counted from 1.
        package let version: Int

        /// Makes a reference.
        package init(id: ID, version: Int) {
            self.id = id
            self.version = version
        }
    }

    /// What a policy does to access when money is taken back.
    package enum Policy: String, Sendable, CaseIterable {
        /// Access ends.
        case end
        /// Access sleeps.
        case suspend
        /// Access stays.
        case keep
    }

    /// The plan's id.
    package let id: ID
    /// Its name for people.
    package let name: String
    /// The price ids that map to it, by provider.
    package let prices: [Provider: [String]]
    /// What a key of the plan may call.
    package let access: [AccessRule]
    /// How much of it; empty only where the plan says that it is unlimited.
    package let limits: [RateLimit]
    /// How long access stays after a payment failed.
    package let pastDueGrace: Duration
    /// How long the old key lives after a rotation.
    package let rotationGrace: Duration
    /// What a refund does.
    package let refund: Policy
    /// What a dispute does.
    package let dispute: Policy

    /// Makes a plan.
    package init(
        id: ID,
        name: String,
        prices: [Provider: [String]],
        access: [AccessRule],
        limits: [RateLimit],
        pastDueGrace: Duration,
        rotationGrace: Duration,
        refund: Policy,
        dispute: Policy
    ) {
        self.id = id
        self.name = name
        self.prices = prices
        self.access = access
        self.limits = limits
        self.pastDueGrace = pastDueGrace
        self.rotationGrace = rotationGrace
        self.refund = refund
        self.dispute = dispute
    }
}

/// One access rule: verbs on a component of a service.
package struct AccessRule: Hashable, Sendable {
    /// The platform's service, by name.
    package let service: String
    /// The component, as the platform writes it, for example `_table/customers/*`.
    package let component: String
    /// What may be done.
    package let verbs: Set<Verb>

    /// The verbs as the platform's bit mask.
    package var verbMask: Int { verbs.reduce(0) { $0 | $1.mask } }

    /// Makes a rule.
    package init(service: String, component: String, verbs: Set<Verb>) {
        self.service = service
        self.component = component
        self.verbs = verbs
    }
}

/// A verb that an access rule may name.
package enum Verb: String, Sendable, CaseIterable {
    case get = "GET"
    case post = "POST"
    case put = "PUT"
    case patch = "PATCH"
    case delete = "DELETE"

    /// The platform's bit for it.
    package var mask: Int {
        switch self {
        case .get: 1
        case .post: 2
        case .put: 4
        case .patch: 8
        case .delete: 16
        }
    }
}

/// So many calls in a period, for all verbs or one.
package struct RateLimit: Hashable, Sendable {
    /// The periods of the platform, in the catalogue's words.
    package enum Period: String, Sendable, CaseIterable {
        case minute
        case hour
        case day
        case week
        /// The billing month; the platform's counter is cleared when the new period is paid.
        case month

        /// The platform's word for it.
        package var platformName: String {
            switch self {
            case .minute, .hour, .day: rawValue
            case .week: "7-day"
            case .month: "30-day"
            }
        }
    }

    /// How many calls, 1…2³¹−1.
    package let rate: Int
    /// In what period.
    package let period: Period
    /// Of which verb; nil counts all.
    package let verb: Verb?

    /// Makes a limit.
    package init(rate: Int, period: Period, verb: Verb? = nil) {
        self.rate = rate
        self.period = period
        self.verb = verb
    }
}

/// A plan as it stands in the catalogue: a version, and whether it can still be bought.
package struct PlanVersion: Hashable, Sendable {
    /// The plan.
    package let plan: Plan
    /// Its version, counted from 1.
    package let version: Int
    /// When the version was applied.
    package let appliedAt: Date
    /// When the plan was left out of the file, if it was.
    package var retiredAt: Date?

    /// What points to it.
    package var reference: Plan.Reference { Plan.Reference(id: plan.id, version: version) }

    /// Makes a version.
    package init(plan: Plan, version: Int, appliedAt: Date, retiredAt: Date? = nil) {
        self.plan = plan
        self.version = version
        self.appliedAt = appliedAt
        self.retiredAt = retiredAt
    }
}
