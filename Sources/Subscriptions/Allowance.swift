package import Foundation

/// The month whose calls are paid for, and when the next one begins.
///
/// A monthly limit counts billing months: the months are counted back from the end of what is
/// paid, so that a year paid at once has twelve of them.
package struct Allowance: Hashable, Sendable {
    /// When the month began.
    package let start: Date
    /// When the next one begins that is paid already; nil where money must come first.
    package let next: Date?

    /// More months than anybody pays at once.
    private static let monthsMax = 600

    /// The month of `now`, or the last one before the end of what is paid; nil where nothing that
    /// is paid has begun within the last fifty years.
    package init?(paidThrough: Date, now: Date) {
        var later: Date?
        for months in 1...Self.monthsMax {
            guard
                let start = Self.calendar.date(byAdding: .month, value: -months, to: paidThrough)
            else { return nil }
            if start <= now {
                self.start = start
                next = later
                return
            }
            later = start
        }
        return nil
    }

    private static let calendar: Calendar = {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        return calendar
    }()
}

extension Subscription {
    /// The month that is paid for under a plan; nil where the plan counts no months.
    ///
    /// The snapshot's own period counts only where no payment was ever told of or none is asked
    /// for: a provider opens the next period before the money for it has come.
    package func allowance(under plan: Plan?, now: Date) -> Allowance? {
        guard let plan, plan.limits.contains(where: { $0.period == .month }) else { return nil }
        let covered = isPeriodCovered ? periodEnd : nil
        let end = [paidThrough, covered].compactMap(\.self).max() ?? periodEnd
        return end.flatMap { Allowance(paidThrough: $0, now: now) }
    }
}
