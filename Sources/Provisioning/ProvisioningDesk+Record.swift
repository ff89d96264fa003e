import Subscriptions

import struct Foundation.Date

extension ProvisioningDesk {
    /// Writes what an outcome says about the platform as a whole.
    func learn(
        _ outcome: Outcome,
        in tx: any StoreTransaction,
        _ now: Date
    ) throws -> Installation? {
        guard var installation = try tx.installation() else { return nil }
        let before = installation
        switch outcome {
        case .platform(_, randomKey: .gone): installation.randomKeyRefusedAt = now
        case .platform(_, randomKey: .inconclusive): break
        case .platform: installation.randomKeyRefusedAt = nil
        case .proved(.alive, _):
            installation.liveKeyAnsweredAt = installation.liveKeyAnsweredAt ?? now
        case .proved, .found, .wroteRole, .madeApp, .setApp, .deletedApp, .wroteLimit,
            .deletedLimit, .clearedCounter, .deletedRole, .lostKey, .failed:
            break
        }
        if installation != before { try tx.update(installation) }
        return installation
    }

    /// Writes the audit and the key rows where the state of a key has changed.
    func record(
        _ before: ObservedGrant,
        _ grant: Grant,
        in tx: any StoreTransaction,
        _ now: Date
    ) throws {
        let after = grant.observed
        let id = grant.subscriptionID
        func audit(_ action: String, _ generation: Int) throws {
            try tx.append(
                AuditEntry(
                    at: now,
                    actor: "provisioner",
                    action: action,
                    subscriptionID: id,
                    details: ["generation": String(generation)]
                )
            )
        }
        if after.shownGeneration > before.shownGeneration {
            if var key = try tx.key(id, generation: after.shownGeneration), key.shownAt == nil {
                key.shownAt = now
                try tx.update(key)
                // A key that staff, time or a rotation asked for was not paid for just now.
                if let arrival = try tx.arrival(handledAt: key.createdAt, about: id) {
                    try tx.keep(.payment, since: arrival, at: now)
                }
            }
            try audit("key.shown", after.shownGeneration)
        } else if let proof = after.proof, proof.answer != before.proof?.answer {
            switch proof.answer {
            case .alive where grant.desired.access == .active:
                try audit("key.awake", proof.generation)
            case .asleep where grant.desired.access != .ended:
                try audit("key.asleep", proof.generation)
            case .alive, .asleep, .gone, .unfinished, .inconclusive: break
            }
        }
        if let revocation = after.revocation {
            if revocation.provedAt != nil,
                before.revocation?.provedAt == nil
                    || before.revocation?.generation != revocation.generation
            {
                try audit("key.refused", revocation.generation)
                // One that had ended and came back was promised, and kept, before.
                let endedAt =
                    revocation.generation == 0
                    ? before.adopted?.endedAt
                    : try tx.key(id, generation: revocation.generation)?.endedAt
                if endedAt == nil {
                    let decided = grant.revokedAt(revocation)
                    let arrived = try tx.arrival(handledAt: decided, about: id)
                    try tx.keep(.revocation, since: arrived ?? decided, at: now)
                }
            }
            if revocation.isBack, before.revocation?.isBack != true {
                try audit("key.back", revocation.generation)
            }
        }
        guard after.closedGeneration > before.closedGeneration else { return }
        for generation in before.closedGeneration + 1...after.closedGeneration {
            if var key = try tx.key(id, generation: generation), key.endedAt == nil {
                key.endedAt = now
                try tx.update(key)
            }
            try audit("key.ended", generation)
        }
    }
}

extension Grant {
    /// When a revocation was decided, which is before it was begun; the old key of a rotation with
    /// grace is due when its time is over, and not when the rotation was decided.
    fileprivate func revokedAt(_ revocation: ObservedGrant.Revocation) -> Date {
        let isDecided = desired.access == .ended || desired.overlap == nil
        return isDecided ? min(changedAt, revocation.startedAt) : revocation.startedAt
    }
}
