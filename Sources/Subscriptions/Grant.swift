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
    /// Whether its first key is part of bulk work, which goes behind everybody who waits for one.
    package var isBulk = false

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
    /// The generation that look-ups show: the one that is due or, until that is shown, the one
    /// before where it lives on.
    package var visibleGeneration: Int {
        guard desired.overlap != nil, observed.shownGeneration > 0 || observed.adopted != nil
        else { return desired.generation }
        return min(observed.shownGeneration, desired.generation)
    }

    /// Whether look-ups show a key: access is active, its limits were read back and it was proved
    /// alive.
    package var isShown: Bool {
        desired.access == .active && visibleGeneration > 0
            && observed.shownGeneration == visibleGeneration
    }

    /// Whether the key that is due is the one of an app that was taken over.
    package var isAdopted: Bool { desired.generation == 0 && observed.holdsAdopted }

    /// Whether look-ups tell of the key of an app that was taken over, which they cannot show.
    package var tellsOfAdopted: Bool {
        desired.access == .active && visibleGeneration == 0 && observed.adopted != nil
    }

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
