import Foundation
import JSON
import Subscriptions
import Webhooks

/// Compares all subscriptions with a provider's, a page at a time, and takes the provider's word.
///
/// What was not seen is never touched: a listing that breaks off ends nobody's access, and goes on
/// where it was.
package struct Reconciler: Sendable {
    /// A comparison that has stood still for longer begins anew.
    static let resumeWithin: TimeInterval = 86_400
    /// How many parked events are tried again.
    static let parkedMax = 10_000

    /// What one page came to.
    struct Page: Sendable {
        var run: Reconciliation
        var differences: [Difference]
        /// Parked events that were made pending again, on the last page.
        var returned = 0
        /// The provider's id of the last subscription of the page.
        var last: String?
    }

    let listing: any ProviderListing
    let api: ProviderAPI
    /// How long after one comparison the next begins by itself.
    let every: Duration
    let store: any Store
    let desk: ReconcileDesk
    let now: @Sendable () -> Date
    let notify: @Sendable () -> Void
    /// Rings when events were made pending.
    let arrived: Bell
    /// How many of our subscriptions are read at once.
    var batch = 1_000

    var provider: Provider { listing.provider }

    /// The run to go on with, or a new one.
    func begin(isAnew: Bool = false) async throws -> Reconciliation {
        let now = now()
        let last = try await store.read { [listing] in
            try $0.reconciliation(listing.provider)
        }
        if let last, last.finishedAt == nil, !isAnew,
            now.timeIntervalSince(last.startedAt) < Self.resumeWithin
        {
            return last
        }
        return Reconciliation(provider: provider, startedAt: now)
    }

    /// Compares the next page; with `isDry` nothing is written.
    func page(of run: Reconciliation, actor: String, isDry: Bool) async throws -> Page {
        let first = run.cursor
        let found = try await subscriptions(after: first)
        var differences = try await take(found.objects, actor, isDry)
        var run = run
        run.compared += found.objects.count
        run.cursor = found.next ?? run.cursor
        var page = Page(run: run, differences: [], last: found.objects.last.flatMap(listing.id))
        if found.next == nil {
            // A run that writes knows what was listed by when it was fetched.
            let listed = isDry ? try await listed(before: first).union(ids(found.objects)) : []
            differences += try await takeMissing(run, listed, actor, isDry)
            page.returned = isDry ? 0 : try await retryParked()
            run.finishedAt = now()
        }
        run.changed += differences.count { $0.kind != .problem }
        let saved = run
        if !isDry {
            try await store.write { try $0.save(saved) }
            notify()
        }
        page.run = run
        page.differences = differences
        return page
    }

    private func subscriptions(after cursor: String?) async throws -> SubscriptionPage {
        let page: SubscriptionPage
        do {
            page = try await listing.subscriptions(after: cursor, from: api)
        } catch let fault as FieldFault {
            throw FetchFailure.refused(
                "\(api.form.name)'s list cannot be read: \(fault.path) \(fault.problem)."
            )
        }
        guard page.next == nil || page.next != cursor && !page.objects.isEmpty else {
            throw FetchFailure.refused("\(api.form.name)'s list does not go on.")
        }
        return page
    }

    private func take(
        _ objects: [FetchedObject],
        _ actor: String,
        _ isDry: Bool
    ) async throws -> [Difference] {
        let mode = desk.events.access.mode
        let readings = objects.map { ($0, listing.reading($0, mode: mode)) }
        let now = now()
        return isDry
            ? try await store.read { reader in
                try readings.compactMap { object, reading in
                    try snapshot(object, reading, mode) { snapshot, payment in
                        try desk.compare(snapshot, payment, in: reader, now: now)
                    }
                }
            }
            : try await store.write { tx in
                try readings.compactMap { object, reading in
                    try snapshot(object, reading, mode) { snapshot, payment in
                        try desk.apply(snapshot, payment, actor: actor, in: tx, now: now)
                    }
                }
            }
    }

    /// Hands on what an object says; one that cannot be read is a problem and changes nothing.
    private func snapshot(
        _ object: FetchedObject,
        _ reading: EventReading,
        _ mode: Mode,
        _ body: (SubscriptionSnapshot, PaymentEvent) throws -> Difference?
    ) throws -> Difference? {
        let id = listing.id(of: object) ?? "-"
        switch reading {
        case .event(let payment) where payment.mode != mode:
            return Difference(
                problem: "It is of \(payment.mode) mode: \(api.form.setting) is of the other mode.",
                providerID: id,
                subscriptionID: nil
            )
        case .event(let payment):
            guard case .subscription(let snapshot) = payment.change else { return nil }
            return try body(snapshot, payment)
        case .parked(let need):
            return Difference(problem: need.reason, providerID: id, subscriptionID: nil)
        case .ignored:
            return nil
        }
    }

    /// The provider's ids of all pages before the one that begins after a cursor.
    ///
    /// A dry run leaves nothing behind that would tell, so the list is read once more.
    private func listed(before end: String?) async throws -> Set<String> {
        var ids: Set<String> = []
        var cursor: String?
        while let end, cursor != end {
            let page = try await subscriptions(after: cursor)
            ids.formUnion(self.ids(page.objects))
            cursor = page.next
            // What the cursor names may be gone by now.
            if cursor == nil { break }
        }
        return ids
    }

    private func ids(_ objects: [FetchedObject]) -> Set<String> {
        Set(objects.compactMap(listing.id))
    }

    /// Asks for what the list did not have; only the provider's own word ends anything.
    private func takeMissing(
        _ run: Reconciliation,
        _ listed: Set<String>,
        _ actor: String,
        _ isDry: Bool
    ) async throws -> [Difference] {
        var differences: [Difference] = []
        var last: Subscription.ID?
        while true {
            let page = try await store.read { [last] reader in
                try reader.subscriptions(after: last, limit: batch)
            }
            guard let end = page.last else { return differences }
            for subscription in page where isMissing(subscription, run, listed) {
                differences += try await takeMissing(subscription, actor, isDry)
            }
            last = end.id
        }
    }

    private func isMissing(
        _ subscription: Subscription,
        _ run: Reconciliation,
        _ listed: Set<String>
    ) -> Bool {
        subscription.provider == provider && subscription.mode == desk.events.access.mode
            && subscription.status?.isFinal != true && !listed.contains(subscription.providerID)
            && subscription.fetchedAt.map { $0 < run.startedAt } ?? true
    }

    private func takeMissing(
        _ subscription: Subscription,
        _ actor: String,
        _ isDry: Bool
    ) async throws -> [Difference] {
        do {
            let fetched = try await listing.subscription(subscription.providerID, from: api)
            return try await take([fetched], actor, isDry)
        } catch FetchFailure.notFound {
            let problem = Difference(
                problem: "\(api.form.name) does not know it; nothing was changed. Look whether it "
                    + "belongs to another account.",
                providerID: subscription.providerID,
                subscriptionID: subscription.id
            )
            return [problem]
        }
    }

    /// Parked events are tried again: what kept them may be gone.
    private func retryParked() async throws -> Int {
        let count = try await store.write { tx in
            var count = 0
            for kind in Need.Kind.allCases where kind != .otherMode {
                for var event in try tx.parkedEvents(kind, limit: Self.parkedMax) {
                    event.state = .pending
                    try tx.update(event)
                    count += 1
                }
            }
            return count
        }
        if count > 0 { arrived.ring() }
        return count
    }
}
