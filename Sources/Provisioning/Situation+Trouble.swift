import Subscriptions

extension Situation {
    /// What an outcome means for staff and for the next attempt, or nil where all went well.
    package func trouble(with outcome: Outcome) -> Failure? {
        switch outcome {
        case .failed(_, let failure): failure
        case .proved(let answer, let generation): trouble(answer, generation)
        case .platform(_, randomKey: .gone): nil
        case .platform(_, randomKey: .inconclusive):
            Failure(.retriable, "The platform's answer to a random key says nothing.")
        case .platform:
            Failure(
                .needsStaff,
                "The platform does not refuse a random key as expected; check what answers at "
                    + "its address."
            )
        case .found, .wroteRole, .madeApp, .setApp, .deletedApp, .wroteLimit, .deletedLimit,
            .clearedCounter, .deletedRole:
            nil
        case .lostKey: troubleWithLostKey
        }
    }

    private func trouble(_ answer: ProofAnswer, _ generation: Int) -> Failure? {
        if answer == .inconclusive {
            return Failure(.retriable, "The platform's answer to the key proves nothing yet.")
        }
        guard !isRevoked(generation) else { return troubleRevoked(answer, generation) }
        switch (answer, desired.access) {
        case (.alive, .active), (.asleep, .suspended), (.asleep, .none): return nil
        case (.alive, _):
            return Failure(
                .retriable,
                "The platform still accepts the key that sleeps; it is put to sleep again."
            )
        case (.asleep, _), (.gone, _), (.unfinished, _), (.inconclusive, _):
            return Failure(
                .retriable,
                "The platform refuses the key that should live; what is there is looked up again."
            )
        }
    }

    private func troubleRevoked(_ answer: ProofAnswer, _ generation: Int) -> Failure? {
        guard !observed.apps.contains(where: { $0.generation == generation }) else {
            return generation == 0 ? troubleEndingAdopted(answer) : nil
        }
        switch answer {
        case .gone: return nil
        case .unfinished, .inconclusive:
            return Failure(
                .retriable,
                "The platform refuses the key, but something of it is left; it is looked up again."
            )
        case .alive, .asleep:
            return Failure(
                .needsStaff,
                "The platform still knows the revoked key of generation \(generation) though its "
                    + "app is deleted: clear the platform's cache (DELETE /api/v2/system/cache) "
                    + "and look for another app with this key."
            )
        }
    }
}
