package import struct Foundation.Date
package import Subscriptions

/// What a step has brought to light.
package enum Outcome: Hashable, Sendable {
    /// What the platform can do, and what it said of a random key.
    case platform(hasLimits: Bool, randomKey: ProofAnswer)
    /// What stands on the platform under the grant's names, all of it.
    case found(Finding)
    /// The role with its rules and apps as just written.
    case wroteRole(Finding.Role)
    /// The app as just made.
    case madeApp(ObservedGrant.App)
    /// The app's state as just written.
    case setApp(id: Int, isActive: Bool)
    /// The app is gone.
    case deletedApp(id: Int)
    /// The limit as just written.
    case wroteLimit(ObservedGrant.Limit)
    /// The limit is gone.
    case deletedLimit(id: Int)
    /// The limit's count was begun anew for an allowance, or found not to be full.
    case clearedCounter(id: Int, allowance: Date?)
    /// The role is gone.
    case deletedRole
    /// What the platform said of the key of a generation.
    case proved(ProofAnswer, generation: Int)
    /// The app that was taken over is gone, and its key with it: nothing can be asked with it.
    case lostKey
    /// The step did not succeed.
    case failed(Step, Failure)
}

/// What stands on the platform under the names of one grant.
package struct Finding: Hashable, Sendable {
    /// A role.
    package struct Role: Hashable, Sendable {
        /// The platform's id.
        package var id: Int
        /// The plan whose rules it holds, exactly and awake; nil for any other rules.
        package var rules: String?
        /// The apps on it that bear one of the grant's names.
        package var apps: [ObservedGrant.App]

        /// Makes a role.
        package init(id: Int, rules: String?, apps: [ObservedGrant.App]) {
            self.id = id
            self.rules = rules
            self.apps = apps
        }
    }

    /// The app that was taken over, which bears a name of its own.
    package struct Adopted: Hashable, Sendable {
        /// What it is like now.
        package var app: ObservedGrant.Adopted
        /// Whether it is active.
        package var isActive: Bool

        /// Makes a finding.
        package init(app: ObservedGrant.Adopted, isActive: Bool) {
            self.app = app
            self.isActive = isActive
        }
    }

    /// The role.
    package var role: Role?
    /// The app that was taken over.
    package var adopted: Adopted?
    /// Apps with one of the grant's names that are not on the role.
    package var strayApps: [ObservedGrant.App]
    /// The limits.
    package var limits: [ObservedGrant.Limit]

    /// Makes a finding.
    package init(
        role: Role? = nil,
        adopted: Adopted? = nil,
        strayApps: [ObservedGrant.App] = [],
        limits: [ObservedGrant.Limit] = []
    ) {
        self.role = role
        self.adopted = adopted
        self.strayApps = strayApps
        self.limits = limits
    }
}

/// Why a step did not succeed, as far as the next step depends on it.
package struct Failure: Hashable, Sendable {
    /// What the platform's answer means for what is believed.
    package enum Meaning: Hashable, Sendable {
        /// Nothing: the call may simply be repeated.
        case none
        /// Something exists that was believed absent, or the reverse.
        case beliefIsWrong
        /// The content of the call is refused for good.
        case refused
    }

    /// Who can do something about it.
    package var kind: GrantProblem.Kind
    /// One sentence for staff.
    package var sentence: String
    /// Whether the call may have taken effect, or still may.
    package var outcomeIsUnknown: Bool
    /// What it means for what is believed.
    package var meaning: Meaning
    /// What it says about the platform as a whole.
    package var outage: Outage

    /// Makes a failure.
    package init(
        _ kind: GrantProblem.Kind,
        _ sentence: String,
        outcomeIsUnknown: Bool = false,
        meaning: Meaning = .none,
        outage: Outage = .none
    ) {
        self.kind = kind
        self.sentence = sentence
        self.outcomeIsUnknown = outcomeIsUnknown
        self.meaning = meaning
        self.outage = outage
    }
}
