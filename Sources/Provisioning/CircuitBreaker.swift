package import struct Foundation.Date
package import Subscriptions

/// What a failure says about the platform as a whole.
package enum Outage: Hashable, Sendable {
    /// Nothing: it has answered.
    case none
    /// The next call may fail too.
    case suspected
    /// No call can succeed now.
    case certain
}

/// Spares a platform that is down, and everybody who waits for it, the attempts of each due grant.
///
/// It opens after some failures in a row, then lets one probe through at growing intervals, and
/// closes when the platform answers one.
package struct CircuitBreaker: Sendable {
    /// Where it stands.
    package enum State: Hashable, Sendable {
        /// Calls are made.
        case closed
        /// Since then no grant begins a call; the probe comes at the time that is named.
        case open(since: Date, nextProbeAt: Date, sentence: String)
    }

    /// What whoever wants to begin may do.
    package enum Gate: Hashable, Sendable {
        /// Begin.
        case passes
        /// Probe, and nothing else.
        case probes
        /// Come back then.
        case waits(until: Date)
    }

    /// Failures in a row after which it opens.
    private static let failuresMax = 3
    /// The longest pause between probes, in seconds: a revocation waits for it at most.
    private static let pauseMax: Double = 10

    /// Where it stands.
    package private(set) var state = State.closed
    private var failures: [(id: Subscription.ID?, outage: Outage)] = []
    private var isProbing = false
    /// Kept until a grant's own call succeeds, since a platform can answer probes and nothing else.
    private var pause: Double = 1

    /// Makes a closed one.
    package init() {}

    /// Notes a failure; whether it has opened by it.
    package mutating func fail(
        _ id: Subscription.ID?,
        _ failure: Failure,
        now: Date
    ) -> Bool {
        guard failure.outage != .none else {
            succeed()
            return false
        }
        failures = failures.suffix(Self.failuresMax - 1) + [(id, failure.outage)]
        guard state == .closed, failures.count == Self.failuresMax else { return false }
        // What only one grant meets may be its own doing.
        let isShared = Set(failures.map(\.id)).count > 1
        guard isShared || failures.contains(where: { $0.outage == .certain }) else { return false }
        open(since: now, failure.sentence, now)
        return true
    }

    /// Notes that the platform did what a grant asked for.
    package mutating func succeed() {
        failures = []
        if state == .closed { pause = 1 }
    }

    /// What may begin now; whoever is told to probe must say what came of it.
    package mutating func gate(now: Date) -> Gate {
        guard case .open(_, let nextProbeAt, _) = state else { return .passes }
        // A clock that was set back must not stretch the pause.
        let due = min(nextProbeAt, now.addingTimeInterval(Self.pauseMax))
        guard !isProbing, now >= due else {
            return .waits(until: isProbing ? now.addingTimeInterval(Self.pauseMax) : due)
        }
        isProbing = true
        return .probes
    }

    /// Notes what came of the probe, nil for an answer; whether it has closed by it.
    package mutating func probed(_ failure: Failure?, now: Date) -> Bool {
        isProbing = false
        guard case .open(let since, _, _) = state else { return false }
        if let failure, failure.outage != .none {
            open(since: since, failure.sentence, now)
            return false
        }
        state = .closed
        failures = []
        return true
    }

    private mutating func open(since: Date, _ sentence: String, _ now: Date) {
        state = .open(
            since: since,
            nextProbeAt: now.addingTimeInterval(pause),
            sentence: sentence
        )
        pause = min(pause * 2, Self.pauseMax)
    }
}
