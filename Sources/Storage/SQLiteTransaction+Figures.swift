import Foundation
import SQLite
import Subscriptions

extension SQLiteTransaction {
    func arrival(handledAt: Date, about id: Subscription.ID) throws -> Date? {
        try connection.first(
            """
            SELECT min(received_at) FROM inbox
            WHERE subscription_id = :id AND handled_at = :handled
            """,
            ["id": Value(id), "handled": Value(handledAt)]
        ) { row in try row[0] as Date? } ?? nil
    }

    func keep(_ kind: KeptPromise.Kind, since: Date, at date: Date) throws {
        try connection.run(
            "INSERT INTO kept_promise (kind, began_at, kept_at) VALUES (:kind, :began, :kept)",
            ["kind": Value(kind), "began": Value(since), "kept": Value(date)]
        )
    }

    func keptPromises(after number: Int64, limit: Int) throws -> [KeptPromise] {
        try connection.query(
            """
            SELECT number, kind, began_at, kept_at FROM kept_promise
            WHERE number > :number ORDER BY number LIMIT :limit
            """,
            ["number": .integer(number), "limit": Value(limit)]
        ) { row in
            KeptPromise(
                number: try row[0],
                kind: try row[1],
                beganAt: try row[2],
                keptAt: try row[3]
            )
        }
    }

    func backlog(now: Date) throws -> Backlog {
        var backlog = Backlog()
        backlog.pending = try waiting(
            "SELECT count(*), min(received_at) FROM inbox WHERE state = 'pending'"
        )
        backlog.unparsed =
            try waiting("SELECT count(*), NULL FROM inbox WHERE state = 'unparsed'").count
        backlog.parked = try counts(
            """
            SELECT need_kind, count(*) FROM inbox
            WHERE need_kind IS NOT NULL AND state = 'parked' GROUP BY need_kind
            """
        )
        backlog.problems = try counts(
            """
            SELECT problem_kind, count(*) FROM grant
            WHERE problem_since_at IS NOT NULL GROUP BY problem_kind
            """
        )
        backlog.unconverged = try unconverged(now)
        // A revocation that was begun is no younger for a wish that changed meanwhile.
        backlog.unproved = try waiting(
            """
            SELECT count(*), min(
                CASE WHEN json_extract(observed, '$.revocation.closedAt') IS NULL
                THEN min(
                    changed_at,
                    coalesce(json_extract(observed, '$.revocation.startedAt'), changed_at)
                )
                ELSE changed_at END
            )
            FROM grant WHERE is_unproved = 1
            """
        )
        return backlog
    }

    /// Two questions, each of which has an index.
    private func unconverged(_ now: Date) throws -> Backlog.Waiting {
        let stuck = try waiting(
            """
            SELECT count(*), min(problem_since_at) FROM grant WHERE problem_since_at IS NOT NULL
            """
        )
        let due = try Grant.Priority.allCases.map { priority in
            try waiting(
                """
                SELECT count(*), min(next_attempt_at) FROM grant
                WHERE priority = :priority AND next_attempt_at <= :now
                    AND problem_since_at IS NULL
                """,
                ["priority": Value(priority.rawValue), "now": Value(now)]
            )
        }
        let all = due + [stuck]
        return Backlog.Waiting(
            count: all.map(\.count).reduce(0, +),
            since: all.compactMap(\.since).min()
        )
    }

    private func waiting(_ sql: String, _ bindings: Bindings = [:]) throws -> Backlog.Waiting {
        try connection.first(sql, bindings) { row in
            Backlog.Waiting(count: try row[0], since: try row[1])
        } ?? Backlog.Waiting()
    }

    private func counts<Word: ColumnValue & Hashable>(_ sql: String) throws -> [Word: Int] {
        let rows = try connection.query(sql) { row in (try row[0] as Word, try row[1] as Int) }
        return Dictionary(uniqueKeysWithValues: rows)
    }
}

extension KeptPromise.Kind: ColumnValue {}
