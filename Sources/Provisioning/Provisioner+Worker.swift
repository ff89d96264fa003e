package import Subscriptions
import Synchronization

import struct Foundation.Date

extension Provisioner {
    /// How long the worker sleeps at most, should a wake-up be lost.
    private static let napMax: Double = 60

    /// Works on due grants until the task is cancelled; a call under way is finished or given up
    /// by its own cancellation, and either way its grant knows.
    package func run(concurrency: Int = 6) async {
        await withDiscardingTaskGroup { group in
            let places = Places(concurrency)
            var iterator = signals.makeAsyncIterator()
            var alarm: Alarm?
            var preparedAt: Date?
            while !Task.isCancelled {
                let now = environment.now()
                if preparedAt.map({ now.timeIntervalSince($0) >= Self.preparation }) ?? true {
                    preparedAt = now
                    group.addTask { await self.prepare() }
                }
                let nap = await self.start(&group, places)
                let due = environment.now().addingTimeInterval(nap.fraction)
                if alarm?.rings(by: due) != true {
                    let next = Alarm(at: due)
                    alarm = next
                    group.addTask { [signal, sleep = self.environment.sleep] in
                        guard (try? await sleep(nap)) != nil else { return }
                        next.ring()
                        signal.yield()
                    }
                }
                _ = await iterator.next()
            }
            group.cancelAll()
        }
    }

    /// Starts as many due grants as there are free places; how long nothing else is due.
    private func start(
        _ group: inout DiscardingTaskGroup,
        _ places: Places
    ) async -> Duration {
        let now = environment.now()
        switch breaker.withLock({ $0.gate(now: now) }) {
        case .passes: break
        case .waits(let until): return .seconds(max(until.timeIntervalSince(now), 0.01))
        case .probes:
            group.addTask { await self.probe() }
            return .seconds(Self.napMax)
        }
        do {
            let limit = places.total * 2
            let (due, next) = try await store.read { reader in
                (try reader.dueGrants(now, limit: limit), try reader.nextGrantDue(after: now))
            }
            if due.count == limit, due.contains(where: \.mayTravel) {
                try await startConvoy(&group, places, now)
            }
            for grant in due {
                guard await places.take(for: grant.priority) else { break }
                guard await turns.takeIfFree(grant.subscriptionID) else {
                    await places.free()
                    continue
                }
                group.addTask { await self.serve(grant.subscriptionID, places) }
            }
            let pause = next.map { $0.timeIntervalSince(now) } ?? Self.napMax
            return .seconds(min(max(pause, 0.01), Self.napMax))
        } catch {
            environment.report("The provisioner cannot read the database: \(error)")
            return .seconds(1)
        }
    }

    /// Sends off those who can travel together, where there are enough of them and no other convoy
    /// is on its way.
    private func startConvoy(
        _ group: inout DiscardingTaskGroup,
        _ places: Places,
        _ now: Date
    ) async throws {
        guard await places.takeForConvoy() else { return }
        let limit = Self.convoyMax + places.total * 2
        let due = try await store.read { try $0.dueGrants(now, limit: limit) }
        var ids: [Subscription.ID] = []
        for grant in due.filter(\.mayTravel).prefix(Self.convoyMax) {
            if await turns.takeIfFree(grant.subscriptionID) { ids.append(grant.subscriptionID) }
        }
        guard ids.count >= Self.convoyMin else {
            for id in ids { await turns.pass(id) }
            return await places.freeConvoy()
        }
        group.addTask { [ids] in await self.serve(convoy: ids, places) }
    }

    private func serve(convoy ids: [Subscription.ID], _ places: Places) async {
        do {
            try await convoy(ids)
        } catch is CancellationError {
            // The worker is stopping; the grants stay due.
        } catch {
            environment.report("The provisioner cannot write the database: \(error)")
            // Not at once, since the grants are still due.
            try? await environment.sleep(.seconds(1))
        }
        for id in ids { await turns.pass(id) }
        await places.freeConvoy()
        signal.yield()
    }

    private func serve(_ id: Subscription.ID, _ places: Places) async {
        do {
            _ = try await work(on: id)
        } catch is CancellationError {
            // The worker is stopping; the grant stays due.
        } catch {
            environment.report("The provisioner cannot write the database: \(error)")
            // Not at once, since the grant is still due.
            try? await environment.sleep(.seconds(1))
        }
        await turns.pass(id)
        await places.free()
        signal.yield()
    }
}

/// A wake-up that is on its way; it is kept, not cancelled, by whoever wakes up before it, since
/// the runtime keeps a cancelled sleep until its time has come.
private final class Alarm: Sendable {
    private let due: Date
    private let hasRung = Atomic(false)

    init(at due: Date) { self.due = due }

    func ring() { hasRung.store(true, ordering: .relaxed) }

    /// Whether it will still ring, and no later than then.
    func rings(by date: Date) -> Bool {
        due <= date && !hasRung.load(ordering: .relaxed)
    }
}

extension Duration {
    /// The duration in seconds.
    fileprivate var fraction: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}

/// The places for grants under way.
private actor Places {
    nonisolated let total: Int
    private var taken = 0
    private var hasConvoy = false

    init(_ total: Int) { self.total = total }

    /// Takes a place; some stay free for what must not wait behind slow calls of the rest.
    func take(for priority: Grant.Priority) -> Bool {
        let reserved =
            switch priority {
            case .revocation: 0
            case .firstKey: 1
            case .rest: 2
            }
        guard taken < max(1, total - reserved) else { return false }
        taken += 1
        return true
    }

    func free() { taken -= 1 }

    /// Takes a place for the one convoy that may be on its way.
    func takeForConvoy() -> Bool {
        guard !hasConvoy, take(for: .rest) else { return false }
        hasConvoy = true
        return true
    }

    func freeConvoy() {
        hasConvoy = false
        free()
    }
}

extension Provisioner {
    /// Works on several subscriptions, a few at a time, until each rests or must wait.
    ///
    /// - Parameters:
    ///   - ids: The subscriptions.
    ///   - concurrency: How many at a time.
    ///   - patience: How long to wait, for each, for attempts after failures.
    /// - Throws: What the store throws, and `CancellationError`.
    package func converge(
        _ ids: [Subscription.ID],
        concurrency: Int = 6,
        patience: Duration
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, id) in ids.enumerated() {
                if index >= concurrency { try await group.next() }
                group.addTask { _ = try await self.converge(id, patience: patience) }
            }
            try await group.waitForAll()
        }
    }
}
