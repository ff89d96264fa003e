import DreamFactory
import Subscriptions

import struct Foundation.Date

/// What the provisioner reads and writes within one transaction.
struct ProvisioningDesk: Sendable {
    let mode: Mode
    let keyRing: KeyRing
    let backoff: Backoff

    /// What a grant is to do now, with its intent stored.
    enum Turn: Sendable {
        case work(WorkOrder)
        case rest(Grant)
        case none
    }

    /// Stores what came of a step; whether the grant goes on at once.
    func finish(
        _ order: WorkOrder,
        _ outcome: Outcome,
        _ platform: PlatformKnowledge,
        in tx: any StoreTransaction,
        now: Date
    ) throws -> Bool {
        guard var grant = try tx.grant(order.subscriptionID) else { return false }
        let installation = try learn(outcome, in: tx, now)
        var situation = try situation(of: grant, installation, platform, in: tx, now)
        let trouble = situation.trouble(with: outcome)
        let before = grant.observed
        situation.observed = situation.applying(outcome)
        grant.observed = situation.observed
        if grant.hasFirstKey { grant.isBulk = false }
        let isOvertaken = grant.desired != order.desired
        var goesOn = true
        if let trouble {
            grant.note(trouble, now)
            if !isOvertaken {
                grant.failures += 1
                grant.nextAttemptAt = nextAttempt(grant, situation)
                goesOn = trouble.meaning == .beliefIsWrong && grant.failures <= 3
            }
        }
        try tx.finish(
            attempt: order.attempt,
            at: now,
            outcome: trouble?.sentence ?? "done",
            problem: trouble?.kind
        )
        try tx.save(grant)
        try record(before, grant, in: tx, now)
        return goesOn
    }

    /// Chooses the next step of a grant and stores its intent, or stores why there is none.
    ///
    /// A step that is not wanted stays undecided and due.
    func begin(
        _ id: Subscription.ID,
        _ platform: PlatformKnowledge,
        in tx: any StoreTransaction,
        now: Date,
        onlyIf isWanted: (Step) -> Bool = { _ in true }
    ) throws -> Turn {
        guard var grant = try tx.grant(id) else { return .none }
        let situation = try situation(of: grant, try tx.installation(), platform, in: tx, now)
        switch situation.next() {
        case .call(let step):
            guard isWanted(step) else { return .none }
            do {
                return .work(try order(step, situation, &grant, in: tx))
            } catch let error as OrderFailure {
                return .rest(try block(&grant, error.failure, situation, in: tx))
            }
        case .rest(let until):
            grant.failures = 0
            grant.problem = nil
            grant.nextAttemptAt = until
            try tx.save(grant)
            return .rest(grant)
        case .blocked(let kind, let sentence):
            return .rest(try block(&grant, Failure(kind, sentence), situation, in: tx))
        }
    }

    /// Orders a proof that the newest key sleeps or is refused, whatever is known of it; none where
    /// it is to live, perhaps again.
    func beginProof(
        _ id: Subscription.ID,
        _ platform: PlatformKnowledge,
        in tx: any StoreTransaction,
        now: Date
    ) throws -> WorkOrder? {
        guard var grant = try tx.grant(id), grant.desired.generation > 0 || grant.isAdopted,
            grant.desired.access != .active
        else { return nil }
        let situation = try situation(of: grant, try tx.installation(), platform, in: tx, now)
        return try order(.prove(generation: grant.desired.generation), situation, &grant, in: tx)
    }

    private func situation(
        of grant: Grant,
        _ installation: Installation?,
        _ platform: PlatformKnowledge,
        in tx: any StoreTransaction,
        _ now: Date
    ) throws -> Situation {
        var platform = platform
        platform.refusesRandomKeys = installation?.randomKeyRefusedAt != nil
        platform.acceptsLiveKeys = installation?.liveKeyAnsweredAt != nil
        return Situation(
            desired: grant.desired,
            observed: grant.observed,
            plan: try grant.desired.plan.flatMap { try tx.plan($0)?.plan },
            platform: platform,
            now: now
        )
    }

    private func order(
        _ step: Step,
        _ situation: Situation,
        _ grant: inout Grant,
        in tx: any StoreTransaction
    ) throws -> WorkOrder {
        let id = grant.subscriptionID
        guard let installation = try tx.installation(),
            let names = GrantNames(mode: mode, installation: installation, subscription: id)
        else { throw OrderFailure("Its id cannot stand in a name on the platform.") }
        let keys = try keys(of: situation, id, in: tx)
        grant.observed = situation.beginning(step)
        // Due until the outcome is stored, so that a crash leaves it to the next start.
        grant.nextAttemptAt = grant.nextAttemptAt ?? situation.now
        let attempt = try tx.begin(step: step.word, for: id, at: situation.now)
        try tx.save(grant)
        return WorkOrder(
            subscriptionID: id,
            step: step,
            attempt: attempt,
            names: names,
            desired: grant.desired,
            observed: grant.observed,
            plan: grant.desired.access == .ended ? nil : situation.plan,
            keys: keys
        )
    }

    /// The keys of the generations that may be on the platform.
    private func keys(
        of situation: Situation,
        _ id: Subscription.ID,
        in tx: any StoreTransaction
    ) throws -> [Int: AppKey] {
        var keys: [Int: AppKey] = [:]
        let living = [situation.desired.generation, situation.previousGeneration ?? 0]
        let generations = Set(situation.revokedGenerations + living)
        for generation in generations where generation > 0 {
            guard let row = try tx.key(id, generation: generation) else {
                throw OrderFailure(
                    "The row of key generation \(generation) is missing; restore the database "
                        + "from a backup."
                )
            }
            do {
                keys[generation] = AppKey(try keyRing.text(of: row, mode: mode))
            } catch {
                throw OrderFailure(error.description)
            }
        }
        return keys
    }

    private func block(
        _ grant: inout Grant,
        _ failure: Failure,
        _ situation: Situation,
        in tx: any StoreTransaction
    ) throws -> Grant {
        grant.note(failure, situation.now)
        grant.failures += 1
        grant.nextAttemptAt = nextAttempt(grant, situation)
        try tx.save(grant)
        return grant
    }

    private func nextAttempt(_ grant: Grant, _ situation: Situation) -> Date {
        let isRevocation = !situation.revokedGenerations.isEmpty
        // What is refused for good is tried again only in case somebody has changed something.
        let isHopeless = grant.problem?.kind == .permanent && !isRevocation
        let delay = backoff.delay(
            afterFailures: isHopeless ? Int.max : grant.failures,
            isRevocation: isRevocation
        )
        let next = situation.now.addingTimeInterval(delay)
        // No failure holds up the end of a key that a rotation has left.
        guard let previous = situation.previousGeneration, let ending = grant.observed.ending,
            ending.generation == previous
        else { return next }
        return min(next, ending.at)
    }
}

/// Why a step cannot even be ordered.
private struct OrderFailure: Error {
    let failure: Failure

    init(_ sentence: String) { failure = Failure(.needsStaff, sentence) }
}

extension Grant {
    /// Whether its first key works, or the one of an app that was taken over does.
    fileprivate var hasFirstKey: Bool {
        isAdopted
            ? observed.proof?.answer == .alive
            : observed.shownGeneration >= desired.generation
    }

    /// Notes what stands in the way, with the time since when anything does: a trouble that
    /// changes its face is no younger for it.
    fileprivate mutating func note(_ failure: Failure, _ now: Date) {
        problem = GrantProblem(failure.kind, failure.sentence, since: problem?.since ?? now)
    }
}
