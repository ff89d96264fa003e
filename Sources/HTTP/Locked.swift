import Foundation

/// A value behind a lock.
///
/// It stands in for `Synchronization.Mutex`, whose contended path on Linux goes through the kernel
/// unseen by the thread sanitizer, which then calls every access under it a race.
///
/// `@unchecked Sendable`: the value is touched in `withLock` alone, and is Sendable itself.
package final class Locked<Value: ~Copyable & Sendable>: @unchecked Sendable {
    private let lock = NSLock()
    private var value: Value

    /// Makes a lock around a value.
    package init(_ value: consuming Value) {
        self.value = value
    }

    /// Uses the value; nobody else does meanwhile.
    package func withLock<Result, Failure: Error>(
        _ body: (inout Value) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        lock.lock()
        defer { lock.unlock() }
        return try body(&value)
    }
}
