import Foundation

/// Times as the platform writes them, always in UTC.
enum Moment {
    /// `2026-11-22 12:24:23`, as in the database and in sessions.
    static func text(_ date: Date) -> String {
        let style = Date.ISO8601FormatStyle(timeZone: .gmt)
            .year().month().day().dateTimeSeparator(.space).time(includingFractionalSeconds: false)
        return date.formatted(style)
    }

    /// `2026-11-22T12:24:23.000000Z`, as records show it.
    static func recordText(_ stored: String) -> String {
        stored.replacingOccurrences(of: " ", with: "T") + ".000000Z"
    }
}
