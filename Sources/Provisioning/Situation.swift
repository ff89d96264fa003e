package import struct Foundation.Date
package import Subscriptions

/// What is known of the platform, apart from any grant.
package struct PlatformKnowledge: Hashable, Sendable {
    /// Whether volume limits are installed; nil until it was asked.
    package var hasLimits: Bool?
    /// When it was asked.
    package var checkedAt: Date?
    /// Whether a random key was refused as a deleted one is.
    package var refusesRandomKeys: Bool
    /// Whether a key of ours has ever answered alive.
    package var acceptsLiveKeys: Bool

    /// Whether a refused key proves anything there.
    package var provesRefusals: Bool { refusesRandomKeys && acceptsLiveKeys }

    /// Makes what is known.
    package init(
        hasLimits: Bool? = nil,
        checkedAt: Date? = nil,
        refusesRandomKeys: Bool = false,
        acceptsLiveKeys: Bool = false
    ) {
        self.hasLimits = hasLimits
        self.checkedAt = checkedAt
        self.refusesRandomKeys = refusesRandomKeys
        self.acceptsLiveKeys = acceptsLiveKeys
    }
}

/// All that the next move of one grant depends on.
package struct Situation: Sendable {
    /// How long after the first proof it is repeated: a cache can be refilled behind our back.
    package static let settling: Double = 30
    /// How long a write of unknown outcome may come true.
    package static let lateWrite: Double = 600
    /// How long a platform without what is needed is not asked again.
    package static let recheck: Double = 60

    /// What should exist.
    package var desired: DesiredGrant
    /// What is known to exist.
    package var observed: ObservedGrant
    /// The plan that is desired, in the version that is desired.
    package var plan: Plan?
    /// What is known of the platform.
    package var platform: PlatformKnowledge
    /// The time.
    package var now: Date

    /// Makes a situation.
    package init(
        desired: DesiredGrant,
        observed: ObservedGrant,
        plan: Plan?,
        platform: PlatformKnowledge,
        now: Date
    ) {
        self.desired = desired
        self.observed = observed
        self.plan = plan
        self.platform = platform
        self.now = now
    }

    /// The generations whose keys must be refused, until that is proved, repeated and closed.
    package var revokedGenerations: [Int] {
        let last = desired.access == .ended ? desired.generation : desired.generation - 1
        guard last > observed.closedGeneration else { return [] }
        return Array(observed.closedGeneration + 1...last)
    }

    /// The next move; a pure function of the situation.
    package func next() -> Move {
        // The fastest way to end a key comes before everything else.
        let revoked = revokedGenerations
        if let app = observed.apps.first(where: { revoked.contains($0.generation) || !$0.fits }) {
            return .call(.deleteApp(id: app.id))
        }
        if observed.mustLookUp { return .call(.lookUp) }
        if let step = proofOfRefusal(revoked) { return .call(step) }
        // What is due is not kept waiting by a new key that cannot be made.
        if desired.access != .ended, isRepetitionDue { return settle(revoked) }
        let move: Move? =
            switch desired.access {
            case .active: bringUp()
            case .none, .suspended: putToSleep()
            case .ended: takeDown()
            }
        return move ?? (revoked.isEmpty ? rest() : settle(revoked))
    }

    /// Nothing is to be done, but what may still come true is looked at once more.
    private func rest() -> Move {
        let unknowns = [
            observed.unknownWriteAt, observed.unknownDeletionAt, observed.deletionBegunAt,
        ]
        // A late deletion does no harm where nothing is wanted any more.
        guard let unknown = unknowns.compactMap(\.self).max(), desired.access != .ended else {
            return .rest(until: nil)
        }
        let due = unknown.addingTimeInterval(Self.lateWrite)
        return now < due ? .rest(until: due) : .call(.lookUp)
    }

    /// Role, rules and app, limits, proof; limits come before an app that is made or woken alone.
    private func bringUp() -> Move? {
        guard desired.generation > 0, let plan, let reference = desired.plan else {
            return .blocked(.needsStaff, "Its plan is not in the catalogue; apply it again.")
        }
        if let move = platformCheck(plan) { return move }
        guard observed.roleID != nil else {
            // What is left of a role that is gone would be taken for a limit of the new one.
            if let limit = observed.limits.first { return .call(.deleteLimit(id: limit.id)) }
            return .call(.createRole(generation: desired.generation, isActive: !isShown))
        }
        let app = observed.apps.first { $0.generation == desired.generation }
        if app?.isActive == false, observed.verifiedAt == nil { return .call(.lookUp) }
        if observed.rules != reference.tag { return .call(.repairRole) }
        if let app, observed.limitRefusedAt != nil, !isShown {
            return .call(.deleteApp(id: app.id))
        }
        if let step = missingLimit(plan) { return .call(step) }
        guard let app else { return .call(.createApp(generation: desired.generation)) }
        if !app.isActive { return .call(.setApp(id: app.id, isActive: true)) }
        if !isShown || !isProved(.alive) {
            return .call(.prove(generation: desired.generation))
        }
        return surplusLimit(plan).map { .call($0) }
    }

    private var isShown: Bool { observed.shownGeneration >= desired.generation }

    private func isProved(_ answer: ProofAnswer) -> Bool {
        observed.proof?.generation == desired.generation && observed.proof?.answer == answer
    }

    /// Nothing is made on a platform that cannot hold a plan's limits or whose answers to keys
    /// mean nothing.
    private func platformCheck(_ plan: Plan) -> Move? {
        if isShown, observed.roleID != nil { return nil }
        let isStale = platform.checkedAt.map { now.timeIntervalSince($0) >= Self.recheck } ?? true
        if platform.hasLimits != true, !plan.limits.isEmpty {
            return platform.hasLimits == nil || isStale
                ? .call(.checkPlatform)
                : .blocked(
                    .needsStaff,
                    "The platform has no volume limits; install the package df-limits."
                )
        }
        guard !platform.refusesRandomKeys else { return nil }
        return isStale
            ? .call(.checkPlatform)
            : .blocked(
                .needsStaff,
                "The platform does not refuse a random key as expected; check what answers at "
                    + "its address."
            )
    }

    private func missingLimit(_ plan: Plan) -> Step? {
        for limit in plan.limits {
            guard let known = observed.limits.first(where: { $0.isSlot(of: limit) }) else {
                return .createLimit(limit)
            }
            if known.rate != limit.rate { return .changeLimit(id: known.id, limit) }
        }
        return nil
    }

    private func surplusLimit(_ plan: Plan) -> Step? {
        let surplus = observed.limits.first { known in
            !plan.limits.contains { known.isSlot(of: $0) }
        }
        return surplus.map { .deleteLimit(id: $0.id) }
    }

    /// The app sleeps, and its key is proved to.
    private func putToSleep() -> Move? {
        guard let app = observed.apps.first(where: { $0.generation == desired.generation }) else {
            return nil
        }
        if app.isActive { return .call(.setApp(id: app.id, isActive: false)) }
        return isProved(.asleep) ? nil : .call(.prove(generation: desired.generation))
    }
}

extension Plan.Reference {
    /// The plan and its version as one word, as it is stored with what holds its rules.
    var tag: String { "\(id)@\(version)" }
}

extension ObservedGrant {
    /// Whether something may exist that is not known.
    var mustLookUp: Bool { mustLookUpSince != nil || writeBegunAt != nil }
}

extension ObservedGrant.Limit {
    /// Whether the platform would take this and that for one limit.
    func isSlot(of limit: RateLimit) -> Bool {
        period == limit.period.rawValue && verb == limit.verb?.rawValue
    }
}
