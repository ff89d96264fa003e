import Foundation
import JSON

/// How long a limit's window is, in the numbers that the platform stores.
enum LimitPeriod: Int, CaseIterable {
    case minute, hour, day, sevenDays, thirtyDays

    var name: String {
        switch self {
        case .minute: "minute"
        case .hour: "hour"
        case .day: "day"
        case .sevenDays: "7-day"
        case .thirtyDays: "30-day"
        }
    }

    /// The platform takes `SECONDS_PER_MONTH` for 18144000: its 30 days are 210.
    var seconds: TimeInterval {
        switch self {
        case .minute: 60
        case .hour: 3_600
        case .day: 86_400
        case .sevenDays: 604_800
        case .thirtyDays: 18_144_000
        }
    }

    /// The names with the period's number, as the platform's own table has them.
    init?(name: String) {
        guard let period = LimitPeriod.allCases.first(where: { $0.name == name }) else {
            return nil
        }
        self = period
    }
}
