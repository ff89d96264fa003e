import Subscriptions

/// How long a grant waits after a failure; it never gives up.
struct Backoff: Sendable {
    /// A number from 0 up to 1, so that grants that failed together do not return together.
    let jitter: @Sendable () -> Double

    /// Half to all of 1, 2, 4 … seconds, up to 5 minutes for what must be taken down and up to 15
    /// for the rest.
    func delay(afterFailures failures: Int, isRevocation: Bool) -> Double {
        let cap: Double = isRevocation ? 300 : 900
        let full = min(cap, Double(1 << min(max(failures, 1) - 1, 20)))
        return full * (0.5 + 0.5 * min(max(jitter(), 0), 1))
    }
}
