package import Subscriptions

package import struct Foundation.Date

extension MemoryTransaction {
    /// When the event arrived that was handled at that very time.
    package func arrival(handledAt: Date, about id: Subscription.ID) throws -> Date? {
        tables.events.filter { $0.subscriptionID == id && $0.handledAt == handledAt }
            .map(\.receivedAt).min()
    }

    /// Notes that a promise was kept.
    package func keep(_ kind: KeptPromise.Kind, since: Date, at date: Date) throws {
        let number = Int64(tables.keptPromises.count) + 1
        tables.keptPromises.append(
            KeptPromise(number: number, kind: kind, beganAt: since, keptAt: date)
        )
        onRollBack { $0.keptPromises.removeLast() }
    }

    /// Promises in the order in which they were kept, above a number.
    package func keptPromises(after number: Int64, limit: Int) throws -> [KeptPromise] {
        Array(tables.keptPromises.drop { $0.number <= number }.prefix(limit))
    }

    /// What is still to be done.
    package func backlog(now: Date) throws -> Backlog {
        func waiting(_ dates: [Date]) -> Backlog.Waiting {
            Backlog.Waiting(count: dates.count, since: dates.min())
        }
        let (events, grants) = (tables.events, tables.grants.values)
        var backlog = Backlog()
        backlog.pending = waiting(events.filter { $0.state == .pending }.map(\.receivedAt))
        backlog.unparsed = events.count { $0.state == .unparsed }
        for event in events where event.state == .parked {
            if let need = event.need { backlog.parked[need.kind, default: 0] += 1 }
        }
        for grant in grants {
            if let problem = grant.problem { backlog.problems[problem.kind, default: 0] += 1 }
        }
        backlog.unconverged = waiting(grants.compactMap { $0.unconvergedSince(now) })
        backlog.unproved = waiting(grants.compactMap(\.unprovedSince))
        return backlog
    }
}
