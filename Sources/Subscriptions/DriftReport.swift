package import struct Foundation.Date

/// What the last comparison of the platform with the grants found.
package struct DriftReport: Hashable, Sendable {
    /// When it began.
    package let startedAt: Date
    /// When it was at its end.
    package let finishedAt: Date
    /// How many grants were compared.
    package let compared: Int
    /// How many differences there were.
    package let differences: Int

    /// Makes a report.
    package init(startedAt: Date, finishedAt: Date, compared: Int, differences: Int) {
        self.startedAt = startedAt
        self.finishedAt = finishedAt
        self.compared = compared
        self.differences = differences
    }
}
