import DreamFactory
import Subscriptions

extension Failure {
    /// What an error of the platform means for a step.
    init(_ error: PlatformError) {
        self.init(
            Self.kind(error),
            Self.sentence(error),
            outcomeIsUnknown: error.outcomeIsUnknown,
            meaning: Self.meaning(error.reason),
            outage: Outage(error.reason)
        )
    }

    private static func kind(_ error: PlatformError) -> GrantProblem.Kind {
        switch (error.remedy, error.reason) {
        case (.retry, _): .retriable
        case (.staff, _): .needsStaff
        // What is not there is looked up, and made again where it is due.
        case (.none, .notFound): .retriable
        case (.none, _): .permanent
        }
    }

    private static func sentence(_ error: PlatformError) -> String {
        guard case .refused = error.reason else { return error.description }
        return error.description
            + " It would refuse it again: change the plan, apply it, and move its subscribers with "
            + "`tollgate plans apply FILE --move ID`."
    }

    private static func meaning(_ reason: PlatformError.Reason) -> Meaning {
        switch reason {
        case .alreadyExists, .notFound, .differs: .beliefIsWrong
        case .refused: .refused
        case .transport, .loginRefused, .sessionRefused, .forbidden, .resourceMissing,
            .unavailable, .fault, .unreadable, .keyUnknown, .inactive, .limitExceeded, .hazardous:
            .none
        }
    }
}

extension Outage {
    /// What an error says about the platform as a whole.
    init(_ reason: PlatformError.Reason) {
        self =
            switch reason {
            case .transport, .loginRefused, .sessionRefused, .unavailable: .certain
            // One record can bring the platform to fail inside, or a proxy to answer in its place.
            case .fault, .unreadable: .suspected
            case .forbidden, .notFound, .resourceMissing, .alreadyExists, .refused, .differs,
                .keyUnknown, .inactive, .limitExceeded, .hazardous:
                .none
            }
    }
}
