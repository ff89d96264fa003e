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
            PlanVersion.init
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
            PlanVersion.init
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

extension PlanVersion {
    fileprivate init(row: Row) throws {
        self.init(
            plan: try row.read("definition", as: PlanColumn.self).plan,
            version: try row["version"],
            appliedAt: try row["applied_at"],
            retiredAt: try row["retired_at"]
        )
    }
}

/// A plan as the catalogue writes it.
private struct PlanColumn: ColumnValue {
    let plan: Plan

    static func read(from column: Column) throws(SQLiteError) -> PlanColumn {
        let text = try String.read(from: column)
        do {
            let plan = try Plan(catalogue: JSONValue(parsing: text.utf8), path: "definition")
            return PlanColumn(plan: plan)
        } catch {
            throw column.mismatch(expected: "a plan as this program writes it: \(error)")
        }
    }
}
