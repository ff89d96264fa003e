import Subscriptions
import Synchronization

import struct Foundation.Date

extension Provisioner {
    /// How long the worker sleeps at most, should a wake-up be lost.
    private static let napMax: Double = 60

    /// Works on due grants until the task is cancelled; a call under way is finished or given up
    /// by its own cancellation, and either way its grant knows.
    package func run(concurrency: Int = 4) async {
        await withDiscardingTaskGroup { group in
            let places = Places(concurrency)
            var iterator = signals.makeAsyncIterator()
            var alarm: Alarm?
            while !Task.isCancelled {
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
        do {
            let limit = places.total * 2
            let (due, next) = try await store.read { reader in
                (try reader.dueGrants(now, limit: limit), try reader.nextGrantDue(after: now))
            }
            for grant in due {
                guard await places.take() else { break }
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

    init(_ total: Int) { self.total = total }

    func take() -> Bool {
        guard taken < total else { return false }
        taken += 1
        return true
    }

    func free() { taken -= 1 }
}
