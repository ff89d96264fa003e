import Foundation
import SQLite
import Subscriptions

extension SQLiteTransaction {
    func desired(_ id: Subscription.ID) throws -> DesiredGrant? {
        try connection.first(
            """
            SELECT access, reason, plan_id, plan_version, generation, overlap_seconds, allowance_at
            FROM grant WHERE subscription_id = :id
            """,
            ["id": Value(id)],
            DesiredGrant.init
        )
    }

    func grant(_ id: Subscription.ID) throws -> Grant? {
        try connection.first(
            "SELECT * FROM grant WHERE subscription_id = :id",
            ["id": Value(id)],
            Grant.init
        )
    }

    func dueGrants(_ now: Date, limit: Int) throws -> [Grant] {
        try Grant.Priority.allCases.reduce(into: []) { due, priority in
            due += try dueGrants(now, priority, limit: limit - due.count)
        }
    }

    private func dueGrants(_ now: Date, _ priority: Grant.Priority, limit: Int) throws -> [Grant] {
        guard limit > 0 else { return [] }
        return try connection.query(
            """
            SELECT * FROM grant WHERE priority = :priority AND next_attempt_at <= :now
            ORDER BY next_attempt_at, rowid LIMIT :limit
            """,
            ["priority": Value(priority.rawValue), "now": Value(now), "limit": Value(limit)],
            Grant.init
        )
    }

    func nextGrantDue(after now: Date) throws -> Date? {
        let sql = """
            SELECT min(next_attempt_at) FROM grant
            WHERE priority = :priority AND next_attempt_at > :now
            """
        return try Grant.Priority.allCases.compactMap { priority in
            let bindings: Bindings = ["priority": Value(priority.rawValue), "now": Value(now)]
            return try connection.first(sql, bindings) { row in try row[0] as Date? } ?? nil
        }.min()
    }

    func troubledGrants(limit: Int) throws -> [Grant] {
        try connection.query(
            """
            SELECT * FROM grant WHERE problem_since_at IS NOT NULL
            ORDER BY problem_since_at, rowid LIMIT :limit
            """,
            ["limit": Value(limit)],
            Grant.init
        )
    }

    func unprovedRevocations(limit: Int) throws -> [Grant] {
        try connection.query(
            "SELECT * FROM grant WHERE is_unproved = 1 ORDER BY changed_at, rowid LIMIT :limit",
            ["limit": Value(limit)],
            Grant.init
        )
    }

    func bulkWork() throws -> BulkWork {
        let sql = """
            SELECT count(*), count(problem_since_at) FROM grant
            WHERE is_bulk = 1 AND access = 'active'
            """
        let work = try connection.first(sql) { row in
            BulkWork(underWay: try row[0], stuck: try row[1])
        }
        return work ?? BulkWork(underWay: 0, stuck: 0)
    }

    func save(_ grant: Grant) throws {
        try Self.grants.save(try grant.columns(), on: connection)
        try saveApps(of: grant)
    }

    private func saveApps(of grant: Grant) throws {
        let id = Value(grant.subscriptionID)
        let known = try connection.query(
            "SELECT app_id FROM grant_app WHERE subscription_id = :id",
            ["id": id]
        ) { row in try row[0] as Int }
        let apps = Set(grant.observed.apps.map(\.id))
        for app in Set(known).subtracting(apps) {
            try connection.run(
                "DELETE FROM grant_app WHERE app_id = :app AND subscription_id = :id",
                ["app": Value(app), "id": id]
            )
        }
        for app in apps.subtracting(known) {
            try connection.run(
                "INSERT INTO grant_app (app_id, subscription_id) VALUES (:app, :id)",
                ["app": Value(app), "id": id]
            )
        }
    }

    private static let grants = Upsert(
        table: "grant",
        key: "subscription_id",
        free: [
            "reason", "plan_id", "plan_version", "generation", "failures", "observed",
            "shown_generation", "allowance_at", "overlap_seconds", "previous_until_at",
        ],
        dear: [
            ["priority", "next_attempt_at"], ["changed_at", "is_unproved"],
            ["access", "problem_kind", "problem_sentence", "problem_since_at", "is_bulk"],
            ["role_id"], ["adopted_key_digest", "adopted_last_four"],
        ]
    )
}

// MARK: - Attempts

extension SQLiteTransaction {
    func attempts(_ id: Subscription.ID, limit: Int) throws -> [Attempt] {
        try connection.query(
            """
            SELECT * FROM attempt WHERE subscription_id = :id ORDER BY number DESC LIMIT :limit
            """,
            ["id": Value(id), "limit": Value(limit)]
        ) { row in
            Attempt(
                number: try row["number"],
                subscriptionID: try row["subscription_id"],
                step: try row["step"],
                startedAt: try row["started_at"],
                finishedAt: try row["finished_at"],
                outcome: try row["outcome"],
                problem: try row["problem"]
            )
        }.reversed()
    }

    func begin(step: String, for id: Subscription.ID, at date: Date) throws -> Int64 {
        try connection.run(
            "INSERT INTO attempt (subscription_id, step, started_at) VALUES (:id, :step, :at)",
            ["id": Value(id), "step": .text(step), "at": Value(date)]
        )
        return connection.lastInsertedRowID
    }

    func finish(
        attempt: Int64,
        at date: Date,
        outcome: String,
        problem: GrantProblem.Kind?
    ) throws {
        try runOnce(
            """
            UPDATE attempt SET finished_at = :at, outcome = :outcome, problem = :problem
            WHERE number = :number
            """,
            [
                "number": .integer(attempt), "at": Value(date), "outcome": .text(outcome),
                "problem": Value(problem),
            ],
            of: "the attempt"
        )
    }
}

// MARK: - Rows

extension DesiredGrant {
    fileprivate init(row: Row) throws {
        self.init(
            access: try row["access"],
            reason: try row["reason"],
            plan: try Plan.Reference(id: row["plan_id"], version: row["plan_version"]),
            generation: try row["generation"],
            overlap: try (row["overlap_seconds"] as Int?).map { .seconds($0) },
            allowance: try row["allowance_at"]
        )
    }
}

extension Grant {
    fileprivate init(row: Row) throws {
        let problem: GrantProblem.Kind? = try row["problem_kind"]
        self.init(
            subscriptionID: try row["subscription_id"],
            desired: try DesiredGrant(row: row),
            changedAt: try row["changed_at"]
        )
        observed = try row.read("observed", as: JSONColumn<ObservedGrant>.self).content
        failures = try row["failures"]
        nextAttemptAt = try row["next_attempt_at"]
        isBulk = try row["is_bulk"]
        self.problem = try problem.map { kind in
            GrantProblem(kind, try row["problem_sentence"], since: try row["problem_since_at"])
        }
    }

    fileprivate func columns() throws -> [String: Value] {
        [
            "subscription_id": Value(subscriptionID), "access": Value(desired.access),
            "reason": .text(desired.reason), "plan_id": Value(desired.plan?.id),
            "plan_version": Value(desired.plan?.version),
            "generation": Value(desired.generation), "changed_at": Value(changedAt),
            "failures": Value(failures), "next_attempt_at": Value(nextAttemptAt),
            "problem_kind": Value(problem?.kind),
            "problem_sentence": Value(problem?.sentence),
            "problem_since_at": Value(problem?.since),
            "observed": try JSONColumn.text(observed), "role_id": Value(observed.roleID),
            "shown_generation": Value(observed.shownGeneration),
            "priority": Value(priority.rawValue), "is_unproved": Value(isUnproved),
            "allowance_at": Value(desired.allowance),
            "overlap_seconds": Value(desired.overlap.map { Int($0.seconds) }),
            "previous_until_at": Value(previousUntil), "is_bulk": Value(isBulk),
            "adopted_key_digest": Value(observed.adopted?.keyDigest),
            "adopted_last_four": Value(observed.adopted?.lastFour),
        ]
    }
}
