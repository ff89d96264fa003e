package import struct Foundation.Date

/// What exists on the platform for one subscription: role, apps and limits, desired beside
/// observed.
package struct Grant: Hashable, Sendable {
    /// The subscription it belongs to; there is one grant each.
    package let subscriptionID: Subscription.ID
    /// What should exist.
    package var desired: DesiredGrant
    /// What is known to exist.
    package var observed: ObservedGrant
    /// How often in a row the platform has refused or not answered.
    package var failures: Int
    /// What stands in the way, if anything does.
    package var problem: GrantProblem?
    /// When the provisioner works on it next; nil while there is nothing to do.
    package var nextAttemptAt: Date?
    /// When the desired state last changed.
    package var changedAt: Date

    /// Makes the grant of a subscription for which nothing exists yet.
    package init(subscriptionID: Subscription.ID, desired: DesiredGrant, changedAt: Date) {
        self.subscriptionID = subscriptionID
        self.desired = desired
        self.observed = ObservedGrant()
        self.failures = 0
        self.changedAt = changedAt
    }
}

extension Grant {
    /// Whether access has ended and every key of the grant was proved to be refused.
    ///
    /// A revocation keeps the date of its proof when a restored key is revoked in its turn, so
    /// the date alone says nothing of the newest key.
    package var isEndProved: Bool {
        guard desired.access == .ended else { return false }
        if observed.closedGeneration >= desired.generation { return true }
        guard let revocation = observed.revocation else { return false }
        return revocation.generation >= desired.generation && revocation.provedAt != nil
    }
}

/// What should exist on the platform.
package struct DesiredGrant: Hashable, Sendable {
    /// What the subscriber may do.
    package var access: Access
    /// Why, for staff.
    package var reason: String
    /// The plan whose rules and limits are due; nil until one is known.
    package var plan: Plan.Reference?
    /// The key generation that is due; 0 until a first key is.
    package var generation: Int

    /// Makes a desired state.
    package init(access: Access, reason: String, plan: Plan.Reference?, generation: Int) {
        self.access = access
        self.reason = reason
        self.plan = plan
        self.generation = generation
    }
}

/// What is known to exist on the platform, and what is not known for sure.
///
/// Stored as JSON, so its member names are part of the database.
package struct ObservedGrant: Hashable, Sendable, Codable {
    /// An app of the grant.
    package struct App: Hashable, Sendable, Codable {
        /// The platform's id.
        package var id: Int
        /// The key generation that it carries.
        package var generation: Int
        /// Whether it is active, as last written or read.
        package var isActive: Bool
        /// Whether it has our key and our role; one that has not is deleted and made anew.
        package var fits: Bool

        /// Makes an app.
        package init(id: Int, generation: Int, isActive: Bool, fits: Bool = true) {
            self.id = id
            self.generation = generation
            self.isActive = isActive
            self.fits = fits
        }
    }

    /// A limit of the grant, as read back.
    package struct Limit: Hashable, Sendable, Codable {
        /// The platform's id.
        package var id: Int
        /// How many calls; 0 while it is inactive and counts nothing.
        package var rate: Int
        /// In what period, in the catalogue's word.
        package var period: String
        /// Of which verb; nil counts all.
        package var verb: String?

        /// Makes a limit.
        package init(id: Int, rate: Int, period: String, verb: String?) {
            self.id = id
            self.rate = rate
            self.period = period
            self.verb = verb
        }
    }

    /// A proof, and what it said of which generation.
    package struct Proof: Hashable, Sendable, Codable {
        /// What the platform said of the key.
        package var answer: ProofAnswer
        /// The generation that was asked.
        package var generation: Int
        /// When.
        package var at: Date

        /// Makes a proof.
        package init(answer: ProofAnswer, generation: Int, at: Date) {
            self.answer = answer
            self.generation = generation
            self.at = at
        }
    }

    /// How far taking everything down has come.
    package struct Revocation: Hashable, Sendable, Codable {
        /// The newest generation that it takes down.
        package var generation: Int
        /// When it was begun.
        package var startedAt: Date
        /// When the key was first proved to be refused.
        package var provedAt: Date?
        /// When look-up and proof were repeated and nothing was left.
        package var closedAt: Date?
        /// Since when nothing was found and every key was refused; the repetition counts from it.
        package var quietSince: Date?
        /// When the last look-up by name found nothing.
        package var lookedUpAt: Date?
        /// The last proof of each generation that was refused since something was last found.
        package var refusals: [Proof] = []
        /// Whether a key was accepted after its app was deleted.
        package var isBack = false

        /// Makes the record of a revocation that has just begun.
        package init(generation: Int, startedAt: Date) {
            self.generation = generation
            self.startedAt = startedAt
        }
    }

    /// The role.
    package var roleID: Int?
    /// The plan, in its version, whose rules the role holds; `id@version`.
    package var rules: String?
    /// The apps, at most one each generation.
    package var apps: [App] = []
    /// The limits, as read back.
    package var limits: [Limit] = []
    /// The newest generation that was shown: limits read back and proved alive.
    package var shownGeneration = 0
    /// The last proof that said something.
    package var proof: Proof?
    /// Since when the platform must be asked by name before anything is believed to be absent.
    package var mustLookUpSince: Date?
    /// When the write was begun that has not been answered yet, or never will be.
    package var writeBegunAt: Date?
    /// When the last write was made whose outcome is not known and may still come true.
    package var unknownWriteAt: Date?
    /// When the deletion was begun that has not been answered yet, or never will be.
    package var deletionBegunAt: Date?
    /// When the last deletion was made whose outcome is not known and may still come true.
    package var unknownDeletionAt: Date?
    /// When role, rules and limits were last read back; nil once the key sleeps.
    package var verifiedAt: Date?
    /// When the platform refused one of the limits for good.
    package var limitRefusedAt: Date?
    /// How far taking down has come; nil while nothing ever was to be taken down.
    package var revocation: Revocation?
    /// The newest generation that was taken down and closed, with all before it.
    package var closedGeneration = 0

    /// Makes the state in which nothing exists.
    package init() {}
}

/// What the platform said of a key when it was asked with the key itself.
package enum ProofAnswer: String, Sendable, CaseIterable, Codable {
    /// The key lives.
    case alive
    /// The key sleeps: its app or role is inactive.
    case asleep
    /// No app with a role has the key.
    case gone
    /// The key is refused, but something of it is left on the platform.
    case unfinished
    /// The answer proves nothing.
    case inconclusive
}

/// What stands in the way of a grant.
package struct GrantProblem: Hashable, Sendable, Codable {
    /// Who can do something about it.
    package enum Kind: String, Sendable, CaseIterable, Codable {
        /// Time: it is tried again.
        case retriable
        /// Staff, who must do what the sentence says; it is tried again all the same.
        case needsStaff = "needs_staff"
        /// Nobody, as things are.
        case permanent
    }

    /// Who can do something about it.
    package var kind: Kind
    /// One sentence that says what is wrong and what to do; never the platform's own text.
    package var sentence: String
    /// Since when.
    package var since: Date

    /// Makes a problem.
    package init(_ kind: Kind, _ sentence: String, since: Date) {
        self.kind = kind
        self.sentence = sentence
        self.since = since
    }
}

/// One call to the platform, stored before it is made and again when it is answered.
package struct Attempt: Hashable, Sendable {
    /// Its number.
    package let number: Int64
    /// The subscription it is for.
    package let subscriptionID: Subscription.ID
    /// What is done, in the step's own word.
    package let step: String
    /// When it was begun.
    package let startedAt: Date
    /// When its answer was stored; nil while it is open, or for ever if the process died.
    package var finishedAt: Date?
    /// What came of it, in one sentence; never the platform's own text.
    package var outcome: String?
    /// What kind of problem it met; nil when it succeeded or is open.
    package var problem: GrantProblem.Kind?

    /// Makes an attempt.
    package init(
        number: Int64,
        subscriptionID: Subscription.ID,
        step: String,
        startedAt: Date,
        finishedAt: Date? = nil,
        outcome: String? = nil,
        problem: GrantProblem.Kind? = nil
    ) {
        self.number = number
        self.subscriptionID = subscriptionID
        self.step = step
        self.startedAt = startedAt
        self.finishedAt = finishedAt
        self.outcome = outcome
        self.problem = problem
    }
}

/// This installation: one database belongs to one platform in one mode.
package struct Installation: Hashable, Sendable {
    /// The id of an installation.
    package typealias ID = Identifier<Installation>

    /// A random id, of which the first six characters stand in every name on the platform.
    package let id: ID
    /// The mode.
    package let mode: Mode
    /// Scheme, host and port of the platform.
    package let platformOrigin: String
    /// When it was made.
    package let createdAt: Date
    /// When the platform last refused a random key as it refuses a deleted one.
    package var randomKeyRefusedAt: Date?
    /// When a key of ours first answered alive there.
    package var liveKeyAnsweredAt: Date?

    /// Whether a refused key proves anything on this platform.
    package var provesRefusals: Bool { randomKeyRefusedAt != nil && liveKeyAnsweredAt != nil }

    /// The part of the id that stands in names on the platform.
    package var shortID: String { String(id.rawValue.prefix(6)) }

    /// Makes an installation.
    package init(
        id: ID,
        mode: Mode,
        platformOrigin: String,
        createdAt: Date,
        randomKeyRefusedAt: Date? = nil,
        liveKeyAnsweredAt: Date? = nil
    ) {
        self.id = id
        self.mode = mode
        self.platformOrigin = platformOrigin
        self.createdAt = createdAt
        self.randomKeyRefusedAt = randomKeyRefusedAt
        self.liveKeyAnsweredAt = liveKeyAnsweredAt
    }
}
