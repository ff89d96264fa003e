import Foundation
import HTTP

/// The time as lines of a log have it (`2026-09-21T14:13:20Z`), written out once a second.
final class LogTime: Sendable {
    private let last = Locked((second: Int.min, text: ""))

    func text(_ date: Date) -> String {
        let second = Int(date.timeIntervalSince1970.rounded(.down))
        return last.withLock { last in
            if last.second != second {
                last = (second, Date(timeIntervalSince1970: Double(second)).formatted(.iso8601))
            }
            return last.text
        }
    }
}
