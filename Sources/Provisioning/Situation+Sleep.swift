import struct Foundation.Date
import Subscriptions

/// Keys that sleep, and proofs that are made once more: a cache can be refilled behind our back.
extension Situation {
    /// The apps sleep, and their keys are proved to.
    func putToSleep() -> Move? {
        let awake = observed.apps.first { app in
            app.isActive || proof(of: app.generation)?.answer == .alive
        }
        if let awake { return .call(.setApp(id: awake.id, isActive: false)) }
        let unproved = observed.apps.map(\.generation).sorted(by: >).first { generation in
            generation == desired.generation
                ? !isProved(.asleep) : observed.previousProof?.answer != .asleep
        }
        if let unproved { return .call(.prove(generation: unproved)) }
        return repeatProof().map { .call($0) }
    }

    /// The proof that is due once more.
    func repeatProof() -> Step? {
        guard let repetition, now >= repetition.at else { return nil }
        return .prove(generation: repetition.generation)
    }

    /// Which key is asked once more, and when: one that sleeps, or lives by an app that was made
    /// anew; nil where all were.
    var repetition: (generation: Int, at: Date)? {
        observed.apps.compactMap { app -> (generation: Int, at: Date)? in
            guard let proof = proof(of: app.generation), let since = unsettledSince(proof) else {
                return nil
            }
            let due = since.addingTimeInterval(Self.settling)
            return proof.at < due ? (app.generation, due) : nil
        }.min { $0.at < $1.at }
    }

    private func unsettledSince(_ proof: ObservedGrant.Proof) -> Date? {
        switch (desired.access, proof.answer) {
        case (.suspended, .asleep), (.none, .asleep): proof.since
        case (.active, .alive) where proof.generation > 0: observed.remadeAt
        case (.active, _), (.suspended, _), (.none, _), (.ended, _): nil
        }
    }

    private func proof(of generation: Int) -> ObservedGrant.Proof? {
        let last = generation == desired.generation ? observed.proof : observed.previousProof
        return last?.generation == generation ? last : nil
    }
}
