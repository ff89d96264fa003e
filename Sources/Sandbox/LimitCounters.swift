import Foundation
import JSON

/// Counts calls as the platform does: a fixed window from the first counted call, and a lockout of
/// one whole period from the first refused one.
struct LimitCounters {
    let store: Store
    let now: Date
    /// Counters are files of a node; the first has the plain names.
    var node = 0

    private func name(_ key: String) -> JSONValue { .string(node == 0 ? key : "\(node)|\(key)") }

    struct Counter {
        var attempts = 0
        var windowEndsAt: TimeInterval = 0
        var lockedUntil: TimeInterval = 0
        /// What `Retry-After` is made from; the platform adds sixty times the period.
        var timerUntil: TimeInterval = 0
    }

    private var present: TimeInterval { now.timeIntervalSince1970 }

    func counter(_ key: String) throws -> Counter {
        let sql = "SELECT * FROM limit_counter WHERE key = ?"
        guard let row = try store.row(sql, [name(key)]) else { return Counter() }
        func time(_ name: String) -> TimeInterval {
            if case .number(let value)? = row[name] { return value }
            return 0
        }
        var counter = Counter(
            attempts: row["attempts"]?.int ?? 0,
            windowEndsAt: time("window_ends_at"),
            lockedUntil: time("locked_until"),
            timerUntil: time("timer_until")
        )
        if counter.windowEndsAt <= present { counter.attempts = 0 }
        return counter
    }

    func isLocked(_ key: String) throws -> Bool { try counter(key).lockedUntil > present }

    /// Counts one call; false where it is one too many.
    func hit(_ key: String, rate: Int, period: LimitPeriod) throws -> Bool {
        var counter = try counter(key)
        if counter.lockedUntil > present { return false }
        let isAllowed = counter.attempts < rate
        if isAllowed {
            if counter.attempts == 0 { counter.windowEndsAt = present + period.seconds }
            counter.attempts += 1
        } else {
            counter.attempts = 0
            counter.lockedUntil = present + period.seconds
            counter.timerUntil = present + period.seconds * 60
        }
        try store.run(
            """
            INSERT OR REPLACE INTO limit_counter
                (key, attempts, window_ends_at, locked_until, timer_until) VALUES (?, ?, ?, ?, ?)
            """,
            [
                name(key), .integer(Int64(counter.attempts)), .number(counter.windowEndsAt),
                .number(counter.lockedUntil), .number(counter.timerUntil),
            ]
        )
        return isAllowed
    }

    /// The count as `limit_cache` shows it: a locked counter is full.
    func attempts(_ key: String, rate: Int) throws -> Int {
        let counter = try counter(key)
        return counter.lockedUntil > present ? rate : counter.attempts
    }

    /// What is left of the rate, which may be any number that fits.
    func remaining(_ key: String, rate: Int) throws -> Int {
        let attempts = try attempts(key, rate: rate)
        return rate > attempts ? rate - attempts : 0
    }

    func clear(_ key: String) throws {
        try store.run("DELETE FROM limit_counter WHERE key = ?", [name(key)])
    }

    func clearAll() throws {
        try store.run("DELETE FROM limit_counter")
    }
}
