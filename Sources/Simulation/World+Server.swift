import Provisioning
import Subscriptions
import Synchronization

import struct Foundation.Date

/// What the server does by itself.
extension World {
    var store: HistoryStore { HistoryStore(world: self) }

    /// Serves until nothing is due now.
    func pump() async {
        for _ in 0..<60 where violation == nil {
            if isDead { restart() }
            do {
                guard try await serve(withPlatform: true) else { return }
            } catch is MemoryStore.Crash {
                continue
            } catch {
                fail("the server met an error: \(error)")
            }
        }
    }

    /// One round; whether there was anything to do.
    func serve(withPlatform: Bool) async throws -> Bool {
        provider.advance(to: clock.time)
        scheduleDeliveries()
        var isBusy = try await receive()
        isBusy = try await drain() || isBusy
        let now = clock.now
        let decided = try await store.write { [access] tx in
            try access.decideDue(in: tx, now: now, limit: 50)
        }
        isBusy = isBusy || decided > 0
        guard withPlatform else { return isBusy }
        for grant in try await store.read({ try $0.dueGrants(now, limit: 50) })
        where !busy.contains(grant.subscriptionID) {
            isBusy = true
            busy.insert(grant.subscriptionID)
            defer { busy.remove(grant.subscriptionID) }
            try await liveProvisioner().converge(grant.subscriptionID)
        }
        checkQuiet()
        return isBusy
    }

    func scheduleDeliveries() {
        while scheduledCount < provider.events.count {
            let index = scheduledCount
            scheduledCount += 1
            let now = clock.time
            let fault = deliveryFaults.removeValue(forKey: index)
            guard !isSilent else { continue }
            switch fault {
            case nil: deliveries.append((now + 0.1, index))
            case .late(let seconds), .resent(let seconds):
                deliveries.append((now + seconds, index))
            case .twice(let seconds):
                deliveries.append((now + 0.1, index))
                deliveries.append((now + seconds, index))
            case .lost: unclear.insert(provider.events[index].contract)
            }
            note {
                let event = provider.events[index]
                let subject =
                    if case .subscription = event.subject { "\(event.told.status)" } else {
                        "\(event.subject)"
                    }
                return "provider: \(event.id) of \(event.told.id), \(subject)"
                    + (fault.map { " — \($0)" } ?? "")
            }
        }
    }

    private func receive() async throws -> Bool {
        let due = deliveries.filter { $0.due <= clock.time }.sorted {
            ($0.due, $0.event) < ($1.due, $1.event)
        }
        for delivery in due {
            deliveries.removeAll { $0.event == delivery.event && $0.due == delivery.due }
            do {
                try await receive(delivery.event)
            } catch {
                // It was not acknowledged, so it comes again.
                deliveries.append((clock.time + 60, delivery.event))
                throw error
            }
        }
        return !due.isEmpty
    }

    private func receive(_ index: Int) async throws {
        let event = provider.events[index]
        let delivery = Delivery(
            provider: .stripe,
            mode: .test,
            eventID: event.id,
            type: "simulated",
            occurredAt: Date(timeIntervalSince1970: event.at),
            body: [],
            isReadable: true
        )
        let now = clock.now
        _ = try await store.write { try $0.insert(delivery, receivedAt: now) }
        guard acknowledged.insert(index).inserted, !fetches else { return }
        // Of two events of one second nobody can tell the order but by arrival.
        let isInverted = acknowledged.contains { other in
            other > index && provider.events[other].contract == event.contract
                && provider.events[other].at == event.at
        }
        if isInverted { unclear.insert(event.contract) }
    }

    private func drain() async throws -> Bool {
        let desk = EventDesk(access: access, claimWindow: .seconds(3_600))
        let pending = try await store.read { try $0.pendingEvents(limit: 64) }
        for row in pending {
            guard let number = Int(row.eventID.dropFirst(4)) else { continue }
            let reading = provider.reading(
                provider.events[number - 1],
                fetchedAt: fetches ? clock.time : nil
            )
            let now = clock.now
            let handled = try await store.write { tx in
                try desk.handle(row, reading, in: tx, now: now)?.event
            }
            note {
                "inbox: \(row.eventID) \(handled?.state.rawValue ?? ""): \(handled?.note ?? "")"
            }
            guard violation == nil else { break }
        }
        return !pending.isEmpty
    }

    /// Lets time pass while the server does what falls due in between.
    func wait(_ seconds: Double) async {
        let end = clock.time + seconds
        for round in 0..<120 where violation == nil {
            await pump()
            let floor = clock.time + (round < 40 ? 0.01 : (end - clock.time) / 20)
            guard let next = nextDue(), next < end, floor < end else { break }
            clock.time = max(next, floor)
        }
        clock.time = max(clock.time, end)
        await pump()
    }

    private func nextDue() -> Double? {
        let tables = memory.tables.withLock { tables in
            tables.subscriptions.values.compactMap(\.nextDecisionAt)
                + tables.grants.values.compactMap(\.nextAttemptAt)
        }
        let server = tables.map { $0.timeIntervalSince1970 - clock.skew }
        return (server + deliveries.map(\.due) + [provider.nextAt].compactMap(\.self)).min()
    }
}
