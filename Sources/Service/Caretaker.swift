import Foundation
import Provisioning
import Subscriptions
import Synchronization
import Webhooks

/// Does what is due from time to time: alarms, parked events that may go on, and the scheduled
/// comparison with providers.
struct Caretaker: Sendable {
    /// How often it looks.
    static let pause: Duration = .seconds(30)
    /// How long an alarm that lasts is not repeated.
    static let alarmEvery: TimeInterval = 3_600
    /// How long after a comparison that failed the next begins.
    static let reconcileAgain: TimeInterval = 600
    /// How long one look may compare; the next goes on where it was, so that no list, however long,
    /// keeps the alarms or another provider waiting.
    static let reconcileMax: TimeInterval = 60
    /// How many differences of one comparison are told one by one.
    static let driftLinesMax = 100
    /// The shortest and the longest time between two tries of a parked event.
    static let retry: ClosedRange<TimeInterval> = 60...3_600

    let store: any Store
    let alarms: Alarms
    let reconcilers: [Provider: Reconciler]
    let driftWatch: DriftWatch
    let driftEvery: Duration
    let now: @Sendable () -> Date
    let log: Log
    let arrived: Bell
    private let memory = Memory()

    /// What it has said and tried, which a restart may forget.
    private final class Memory: Sendable {
        let said = Mutex<[String: Date]>([:])
        let failed = Mutex<[Provider: Date]>([:])
        let driftFailedAt = Mutex<Date?>(nil)
    }

    init(
        store: any Store,
        alarms: Alarms,
        reconcilers: [Provider: Reconciler],
        driftWatch: DriftWatch,
        driftEvery: Duration,
        now: @escaping @Sendable () -> Date,
        log: Log,
        arrived: Bell
    ) {
        self.store = store
        self.alarms = alarms
        self.reconcilers = reconcilers
        self.driftWatch = driftWatch
        self.driftEvery = driftEvery
        self.now = now
        self.log = log
        self.arrived = arrived
    }

    /// Looks until it is cancelled.
    func run() async {
        while !Task.isCancelled {
            await tick()
            // A cancelled sleep ends the loop at its head.
            try? await Task.sleep(for: Self.pause)
        }
    }

    /// Looks once.
    func tick() async {
        do {
            try await raiseAlarms()
            try await retryParked()
        } catch {
            log.error("caretaker.stalled", ["error": "\(error)"])
        }
        // Side by side, so that one provider in trouble holds up no other.
        await withTaskGroup(of: Void.self) { group in
            for reconciler in reconcilers.values {
                group.addTask { await reconcile(reconciler) }
            }
            group.addTask { await compareWithPlatform() }
        }
    }

    private func raiseAlarms() async throws {
        let now = now()
        let sentences = try await store.read { [alarms] in try alarms.sentences($0, now: now) }
        let news = memory.said.withLock { said in
            said = said.filter { sentences.contains($0.key) }
            let news = sentences.filter { sentence in
                said[sentence].map { now.timeIntervalSince($0) >= Self.alarmEvery } ?? true
            }
            for sentence in news { said[sentence] = now }
            return news
        }
        for sentence in news { log.error("alarm", ["alarm": sentence]) }
    }

    /// Events that wait for a provider's API are tried again, the longer they wait the more rarely;
    /// and where none can be asked those that wait for a subscription, once it is known.
    func retryParked() async throws {
        let now = now()
        let due = try await store.read { [reconcilers] reader in
            try reader.parkedEvents(.refetch, limit: 1_000).filter { event in
                guard
                    try reconcilers[event.provider] != nil
                        || Self.isKnown(event.need?.subject, event, reader)
                else { return false }
                let tried = event.handledAt ?? event.receivedAt
                let waited = tried.timeIntervalSince(event.receivedAt)
                let pause = min(max(waited, Self.retry.lowerBound), Self.retry.upperBound)
                return now.timeIntervalSince(tried) >= pause
            }
            .map(\.number)
        }
        guard !due.isEmpty else { return }
        try await store.write { tx in
            for number in due {
                guard var event = try tx.event(number), event.state == .parked else { continue }
                event.state = .pending
                try tx.update(event)
            }
        }
        arrived.ring()
    }

    private static func isKnown(
        _ subject: String?,
        _ event: InboxEvent,
        _ reader: any StoreReader
    ) throws -> Bool {
        guard let subject else { return false }
        return try reader.subscription(
            provider: event.provider,
            mode: event.mode,
            providerID: subject
        ) != nil
    }

    private func reconcile(_ reconciler: Reconciler) async {
        let provider = reconciler.provider
        let now = now()
        if let failed = memory.failed.withLock({ $0[provider] }),
            now.timeIntervalSince(failed) < Self.reconcileAgain
        {
            return
        }
        do {
            let last = try await store.read { try $0.reconciliation(provider) }
            if let finished = last?.finishedAt,
                now.timeIntervalSince(finished) < reconciler.every.seconds
            {
                return
            }
            var run = try await reconciler.begin()
            var trail = PageTrail()
            while run.finishedAt == nil {
                try Task.checkCancellation()
                guard self.now().timeIntervalSince(now) < Self.reconcileMax else { return }
                let page = try await reconciler.page(of: run, actor: "reconcile", isDry: false)
                run = page.run
                for difference in page.differences { report(difference) }
                guard run.finishedAt != nil || trail.goesOn(to: page.last) else {
                    throw FetchFailure.refused(PageTrail.sentence(of: provider.rawValue))
                }
            }
            _ = memory.failed.withLock { $0.removeValue(forKey: provider) }
            log.info(
                "reconciled",
                [
                    "provider": provider.rawValue, "compared": "\(run.compared)",
                    "changed": "\(run.changed)",
                ]
            )
        } catch is CancellationError {
            return
        } catch {
            memory.failed.withLock { $0[provider] = now }
            log.error("reconcile.failed", ["provider": provider.rawValue, "error": "\(error)"])
        }
    }

    /// Says what on the platform is not as it ought to be, and changes nothing there.
    private func compareWithPlatform() async {
        let now = now()
        if let failed = memory.driftFailedAt.withLock({ $0 }),
            now.timeIntervalSince(failed) < Self.reconcileAgain
        {
            return
        }
        do {
            guard try await driftWatch.isDue(every: driftEvery) else { return }
            let scan = try await driftWatch.compare()
            memory.driftFailedAt.withLock { $0 = nil }
            for drift in scan.drift.prefix(Self.driftLinesMax) {
                log.warning(
                    "drift",
                    [
                        "kind": drift.kind.rawValue, "record": drift.record.rawValue,
                        "name": drift.name, "reason": drift.reason, "repair": drift.plan,
                    ]
                )
            }
            log.info(
                "drift.compared",
                ["compared": "\(scan.compared)", "differences": "\(scan.drift.count)"]
            )
        } catch is CancellationError {
            return
        } catch {
            memory.driftFailedAt.withLock { $0 = now }
            log.error("drift.failed", ["error": "\(error)"])
        }
    }

    private func report(_ difference: Difference) {
        let details: KeyValuePairs<String, String> = [
            "subscription": difference.subscriptionID?.rawValue ?? "",
            "provider_id": difference.providerID, "difference": difference.kind.rawValue,
            "reason": difference.reason,
        ]
        switch difference.kind {
        case .problem: log.error("reconcile.problem", details)
        case .new, .changed: log.warning("reconcile.difference", details)
        }
    }
}
