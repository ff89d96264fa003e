package import struct Foundation.Date

extension Grant {
    /// In which order due grants are worked on.
    package enum Priority: Int, Sendable, Comparable, CaseIterable {
        /// A key is taken down or put to sleep.
        case revocation
        /// A key is due that was never shown.
        case firstKey
        /// Everything else: imports, moves to another version of a plan, renewals, repetitions of proofs.
        case rest

        /// What goes first is less.
        package static func < (left: Priority, right: Priority) -> Bool {
            left.rawValue < right.rawValue
        }
    }

    /// What it goes before.
    package var priority: Priority {
        if isUnproved || ending != nil { return .revocation }
        switch desired.access {
        case .ended: return .rest
        case .active:
            return observed.shownGeneration < desired.generation && !isBulk ? .firstKey : .rest
        case .none, .suspended:
            return observed.apps.contains(where: \.isActive) ? .revocation : .rest
        }
    }

    /// The end, certain and not yet proved, of the generation before the one that is due.
    package var ending: ObservedGrant.Ending? {
        observed.ending.flatMap { ending in
            ending.generation == desired.generation - 1 && desired.access != .ended
                && desired.overlap != nil && ending.generation > observed.closedGeneration
                ? ending : nil
        }
    }

    /// Until when the generation before lives on; nil where it does not.
    package var previousUntil: Date? { ending?.at }

    /// Whether a key of it is taken down, or is to be, and is not yet proved to be refused.
    package var isUnproved: Bool {
        guard let revocation = observed.revocation else {
            return revokedGeneration > observed.closedGeneration
        }
        if revocation.closedAt == nil, revocation.provedAt == nil { return true }
        guard revokedGeneration > observed.closedGeneration else { return false }
        return revocation.generation < revokedGeneration || revocation.provedAt == nil
    }

    /// The newest generation that must be refused, whatever the time is.
    private var revokedGeneration: Int {
        if desired.access == .ended { return desired.generation }
        return desired.generation - (desired.overlap == nil ? 1 : 2)
    }
}
