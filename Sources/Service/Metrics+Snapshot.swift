import Foundation
import Subscriptions

extension Metrics {
    /// All figures at one moment.
    struct Snapshot: Sendable {
        /// What is known of one provider.
        struct ProviderFigures: Sendable {
            let provider: Provider
            /// Since its newest delivery; nil where there was none.
            let silence: TimeInterval?
            /// Since all was last compared with it; nil where it never was.
            let reconcileAge: TimeInterval?
            let deliveries: [(outcome: Outcome, count: Int)]
        }

        let startedAt: Date
        let backlog: Backlog
        let pendingAge: TimeInterval
        let unconvergedAge: TimeInterval
        let unprovedAge: TimeInterval
        let isBreakerOpen: Bool
        /// What the last comparison with the platform found, and how old it is.
        let drift: (differences: Int, age: TimeInterval)?
        let histograms: [KeptPromise.Kind: Histogram]
        let requests: [(class: String, count: Int)]
        let providers: [ProviderFigures]
    }

    /// Reads all figures in one moment of the database, by one of its readers.
    func snapshot(_ reader: any StoreReader, isBreakerOpen: Bool, now: Date) throws -> Snapshot {
        func age(_ date: Date?) -> TimeInterval? { date.map { max(0, now.timeIntervalSince($0)) } }
        let backlog = try reader.backlog(now: now)
        return Snapshot(
            startedAt: startedAt,
            backlog: backlog,
            pendingAge: age(backlog.pending.since) ?? 0,
            unconvergedAge: age(backlog.unconverged.since) ?? 0,
            unprovedAge: age(backlog.unproved.since) ?? 0,
            isBreakerOpen: isBreakerOpen,
            drift: try reader.driftReport().map {
                ($0.differences, age($0.finishedAt) ?? 0)
            },
            histograms: try histograms(reader),
            requests: requestCounts,
            providers: try providers.map { provider in
                Snapshot.ProviderFigures(
                    provider: provider,
                    silence: age(try lastDelivery(of: provider, reader)),
                    reconcileAge: age(try reader.reconciliation(provider)?.finishedAt),
                    deliveries: Outcome.allCases.map { ($0, deliveryCount(provider, $0)) }
                )
            }
        )
    }
}
