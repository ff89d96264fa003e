import Foundation
import JSON
import SQLite
import Subscriptions

extension SQLiteTransaction {
    func plan(_ reference: Plan.Reference) throws -> PlanVersion? {
        try connection.first(
            """
            SELECT plan_version.*, plan.retired_at FROM plan_version
            JOIN plan ON plan.id = plan_version.plan_id
            WHERE plan_id = :id AND version = :version
            """,
            ["id": Value(reference.id), "version": Value(reference.version)],
            planVersion
        )
    }

    func latestPlans() throws -> [PlanVersion] {
        try connection.query(
            """
            SELECT plan_version.*, plan.retired_at FROM plan
            JOIN plan_version ON plan_version.plan_id = plan.id
            WHERE version = (SELECT max(version) FROM plan_version WHERE plan_id = plan.id)
            ORDER BY plan.id
            """,
            [],
            planVersion
        )
    }

    func insert(_ version: PlanVersion) throws {
        try connection.run(
            """
            INSERT INTO plan (id, retired_at) VALUES (:id, :retired)
            ON CONFLICT (id) DO UPDATE SET retired_at = excluded.retired_at
            """,
            ["id": Value(version.plan.id), "retired": Value(version.retiredAt)]
        )
        try connection.run(
            """
            INSERT INTO plan_version (plan_id, version, definition, applied_at)
            VALUES (:id, :version, :definition, :applied)
            """,
            [
                "id": Value(version.plan.id), "version": Value(version.version),
                "definition": Value(version.plan.catalogue), "applied": Value(version.appliedAt),
            ]
        )
    }

    /// A plan that is not there yet has nothing to be taken back.
    func retire(_ id: Plan.ID, at date: Date?) throws {
        try connection.run(
            "UPDATE plan SET retired_at = :at WHERE id = :id",
            ["id": Value(id), "at": Value(date)]
        )
    }
}

extension SQLiteTransaction {
    private func planVersion(row: Row) throws -> PlanVersion {
        PlanVersion(
            plan: try plan(row: row),
            version: try row["version"],
            appliedAt: try row["applied_at"],
            retiredAt: try row["retired_at"]
        )
    }

    private func plan(row: Row) throws -> Plan {
        let definition: String = try row["definition"]
        do {
            return try plans.plan(of: definition)
        } catch {
            // The cause may quote what stands there.
            throw try row.mismatch("definition", expected: "a plan; use the newer program")
        }
    }
}
