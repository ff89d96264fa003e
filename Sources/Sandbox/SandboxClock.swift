package import Foundation
import Synchronization

/// The sandbox's time, which tests move.
///
/// Tokens, limits and caches end by it, so that a day's quota can be tried in a millisecond.
package final class SandboxClock: Sendable {
    private let base: @Sendable () -> Date
    private let offset = Mutex<TimeInterval>(0)

    /// Makes a clock on another one; a constant base gives a clock that only moves when told.
    package init(_ base: @escaping @Sendable () -> Date = { Date() }) {
        self.base = base
    }

    /// The sandbox's present.
    package var now: Date { base().addingTimeInterval(offset.withLock { $0 }) }

    /// Moves the sandbox's time on.
    package func advance(by duration: Duration) {
        let (seconds, attoseconds) = duration.components
        offset.withLock { $0 += TimeInterval(seconds) + TimeInterval(attoseconds) / 1e18 }
    }
}
