import struct Foundation.Date
import Subscriptions

/// Keys that sleep, are proved to, and later once more: a cache can be refilled behind our back.
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
        guard let repetition = sleepRepetition, now >= repetition.at else { return nil }
        return .call(.prove(generation: repetition.generation))
    }

    /// Which sleeping key is asked once more, and when; nil where all were.
    var sleepRepetition: (generation: Int, at: Date)? {
        guard desired.access == .suspended || desired.access == .none else { return nil }
        return observed.apps.compactMap { app -> (generation: Int, at: Date)? in
            guard let proof = proof(of: app.generation), proof.answer == .asleep,
                let since = proof.since
            else { return nil }
            let due = since.addingTimeInterval(Self.settling)
            return proof.at < due ? (app.generation, due) : nil
        }.min { $0.at < $1.at }
    }

    private func proof(of generation: Int) -> ObservedGrant.Proof? {
        let last = generation == desired.generation ? observed.proof : observed.previousProof
        return last?.generation == generation ? last : nil
    }
}
