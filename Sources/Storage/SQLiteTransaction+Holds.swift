import SQLite
import Subscriptions

extension SQLiteTransaction {
    func reconciliation(_ provider: Provider) throws -> Reconciliation? {
        try connection.first(
            "SELECT * FROM reconciliation WHERE provider = :provider",
            ["provider": Value(provider)]
        ) { row in
            Reconciliation(
                provider: try row["provider"],
                startedAt: try row["started_at"],
                cursor: try row["cursor"],
                compared: try row["compared"],
                changed: try row["changed"],
                finishedAt: try row["finished_at"]
            )
        }
    }

    func save(_ reconciliation: Reconciliation) throws {
        try connection.run(
            """
            INSERT INTO reconciliation (
                provider, started_at, cursor, compared, changed, finished_at
            ) VALUES (:provider, :started, :cursor, :compared, :changed, :finished)
            ON CONFLICT (provider) DO UPDATE SET
                started_at = excluded.started_at, cursor = excluded.cursor,
                compared = excluded.compared, changed = excluded.changed,
                finished_at = excluded.finished_at
            """,
            [
                "provider": Value(reconciliation.provider),
                "started": Value(reconciliation.startedAt),
                "cursor": Value(reconciliation.cursor),
                "compared": Value(reconciliation.compared),
                "changed": Value(reconciliation.changed),
                "finished": Value(reconciliation.finishedAt),
            ]
        )
    }
}

extension SQLiteTransaction {
    func holds(_ id: Subscription.ID) throws -> [Hold] {
        try connection.query(
            "SELECT * FROM hold WHERE subscription_id = :id ORDER BY created_at, rowid",
            ["id": Value(id)]
        ) { row in
            Hold(
                id: try row["id"],
                subscriptionID: try row["subscription_id"],
                kind: try row["kind"],
                reason: try row["reason"],
                actor: try row["actor"],
                createdAt: try row["created_at"],
                liftedAt: try row["lifted_at"]
            )
        }
    }

    func save(_ hold: Hold) throws {
        try connection.run(
            """
            INSERT INTO hold (id, subscription_id, kind, reason, actor, created_at, lifted_at)
            VALUES (:id, :subscription, :kind, :reason, :actor, :created, :lifted)
            ON CONFLICT (id) DO UPDATE SET lifted_at = excluded.lifted_at
            """,
            [
                "id": Value(hold.id), "subscription": Value(hold.subscriptionID),
                "kind": Value(hold.kind), "reason": .text(hold.reason),
                "actor": .text(hold.actor), "created": Value(hold.createdAt),
                "lifted": Value(hold.liftedAt),
            ]
        )
    }
}
