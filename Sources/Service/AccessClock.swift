package import Foundation
package import Subscriptions

/// Decides access again when a date has come, though no event does.
package struct AccessClock: Sendable {
    let store: any Store
    let access: AccessDesk
    let now: @Sendable () -> Date
    let log: Log
    let notify: @Sendable () -> Void

    /// Makes a clock; `notify` is called when access was decided again.
    package init(
        store: any Store,
        access: AccessDesk,
        now: @escaping @Sendable () -> Date,
        log: Log,
        notify: @escaping @Sendable () -> Void
    ) {
        self.store = store
        self.access = access
        self.now = now
        self.log = log
        self.notify = notify
    }

    /// Looks every second until it is cancelled.
    package func run() async {
        while !Task.isCancelled {
            do {
                while try await tick() > 0 {}
            } catch {
                log.error("clock.stalled", ["error": "\(error)"])
            }
            // A cancelled sleep ends the loop at its head.
            try? await Task.sleep(for: .seconds(1))
        }
    }

    /// Decides what is due now, at most a page; how many subscriptions that were.
    @discardableResult
    package func tick() async throws -> Int {
        let now = now()
        let due = try await store.read {
            try $0.subscriptions(decisionDueBy: now, limit: 1).isEmpty ? 0 : 1
        }
        guard due > 0 else { return 0 }
        let decided = try await store.write { tx in
            try access.decideDue(in: tx, now: now, limit: 100)
        }
        notify()
        return decided
    }
}
