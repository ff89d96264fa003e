package import Foundation
import SQLite
package import Subscriptions
package import Webhooks

/// Gives stored events their effect, in order of arrival.
package struct InboxWorker: Sendable {
    /// How many events one look takes.
    static let batch = 64
    /// How often an event that cannot be applied is tried before it is parked.
    static let triesMax = 3

    let store: any Store
    let desk: EventDesk
    let endpoints: [Provider: WebhookEndpoint]
    let now: @Sendable () -> Date
    let log: Log
    /// Is called when something may have changed for a subscriber or the provisioner.
    let notify: @Sendable () -> Void

    /// Makes a worker.
    package init(
        store: any Store,
        desk: EventDesk,
        endpoints: [Provider: WebhookEndpoint],
        now: @escaping @Sendable () -> Date,
        log: Log,
        notify: @escaping @Sendable () -> Void
    ) {
        self.store = store
        self.desk = desk
        self.endpoints = endpoints
        self.now = now
        self.log = log
        self.notify = notify
    }

    /// Works until it is cancelled; `arrived` rings when an event was stored.
    package func run(arrived: Bell) async {
        while !Task.isCancelled {
            let seen = arrived.count
            do {
                while try await drain() > 0 {}
                await arrived.wait(past: seen)
            } catch {
                log.error("inbox.stalled", ["error": "\(error)"])
                // A cancelled sleep ends the loop at its head.
                try? await Task.sleep(for: .seconds(1))
            }
        }
    }

    /// Handles what is pending now, at most one batch; how many events that were.
    @discardableResult
    package func drain() async throws -> Int {
        let events = try await store.read { try $0.pendingEvents(limit: Self.batch) }
        for event in events {
            try await handle(event)
        }
        return events.count
    }

    private func handle(_ event: InboxEvent) async throws {
        let reading = read(event)
        var tries = 0
        while true {
            do {
                let now = now()
                let handled = try await store.write { tx in
                    try desk.handle(event.number, reading, in: tx, now: now)
                }
                if let handled { report(handled) }
                return
            } catch  where Self.isOfTheDatabase(error) {
                throw error
            } catch {
                tries += 1
                log.error("event.failed", ["number": "\(event.number)", "error": "\(error)"])
                guard tries < Self.triesMax else { return try await park(event) }
            }
        }
    }

    /// Whether an error says nothing about the event: then it keeps its place and waits.
    private static func isOfTheDatabase(_ error: any Error) -> Bool {
        switch error {
        case is DatabaseUnavailable: true
        case let error as SQLiteError: error.isDiskFull || error.isBusy || error.isFatal
        default: false
        }
    }

    private func read(_ event: InboxEvent) -> EventReading {
        guard let endpoint = endpoints[event.provider] else {
            return .parked(
                Need(
                    .malformed,
                    reason: "No adapter reads events of \(event.provider): configure its webhook "
                        + "secret and run `tollgate events replay \(event.number)`."
                )
            )
        }
        return endpoint.reading(of: event.body, id: event.eventID, mode: event.mode)
    }

    /// An event that the database refuses must not keep the ones behind it from their effect.
    private func park(_ event: InboxEvent) async throws {
        let need = Need(
            .malformed,
            reason: "It could not be applied: see the log, then run `tollgate events replay "
                + "\(event.number)`."
        )
        let now = now()
        let parked = try await store.write { tx in
            try desk.handle(event.number, .parked(need), in: tx, now: now)
        }
        if let parked { report(parked) }
    }

    private func report(_ event: InboxEvent) {
        let details: KeyValuePairs<String, String> = [
            "number": "\(event.number)", "type": event.type,
            "subscription": event.subscriptionID?.rawValue ?? "", "note": event.note ?? "",
        ]
        switch event.state {
        case .parked: log.error("event.parked", details)
        default: log.info("event.\(event.state.rawValue)", details)
        }
        notify()
    }
}
