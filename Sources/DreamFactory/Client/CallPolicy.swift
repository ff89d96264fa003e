import Transport

/// How a client spends time, connections and repetitions.
package struct CallPolicy: Hashable, Sendable {
    /// How long one attempt may last.
    package var deadline: Duration
    /// How many calls are under way at once; more wait their turn.
    package var concurrentCalls: Int
    /// How often a call is sent at most.
    ///
    /// Only a call that changes nothing is repeated after an answer was lost or a server was not
    /// able to answer, and a call that changes something only where it surely never arrived.
    package var attempts: Int
    /// How long to wait before the second attempt; doubled before each one after it.
    package var pause: Duration

    /// Makes a policy.
    package init(
        deadline: Duration = .seconds(20),
        concurrentCalls: Int = 8,
        attempts: Int = 3,
        pause: Duration = .milliseconds(200)
    ) {
        self.deadline = deadline
        self.concurrentCalls = max(1, concurrentCalls)
        self.attempts = max(1, attempts)
        self.pause = pause
    }

    /// For people and scripts: repeats where it is safe.
    package static let standard = CallPolicy()

    /// For callers that repeat by themselves.
    package static func once(deadline: Duration) -> CallPolicy {
        CallPolicy(deadline: deadline, concurrentCalls: 64, attempts: 1)
    }

    func pause(before attempt: Int) -> Duration { pause * (1 << min(attempt - 2, 6)) }
}

extension PlatformError {
    /// Whether the same call may be sent again at once without doing anything twice.
    var mayBeRepeated: Bool {
        switch reason {
        case .transport(.cancelled), .transport(.notTrusted), .transport(.invalidAddress),
            .transport(.redirected), .transport(.answerTooLarge):
            false
        case .transport(let error): !call.isWrite || !error.mayHaveArrived
        case .unavailable: !call.isWrite
        case .loginRefused, .sessionRefused, .forbidden, .notFound, .resourceMissing,
            .alreadyExists, .refused, .fault, .unreadable, .differs, .keyUnknown, .inactive,
            .limitExceeded, .hazardous:
            false
        }
    }
}
