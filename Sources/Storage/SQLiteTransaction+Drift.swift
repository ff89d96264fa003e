import SQLite
import Subscriptions

extension SQLiteTransaction {
    func driftReport() throws -> DriftReport? {
        try connection.first("SELECT * FROM drift_report") { row in
            DriftReport(
                startedAt: try row["started_at"],
                finishedAt: try row["finished_at"],
                compared: try row["compared"],
                differences: try row["differences"]
            )
        }
    }

    func save(_ report: DriftReport) throws {
        try connection.run(
            """
            INSERT INTO drift_report (started_at, finished_at, compared, differences)
            VALUES (:started, :finished, :compared, :differences)
            ON CONFLICT (only_row) DO UPDATE SET
                started_at = excluded.started_at, finished_at = excluded.finished_at,
                compared = excluded.compared, differences = excluded.differences
            """,
            [
                "started": Value(report.startedAt), "finished": Value(report.finishedAt),
                "compared": Value(report.compared), "differences": Value(report.differences),
            ]
        )
    }
}
