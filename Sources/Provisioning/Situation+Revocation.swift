import struct Foundation.Date
import Subscriptions

/// Taking down: the app first, then the proof, then limits and role; and later all of it again.
extension Situation {
    /// The proof of a revoked key that has not been refused since something was last found.
    ///
    /// A key that was accepted though its app is deleted may be an app's that we do not know, or
    /// a cache's: without its role it can do nothing. As long as it is cached so, the key that is
    /// paid for comes first.
    func proofOfRefusal(_ revoked: [Int]) -> Step? {
        guard let generation = revoked.first(where: { !isRefused($0) }) else { return nil }
        // The role of an app that was taken over is not ours.
        if observed.revocation?.isBack == true, generation > 0, let roleID = observed.roleID {
            return .deleteRole(id: roleID)
        }
        if desired.access == .active, hasNoRole(generation), case .call(let step)? = bringUp() {
            return step
        }
        return .prove(generation: generation)
    }

    /// Whether the key of a deleted app was last refused for want of a role.
    private func hasNoRole(_ generation: Int) -> Bool {
        observed.revocation?.refusals.contains {
            $0.generation == generation && $0.answer == .unfinished
        } ?? false
    }

    func takeDown() -> Move? {
        if let limit = observed.limits.first { return .call(.deleteLimit(id: limit.id)) }
        if let roleID = observed.roleID { return .call(.deleteRole(id: roleID)) }
        guard !revokedGenerations.isEmpty else { return nil }
        return observed.revocation?.lookedUpAt == nil ? .call(.lookUp) : nil
    }

    var isRepetitionDue: Bool {
        guard !revokedGenerations.isEmpty,
            let due = observed.revocation?.repetitionDue(observed.unknownWriteAt)
        else { return false }
        return now >= due
    }

    /// Waits for the repetition, then repeats look-up and proofs.
    func settle(_ revoked: [Int]) -> Move {
        guard let deadline = observed.revocation?.repetitionDue(observed.unknownWriteAt) else {
            return calibrate(revoked)
        }
        guard now >= deadline else { return .rest(until: deadline) }
        if observed.revocation?.isLookedUp(since: deadline) != true { return .call(.lookUp) }
        let generation = revoked.first { !isRefused($0, since: deadline) } ?? revoked[0]
        return .call(.prove(generation: generation))
    }

    /// Refusals count only where a random key is refused alike and a live key was accepted.
    private func calibrate(_ revoked: [Int]) -> Move {
        if platform.provesRefusals { return .call(.prove(generation: revoked[0])) }
        let isStale = platform.checkedAt.map { now.timeIntervalSince($0) >= Self.recheck } ?? true
        if !platform.refusesRandomKeys, isStale { return .call(.checkPlatform) }
        return .blocked(
            .retriable,
            "The key is refused, which proves nothing until the platform has refused a random "
                + "key and accepted a live one."
        )
    }

    func isRefused(_ generation: Int, since date: Date = .distantPast) -> Bool {
        if generation == 0, isLostKeyRefused { return true }
        return observed.revocation?.refusals.contains {
            $0.generation == generation && $0.answer == .gone && $0.at >= date
        } ?? false
    }

    /// The observed state with its revocation begun, moved on or closed by what is known now.
    func settlingRevocation() -> ObservedGrant {
        var result = observed
        let revoked = revokedGenerations
        guard !revoked.isEmpty, var revocation = observed.revocation else { return result }
        let isQuiet = revoked.allSatisfy { isRefused($0) } && !observed.mustLookUp
        if isQuiet, platform.provesRefusals {
            if isAsked(revoked) { revocation.provedAt = revocation.provedAt ?? now }
            revocation.quietSince = revocation.quietSince ?? now
            revocation.isBack = false
        }
        if let deadline = revocation.repetitionDue(observed.unknownWriteAt), isQuiet,
            now >= deadline, revocation.isLookedUp(since: deadline),
            revoked.allSatisfy({ isRefused($0, since: deadline) })
        {
            revocation.closedAt = now
            result.closedGeneration = revoked.last ?? result.closedGeneration
            if revoked.contains(0) { result.adopted?.endedAt = now }
            result.unknownWriteAt = nil
        }
        result.revocation = revocation
        return result
    }
}

extension ObservedGrant.Revocation {
    /// From when on look-up and proofs count as the repetition; nil while a key is not yet proved
    /// to be refused.
    func repetitionDue(_ unknownWriteAt: Date?) -> Date? {
        guard let quietSince, closedAt == nil else { return nil }
        let settled = quietSince.addingTimeInterval(Situation.settling)
        let late = unknownWriteAt?.addingTimeInterval(Situation.lateWrite) ?? settled
        return max(settled, late)
    }

    func isLookedUp(since date: Date) -> Bool {
        lookedUpAt.map { $0 >= date } ?? false
    }

    /// Something was found, so all that was refused and absent before counts no more.
    mutating func startOver() {
        refusals = []
        quietSince = nil
        lookedUpAt = nil
    }
}
