import struct Foundation.Date
package import Subscriptions

extension Situation {
    /// The observed state that is stored before a step is made, so that a crash in the middle
    /// leaves nothing believed that may have changed.
    package func beginning(_ step: Step) -> ObservedGrant {
        var result = observed
        if let newest = revokedGenerations.last { result.beginRevocation(of: newest, now) }
        if step.isWrite { result.writeBegunAt = now }
        if step.isDeletion { result.deletionBegunAt = now }
        switch step {
        case .createRole(let generation, _):
            result.proof = nil
            result.noteMaking(of: generation, now)
        case .createApp(let generation):
            result.forgetProof(of: generation, desired, now)
            result.noteMaking(of: generation, now)
        case .swapApps(let generation, _):
            result.proof = nil
            result.noteMaking(of: generation, now)
            result.unswappedGeneration = generation
        case .setApp(let id, let isActive):
            if let app = observed.apps.first(where: { $0.id == id }),
                app.generation == desired.generation || !isActive
            {
                result.forgetProof(of: app.generation, desired, now)
            }
            if id == result.adopted?.id { result.adopted?.wasRefused = false }
            // Believed awake from here on, so that a wish to sleep is never skipped.
            if isActive { result.setApp(id, isActive: true) } else { result.verifiedAt = nil }
        case .repairRole: result.rules = nil
        case .changeLimit(let id, let limit):
            for index in result.limits.indices
            where result.limits[index].id == id && result.limits[index].rate < limit.rate {
                result.limits[index].raisedAt = now
            }
        case .checkPlatform, .lookUp, .deleteApp, .createLimit, .deleteLimit, .clearCounter,
            .deleteRole, .prove:
            break
        }
        return result
    }

    /// The observed state after an outcome.
    package func applying(_ outcome: Outcome) -> ObservedGrant {
        var after = self
        after.observed = applied(outcome)
        return after.settlingRevocation()
    }

    private func applied(_ outcome: Outcome) -> ObservedGrant {
        var result = observed
        switch outcome {
        case .platform: break
        case .found(let finding): result.take(finding, revoked: revokedGenerations, wish, now)
        case .wroteRole(let role):
            result.writeBegunAt = nil
            result.take(role)
        case .madeApp(let app):
            result.writeBegunAt = nil
            result.apps.removeAll { $0.id == app.id }
            result.apps.append(app)
        case .setApp(let id, let isActive):
            result.writeBegunAt = nil
            result.setApp(id, isActive: isActive)
        case .deletedApp(let id):
            result.deletionBegunAt = nil
            result.apps.removeAll { $0.id == id }
        case .wroteLimit(let limit):
            result.writeBegunAt = nil
            result.limitRefusedAt = nil
            let written = result.marked([limit])
            result.limits.removeAll { $0.id == limit.id }
            result.limits += written
        case .deletedLimit(let id):
            result.deletionBegunAt = nil
            result.limits.removeAll { $0.id == id }
        case .clearedCounter(let id, let allowance):
            for index in result.limits.indices where result.limits[index].id == id {
                result.limits[index].raisedAt = nil
                result.limits[index].freshFor = allowance ?? result.limits[index].freshFor
            }
        case .deletedRole:
            result.deletionBegunAt = nil
            result.roleID = nil
            result.rules = nil
            // The platform deletes a role's limits with it, but its apps stay behind.
            if !result.apps.isEmpty { result.mustLookUpSince = now }
        case .proved(let answer, let generation): prove(&result, answer, generation)
        case .lostKey: result.loseAdopted()
        case .failed(let step, let failure): fail(&result, step, failure)
        }
        return result
    }

    private var wish: Access { desired.access }

    private func prove(_ result: inout ObservedGrant, _ answer: ProofAnswer, _ generation: Int) {
        if generation == 0 { noteAdopted(&result, answer) }
        guard answer != .inconclusive else { return }
        let last = generation == desired.generation ? result.proof : result.previousProof
        let isSame = last?.generation == generation && last?.answer == answer
        let proof = ObservedGrant.Proof(
            answer: answer,
            generation: generation,
            at: now,
            since: isSame ? last?.since : now
        )
        if generation == desired.generation { result.proof = proof }
        if generation == previousGeneration { result.previousProof = proof }
        if generation <= result.closedGeneration, answer != .gone {
            result.closedGeneration = generation - 1
            result.beginRevocation(of: generation, now)
        }
        guard !isRevoked(generation) else { return proveRevoked(&result, proof) }
        switch (answer, wish) {
        // Whoever asks for a proof may ask before the limits are there.
        case (.alive, .active) where !isLimited: break
        case (.alive, .active):
            result.shownGeneration = max(result.shownGeneration, generation)
            if generation == desired.generation { endPrevious(&result) }
        case (.asleep, .none), (.asleep, .suspended): break
        // A cache still lets the key in: the app, which sleeps, is put to sleep again.
        case (.alive, _): break
        case (.asleep, _), (.gone, _), (.unfinished, _): result.mustLookUpSince = now
        case (.inconclusive, _): break
        }
    }

    /// The new key works, so the one before gets its end.
    private func endPrevious(_ result: inout ObservedGrant) {
        guard let previous = previousGeneration, let overlap = desired.overlap,
            result.ending?.generation != previous
        else { return }
        result.ending = ObservedGrant.Ending(
            generation: previous,
            at: now.addingTimeInterval(overlap.seconds)
        )
    }

    private func proveRevoked(_ result: inout ObservedGrant, _ proof: ObservedGrant.Proof) {
        // Asked before the revocation came: its app is still to be deleted.
        guard !result.apps.contains(where: { $0.generation == proof.generation }) else { return }
        result.revocation?.refusals.removeAll { $0.generation == proof.generation }
        switch proof.answer {
        case .gone: result.revocation?.refusals.append(proof)
        case .unfinished:
            result.revocation?.refusals.append(proof)
            result.revocation?.isBack = false
            result.mustLookUpSince = now
        case .alive, .asleep:
            result.revocation?.startOver()
            result.revocation?.isBack = true
            result.mustLookUpSince = now
        case .inconclusive: break
        }
    }

    private func fail(_ result: inout ObservedGrant, _ step: Step, _ failure: Failure) {
        if step.isDeletion {
            result.deletionBegunAt = nil
            if failure.outcomeIsUnknown {
                result.unknownDeletionAt = now
                // What may be gone must not be taken for there once it is wanted again.
                result.mustLookUpSince = now
            }
        }
        if step.isWrite {
            result.writeBegunAt = nil
            if failure.outcomeIsUnknown {
                result.unknownWriteAt = now
                result.mustLookUpSince = now
            }
        }
        if failure.meaning == .beliefIsWrong { result.mustLookUpSince = now }
        switch step {
        case .createLimit, .changeLimit:
            guard failure.meaning == .refused else { break }
            result.limitRefusedAt = now
            result.mustLookUpSince = now
        case .setApp: result.mustLookUpSince = now
        case .checkPlatform, .lookUp, .createRole, .repairRole, .createApp, .swapApps, .deleteApp,
            .deleteLimit, .clearCounter, .deleteRole, .prove:
            break
        }
    }
}

extension ObservedGrant {
    /// Begins to take down the generations up to one, unless that is under way.
    mutating func beginRevocation(of generation: Int, _ now: Date) {
        if let revocation, revocation.closedAt == nil, revocation.generation >= generation {
            return
        }
        var begun = Revocation(generation: generation, startedAt: now)
        begun.refusals = revocation?.closedAt == nil ? revocation?.refusals ?? [] : []
        revocation = begun
    }

    /// A key that had an app before may be cached with that one.
    mutating func noteMaking(of generation: Int, _ now: Date) {
        let newest = madeGeneration ?? shownGeneration
        if generation <= newest { remadeAt = now } else { madeGeneration = generation }
    }

    /// What was proved of a key says nothing once its app is made or changed; of the key before
    /// the last that is known then is that it does not live.
    mutating func forgetProof(of generation: Int, _ desired: DesiredGrant, _ now: Date) {
        if generation == desired.generation {
            proof = nil
        } else {
            previousProof = Proof(answer: .gone, generation: generation, at: now)
        }
    }

    /// Limits as they were read, with what is known of their counters.
    func marked(_ read: [Limit]) -> [Limit] {
        read.map { limit in
            guard let known = limits.first(where: { $0.id == limit.id }) else { return limit }
            var marked = limit
            marked.freshFor = limit.freshFor ?? known.freshFor
            marked.raisedAt = known.raisedAt
            return marked
        }
    }

    mutating func setApp(_ id: Int, isActive: Bool) {
        for index in apps.indices where apps[index].id == id { apps[index].isActive = isActive }
    }

    mutating func take(_ role: Finding.Role) {
        roleID = role.id
        rules = role.rules
        apps = apps.filter { $0.generation == 0 } + role.apps
    }

    /// When the last call of unknown outcome was made that may still come true.
    private static func stillUnknown(_ known: Date?, _ begun: Date?, _ now: Date) -> Date? {
        [known, begun].compactMap(\.self).filter {
            now < $0.addingTimeInterval(Situation.lateWrite)
        }.max()
    }

    /// Believes what was found and nothing else.
    mutating func take(_ finding: Finding, revoked: [Int], _ wish: Access, _ now: Date) {
        unknownWriteAt = Self.stillUnknown(unknownWriteAt, writeBegunAt, now)
        unknownDeletionAt = Self.stillUnknown(unknownDeletionAt, deletionBegunAt, now)
        writeBegunAt = nil
        deletionBegunAt = nil
        mustLookUpSince = nil
        roleID = nil
        rules = nil
        apps = []
        if let role = finding.role { take(role) }
        apps += finding.strayApps
        if let app = finding.adopted { take(app) }
        limits = marked(finding.limits)
        // What was read while the key slept is read again before it wakes.
        verifiedAt = wish == .active ? now : nil
        if roleID == nil { limitRefusedAt = nil }
        guard !revoked.isEmpty else { return }
        let isClean =
            wish == .ended
            ? roleID == nil && apps.isEmpty && limits.isEmpty
            : !apps.contains { revoked.contains($0.generation) }
        if isClean { revocation?.lookedUpAt = now } else { revocation?.startOver() }
    }
}
