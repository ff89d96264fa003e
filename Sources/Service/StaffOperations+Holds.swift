import Foundation
import JSON
import Subscriptions

extension StaffOperations {
    /// Places the hold `suspended`, and waits until the key was proved to sleep.
    func suspend(_ request: StaffRequest) async throws -> StaffReply {
        let reason = try request.reason()
        let subscription = try await match(request)
        let now = now()
        let (before, grant) = try await store.write { tx in
            let before = try tx.grant(subscription.id)
            guard before?.desired.access != .ended else {
                throw StaffStop(
                    .refused,
                    "Access of subscription \(subscription.id) has ended: there is nothing to "
                        + "suspend."
                )
            }
            let grant = try HoldDesk(access: access).place(
                .suspended,
                on: subscription,
                reason: reason,
                actor: request.actor,
                in: tx,
                now: now
            )
            return (before, grant)
        }
        notify()
        let wasAsleep = before?.isProvedAsleep == true
        let after =
            wasAsleep
            ? try await convergence.proveAgain(subscription.id) ?? grant
            : try await wait(request, for: subscription.id) { $0.isProvedAsleep }
        let body = try await shown(subscription.id)
        // A stored time has lost what it had below a millisecond.
        let asked = now.addingTimeInterval(-0.001)
        let isFresh = after.observed.proof.map { $0.at >= asked } ?? false
        guard after.isProvedAsleep, isFresh || !wasAsleep || after.hasNoKey else {
            let why = obstacle(after)
            return StaffReply(
                .notYetProved,
                "The key is withheld from lookups, and is not proved to sleep yet; Tollgate keeps "
                    + "trying.\(why)",
                body: body
            )
        }
        return StaffReply(
            .done,
            after.hasNoKey
                ? "Subscription \(subscription.id) has no key yet, and gets none until it is resumed."
                : "The key sleeps, proved.",
            body: body
        )
    }

    /// Lifts the hold `suspended`; where money is there, the same key wakes and is proved.
    func resume(_ request: StaffRequest) async throws -> StaffReply {
        let reason = try request.reason()
        let subscription = try await match(request)
        let now = now()
        let (lifted, grant) = try await store.write { tx in
            try HoldDesk(access: access).lift(
                .suspended,
                on: subscription,
                reason: reason,
                actor: request.actor,
                in: tx,
                now: now
            )
        }
        guard lifted > 0 else {
            throw StaffStop(
                .refused,
                "Staff have not suspended subscription \(subscription.id); access is "
                    + "\(grant.desired.access.rawValue): \(grant.desired.reason)."
            )
        }
        notify()
        guard grant.desired.access == .active else {
            return StaffReply(
                .done,
                "The hold is lifted; access is \(grant.desired.access.rawValue): "
                    + "\(grant.desired.reason).",
                body: try await shown(subscription.id)
            )
        }
        let after = try await wait(request, for: subscription.id) { $0.isProvedAlive }
        let why = obstacle(after)
        return StaffReply(
            after.isProvedAlive ? .done : .notYetProved,
            after.isProvedAlive
                ? "The hold is lifted and the key works, proved."
                : "The hold is lifted; the key is not proved to work yet.\(why)",
            body: try await shown(subscription.id)
        )
    }
}

extension Grant {
    /// Whether no key was ever due, nor taken over.
    fileprivate var hasNoKey: Bool { desired.generation == 0 && observed.adopted == nil }

    /// Whether every key sleeps that is not refused, and was proved to; or there never was one.
    var isProvedAsleep: Bool {
        guard desired.access == .suspended || desired.access == .none, !isUnproved else {
            return false
        }
        let proofs = [observed.proof, observed.previousProof]
        return !observed.mayHoldMore
            && observed.apps.allSatisfy { app in
                !app.isActive
                    && proofs.contains {
                        $0?.generation == app.generation && $0?.answer == .asleep
                    }
            }
    }

    /// Whether the key that is due lives, and was proved to.
    var isProvedAlive: Bool {
        (isShown || isAdopted) && observed.proof?.answer == .alive
            && observed.proof?.generation == desired.generation
            && observed.apps.contains { $0.generation == desired.generation && $0.isActive }
    }
}

extension ObservedGrant {
    /// Whether something may exist that is not known.
    fileprivate var mayHoldMore: Bool { mustLookUpSince != nil || writeBegunAt != nil }
}
