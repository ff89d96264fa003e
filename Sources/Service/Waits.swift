import Synchronization

/// Requests that wait for something to happen, and how many of them there may be.
final class Waits: Sendable {
    /// The longest wait that is granted; proxies in front commonly give up after a minute.
    static let longest = 30
    /// How many may wait at once; the next ones are answered without waiting.
    static let countMax = 256

    private let changed: Bell
    private let count = Atomic<Int>(0)

    init(changed: Bell) { self.changed = changed }

    /// A wait as asked for, within what is granted.
    static func seconds(_ asked: Int?) -> Duration {
        .seconds(min(max(asked ?? 0, 0), longest))
    }

    /// Looks again at each change, until `look` finds something or the time is over; the last look
    /// is told so.
    func first<T: Sendable>(
        within duration: Duration,
        _ look: (_ isLast: Bool) async throws -> T?
    ) async rethrows -> T? {
        let waiting = count.wrappingAdd(1, ordering: .relaxed).newValue
        defer { count.wrappingSubtract(1, ordering: .relaxed) }
        let clock = ContinuousClock()
        let granted = waiting > Self.countMax ? .zero : duration
        let deadline = clock.now + granted
        // Bare because it ends with this call. One sleep a request and not one a change: a
        // cancelled sleep keeps its memory until its time comes.
        let alarm = Task { [changed] in
            guard granted > .zero, (try? await Task.sleep(for: granted)) != nil else { return }
            changed.ring()
        }
        defer { alarm.cancel() }
        while true {
            let seen = changed.count
            let isLast = clock.now >= deadline || Task.isCancelled
            if let found = try await look(isLast) { return found }
            if isLast { return nil }
            await changed.wait(past: seen)
        }
    }
}
