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
    /// How many events are on their way to the database at a time: one that is being written, and
    /// the next.
    private static let writesMax = 2
    /// How many events' objects are fetched at a time.
    static let fetchesMax = 8

    let store: any Store
    let desk: EventDesk
    let endpoints: [Provider: WebhookEndpoint]
    /// Where current objects are asked for, of the providers whose API we have a key of.
    let objects: [Provider: any ProviderObjects]
    let now: @Sendable () -> Date
    let log: Log
    /// Is called when something may have changed for a subscriber or the provisioner.
    let notify: @Sendable () -> Void

    /// Makes a worker.
    package init(
        store: any Store,
        desk: EventDesk,
        endpoints: [Provider: WebhookEndpoint],
        objects: [Provider: any ProviderObjects] = [:],
        now: @escaping @Sendable () -> Date,
        log: Log,
        notify: @escaping @Sendable () -> Void
    ) {
        self.store = store
        self.desk = desk
        self.endpoints = endpoints
        self.objects = objects
        self.now = now
        self.log = log
        self.notify = notify
    }

    /// Works until it is cancelled; `arrived` rings when an event was stored.
    ///
    /// Each provider that is asked has a lane of its own, so that one that does not answer holds up
    /// no other.
    package func run(arrived: Bell) async {
        await withTaskGroup(of: Void.self) { group in
            for provider in objects.keys {
                group.addTask { await run(.only(provider), arrived: arrived) }
            }
            group.addTask { await run(.except(Set(objects.keys)), arrived: arrived) }
        }
    }

    private func run(_ lane: InboxLane, arrived: Bell) async {
        while !Task.isCancelled {
            let seen = arrived.count
            do {
                while try await drain(lane) > 0 {}
                await arrived.wait(past: seen)
            } catch {
                log.error("inbox.stalled", ["error": "\(error)"])
                // A cancelled sleep ends the loop at its head.
                try? await Task.sleep(for: .seconds(1))
            }
        }
    }

    /// Handles what is pending in a lane now, at most one batch; how many events that were.
    @discardableResult
    package func drain(_ lane: InboxLane = .all) async throws -> Int {
        let events = try await store.read { try $0.pendingEvents(in: lane, limit: Self.batch) }
        let readings = await readings(events)
        // What was not fetched because we are to stop is fetched after the next start.
        try Task.checkCancellation()
        try await handle(events, readings)
        return events.count
    }

    /// Gives events their effect in their order: each is queued for the database once the one
    /// before is being written, so that the writer need not wait for it.
    ///
    /// One that fails and is tried again is overtaken by the next.
    private func handle(_ events: [InboxEvent], _ readings: [EventReading]) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, (event, reading)) in zip(events, readings).enumerated() {
                if index >= Self.writesMax { try await group.next() }
                let isBegun = Bell()
                group.addTask {
                    // Whatever becomes of it, the next may go.
                    defer { isBegun.ring() }
                    try await handle(event, reading, isBegun)
                }
                await isBegun.wait(past: 0)
                // What is left stays pending.
                if Task.isCancelled { break }
            }
            try await group.waitForAll()
        }
    }

    /// What events mean, their objects fetched side by side; each object once, and after all of
    /// them had come.
    private func readings(_ events: [InboxEvent]) async -> [EventReading] {
        let sources = objects.mapValues { FetchOnce($0) }
        return await withTaskGroup(of: (Int, EventReading).self) { group in
            var readings: [Int: EventReading] = [:]
            for (index, event) in events.enumerated() {
                if index >= Self.fetchesMax, let (done, reading) = await group.next() {
                    readings[done] = reading
                }
                group.addTask { (index, await read(event, sources[event.provider])) }
            }
            for await (done, reading) in group { readings[done] = reading }
            return events.indices.compactMap { readings[$0] }
        }
    }

    private func handle(
        _ event: InboxEvent,
        _ reading: EventReading,
        _ isBegun: Bell
    ) async throws {
        var tries = 0
        while true {
            do {
                let now = now()
                let handled = try await store.write { tx in
                    isBegun.ring()
                    return try desk.handle(event, reading, in: tx, now: now)
                }
                if let (event, isHeard) = handled {
                    report(event, isHeard)
                    try await warn(event, reading)
                }
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

    private func read(
        _ event: InboxEvent,
        _ objects: (any ProviderObjects)?
    ) async -> EventReading {
        guard let endpoint = endpoints[event.provider] else {
            return .parked(
                Need(
                    .malformed,
                    reason: "No adapter reads events of \(event.provider): configure its webhook "
                        + "secret and run `tollgate events replay \(event.number)`."
                )
            )
        }
        // An event of the other mode is none that our key could ask for.
        guard let objects, event.mode == desk.access.mode else {
            return endpoint.reading(of: event.body, id: event.eventID, mode: event.mode)
        }
        return await endpoint.reading(
            of: event.body,
            id: event.eventID,
            mode: event.mode,
            from: objects
        )
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
            try desk.handle(event, .parked(need), in: tx, now: now)
        }
        if let (event, isHeard) = parked { report(event, isHeard) }
    }

    /// What staff must look at is an alarm, though it changes nothing: what a provider warns of,
    /// and money that went back of nobody knows which period.
    private func warn(_ event: InboxEvent, _ reading: EventReading) async throws {
        guard case .event(let payment) = reading, event.state == .applied else { return }
        switch payment.change {
        case .warning: break
        case .reversal(let reversal, _), .orderReversal(let reversal, _):
            guard let id = event.subscriptionID else { return }
            let subscription = try await store.read { try $0.subscription(id) }
            guard subscription?.isUnplaced(reversal) == true else { return }
        case .subscription, .checkout, .order, .payment, .customer: return
        }
        log.error(
            "event.warned",
            [
                "number": "\(event.number)", "type": event.type,
                "subscription": event.subscriptionID?.rawValue ?? "", "note": event.note ?? "",
            ]
        )
    }

    private func report(_ event: InboxEvent, _ isHeard: Bool) {
        let details: KeyValuePairs<String, String> = [
            "number": "\(event.number)", "type": event.type,
            "subscription": event.subscriptionID?.rawValue ?? "", "note": event.note ?? "",
        ]
        switch event.state {
        case .parked: log.error("event.parked", details)
        default: log.info("event.\(event.state.rawValue)", details)
        }
        if isHeard { notify() }
    }
}
