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

    /// The generation before the one that is due, while it lives on beside it.
    ///
    /// Once it was begun to be taken down it never lives again, whatever a clock says.
    package var previousGeneration: Int? {
        let previous = desired.generation - 1
        guard desired.access != .ended, desired.overlap != nil,
            previous > observed.closedGeneration,
            observed.revocation.map({ $0.generation < previous }) ?? true
        else { return nil }
        if let ending = observed.ending, ending.generation == previous, now >= ending.at {
            return nil
        }
        return previous
    }

    /// The newest generation that must be refused.
    private var newestRevoked: Int {
        guard desired.access != .ended else { return desired.generation }
        return (previousGeneration ?? desired.generation) - 1
    }

    /// The generations whose keys must be refused, until that is proved, repeated and closed.
    package var revokedGenerations: [Int] {
        guard newestRevoked > observed.closedGeneration else { return [] }
        return Array(observed.closedGeneration + 1...newestRevoked)
    }

    func isRevoked(_ generation: Int) -> Bool { generation <= newestRevoked }

    /// The next move; a pure function of the situation.
    package func next() -> Move {
        let move = nextMove()
        guard case .rest(let until) = move, let previous = previousGeneration,
            let ending = observed.ending, ending.generation == previous
        else { return move }
        return .rest(until: min(until ?? ending.at, ending.at))
    }

    private func nextMove() -> Move {
        // The fastest way to end a key comes before everything else.
        let revoked = revokedGenerations
        if let app = revokedAdoptedApp, app.isActive {
            return .call(.setApp(id: app.id, isActive: false))
        }
        let surplus = observed.apps.first { app in
            app.generation > 0 && (revoked.contains(app.generation) || !app.fits)
        }
        if let surplus { return .call(swap(revoked) ?? .deleteApp(id: surplus.id)) }
        if let app = revokedAdoptedApp { return .call(endAdopted(app)) }
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
        let quiet = move ?? (revoked.isEmpty ? rest() : settle(revoked))
        guard case .rest(let until) = quiet, let due = repetition?.at else { return quiet }
        return .rest(until: min(until ?? due, due))
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
    func bringUp() -> Move? {
        if desired.generation == 0, observed.adopted != nil { return keepAdopted() }
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
        let isAsleep = observed.apps.contains { !$0.isActive }
        if isAsleep, observed.verifiedAt == nil { return .call(.lookUp) }
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
        let step = keepPrevious() ?? surplusLimit(plan) ?? staleCounter(plan) ?? repeatProof()
        return step.map { .call($0) }
    }

    /// Until it ends, the key before works as well as the new one.
    private func keepPrevious() -> Step? {
        guard let previous = previousGeneration else { return nil }
        guard let app = observed.apps.first(where: { $0.generation == previous }) else {
            // An app that was taken over and is gone cannot be made again.
            return previous > 0 ? .createApp(generation: previous) : nil
        }
        if !app.isActive { return .setApp(id: app.id, isActive: true) }
        guard let proof = observed.previousProof, proof.generation == previous,
            proof.answer != .alive
        else { return nil }
        return .prove(generation: previous)
    }

    /// The one call that makes the new app and deletes the old ones, which also ends a key that a
    /// cache still holds; it is tried once, since a repetition could not tell what is there.
    private func swap(_ revoked: [Int]) -> Step? {
        guard desired.access == .active, desired.generation > 0, previousGeneration == nil,
            observed.roleID != nil, !observed.mustLookUp, observed.limitRefusedAt == nil,
            observed.unswappedGeneration != desired.generation,
            observed.apps.allSatisfy({ $0.fits && $0.generation != desired.generation }),
            let plan, platformCheck(plan) == nil, missingLimit(plan) == nil
        else { return nil }
        // An app that was taken over is not on the role.
        let old = observed.apps.filter { $0.generation > 0 && revoked.contains($0.generation) }
            .map(\.id)
        return .swapApps(generation: desired.generation, old: old)
    }

    private var isShown: Bool { observed.shownGeneration >= desired.generation }

    func isProved(_ answer: ProofAnswer) -> Bool {
        observed.proof?.generation == desired.generation && observed.proof?.answer == answer
    }

    /// Nothing is made on a platform that cannot hold a plan's limits or whose answers to keys
    /// mean nothing.
    private func platformCheck(_ plan: Plan) -> Move? {
        if observed.shownGeneration > 0, observed.roleID != nil { return nil }
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

    /// Whether the role stands there with all limits of the plan, and nothing is unsure.
    var isLimited: Bool {
        guard observed.roleID != nil, !observed.mustLookUp, let plan else { return false }
        return missingLimit(plan) == nil
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

    /// A counter that counts a month that is over, or may still lock out whoever has upgraded.
    private func staleCounter(_ plan: Plan) -> Step? {
        for limit in plan.limits {
            guard let known = observed.limits.first(where: { $0.isSlot(of: limit) }) else {
                continue
            }
            if limit.period == .month, let allowance = desired.allowance,
                known.freshFor.map({ $0 < allowance }) ?? true
            {
                return .clearCounter(id: known.id, ifFull: false)
            }
            if known.raisedAt != nil { return .clearCounter(id: known.id, ifFull: true) }
        }
        return nil
    }
}

extension Plan.Reference {
    /// The plan and its version as one word, as it is stored with what holds its rules.
    var tag: String { "\(id)@\(version)" }
}

extension ObservedGrant {
    /// Whether something may exist that is not known, or be gone that is believed to exist.
    var mustLookUp: Bool {
        mustLookUpSince != nil || writeBegunAt != nil || deletionBegunAt != nil
    }
}

extension ObservedGrant.Limit {
    /// Whether the platform would take this and that for one limit.
    func isSlot(of limit: RateLimit) -> Bool {
        period == limit.period.rawValue && verb == limit.verb?.rawValue
    }
}
