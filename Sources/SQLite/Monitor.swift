import Foundation

/// A state that threads share, and where they can wait for a change of it.
///
/// Unchecked: the state is only touched under the lock. `Synchronization.Mutex` can neither wait
/// nor be seen by the thread sanitizer, which this can.
final class Monitor<State>: @unchecked Sendable {
    private let condition = NSCondition()
    private var state: State

    init(_ state: State) { self.state = state }

    /// Reads or changes the state.
    func withLock<T>(_ body: (inout State) throws -> T) rethrows -> T {
        condition.lock()
        defer { condition.unlock() }
        return try body(&state)
    }

    /// Changes the state and wakes one thread that waits.
    func change<T>(_ body: (inout State) throws -> T) rethrows -> T {
        condition.lock()
        defer {
            condition.signal()
            condition.unlock()
        }
        return try body(&state)
    }

    /// Changes the state and wakes every thread that waits.
    func changeForAll<T>(_ body: (inout State) throws -> T) rethrows -> T {
        condition.lock()
        defer {
            condition.broadcast()
            condition.unlock()
        }
        return try body(&state)
    }

    /// Waits until the state gives a value.
    func wait<T>(for value: (inout State) -> T?) -> T {
        condition.lock()
        defer { condition.unlock() }
        while true {
            if let value = value(&state) { return value }
            condition.wait()
        }
    }

    /// Waits as ``wait(for:)`` does, and looks again at the latest when `moment` has come.
    func wait<T>(
        lookingAgainAt moment: ContinuousClock.Instant,
        for value: (inout State) -> T?
    ) -> T {
        condition.lock()
        defer { condition.unlock() }
        while true {
            // Asked before the look: where the moment comes during it, there is another one.
            let isOver = ContinuousClock.now >= moment
            if let value = value(&state) { return value }
            if isOver {
                condition.wait()
            } else {
                let left = max(0, (moment - .now) / .seconds(1))
                _ = condition.wait(until: Date(timeIntervalSinceNow: left))
            }
        }
    }
}
