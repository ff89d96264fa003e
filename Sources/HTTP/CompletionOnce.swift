import Synchronization

/// Lets the first of several calls through.
final class CompletionOnce: Sendable {
    private let done = Atomic(false)

    func isFirst() -> Bool {
        !done.exchange(true, ordering: .acquiringAndReleasing)
    }
}
