package import struct Foundation.Date

/// What is still to be done, in numbers and since when.
package struct Backlog: Hashable, Sendable {
    /// Things that wait, and since when the oldest does.
    package struct Waiting: Hashable, Sendable {
        /// How many.
        package var count: Int
        /// Since when the oldest waits; nil where nothing does.
        package var since: Date?

        /// Makes a count.
        package init(count: Int = 0, since: Date? = nil) {
            self.count = count
            self.since = since
        }
    }

    /// Events that have no effect yet, by arrival.
    package var pending = Waiting()
    /// Events that cannot be read as the provider's.
    package var unparsed = 0
    /// Parked events by what they need.
    package var parked: [Need.Kind: Int] = [:]
    /// Grants that have a problem or are due, which is what is not converged.
    package var unconverged = Waiting()
    /// Grants that have a problem, by who can do something about it.
    package var problems: [GrantProblem.Kind: Int] = [:]
    /// Grants with ``Grant/isUnproved``, since the revocation was decided.
    package var unproved = Waiting()

    /// Makes an empty one.
    package init() {}
}

extension Grant {
    /// Since when it is not converged; nil where it is, or where its next step has time.
    package func unconvergedSince(_ now: Date) -> Date? {
        problem?.since ?? nextAttemptAt.flatMap { $0 <= now ? $0 : nil }
    }

    /// Since when a revocation of it is not proved; nil where none is.
    package var unprovedSince: Date? {
        guard isUnproved else { return nil }
        guard let revocation = observed.revocation, revocation.closedAt == nil else {
            return changedAt
        }
        return min(changedAt, revocation.startedAt)
    }
}
