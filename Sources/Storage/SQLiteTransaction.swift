import Foundation
import SQLite
import Subscriptions

/// The ports of the domain within one transaction, or one snapshot, of a connection.
struct SQLiteTransaction: StoreTransaction {
    let connection: Connection
    let plans: PlanCache

    /// Runs a statement that must touch exactly one row.
    func runOnce(_ sql: String, _ bindings: Bindings, of what: String) throws {
        guard try connection.run(sql, bindings) == 1 else { throw MissingRow(what: what) }
    }
}

/// A row that was to be changed is not there.
package struct MissingRow: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was looked for.
    package let what: String

    /// One sentence.
    package var description: String { "\(what) to be changed is not in the database" }
}

// MARK: - Installation and audit

extension SQLiteTransaction {
    func installation() throws -> Installation? {
        try connection.first("SELECT * FROM installation") { row in
            Installation(
                id: try row["id"],
                mode: try row["mode"],
                platformOrigin: try row["platform_origin"],
                createdAt: try row["created_at"],
                randomKeyRefusedAt: try row["random_key_refused_at"],
                liveKeyAnsweredAt: try row["live_key_answered_at"]
            )
        }
    }

    func insert(_ installation: Installation) throws {
        try connection.run(
            """
            INSERT INTO installation (
                id, mode, platform_origin, created_at, random_key_refused_at, live_key_answered_at
            ) VALUES (:id, :mode, :origin, :created, :refused, :answered)
            """,
            [
                "id": Value(installation.id), "mode": Value(installation.mode),
                "origin": .text(installation.platformOrigin),
                "created": Value(installation.createdAt),
                "refused": Value(installation.randomKeyRefusedAt),
                "answered": Value(installation.liveKeyAnsweredAt),
            ]
        )
    }

    func update(_ installation: Installation) throws {
        try runOnce(
            """
            UPDATE installation
            SET random_key_refused_at = :refused, live_key_answered_at = :answered
            WHERE id = :id
            """,
            [
                "id": Value(installation.id),
                "refused": Value(installation.randomKeyRefusedAt),
                "answered": Value(installation.liveKeyAnsweredAt),
            ],
            of: "the installation"
        )
    }

    func audit(_ id: Subscription.ID?, limit: Int) throws -> [AuditEntry] {
        let all = "SELECT * FROM audit ORDER BY number DESC LIMIT :limit"
        let one = """
            SELECT * FROM audit WHERE subscription_id = :id ORDER BY number DESC LIMIT :limit
            """
        let newestFirst =
            if let id {
                try connection.query(
                    one,
                    ["id": Value(id), "limit": Value(limit)],
                    AuditEntry.init
                )
            } else {
                try connection.query(all, ["limit": Value(limit)], AuditEntry.init)
            }
        return newestFirst.reversed()
    }

    func append(_ entry: AuditEntry) throws {
        try connection.run(
            """
            INSERT INTO audit (recorded_at, actor, action, subscription_id, details)
            VALUES (:at, :actor, :action, :subscription, :details)
            """,
            [
                "at": Value(entry.at), "actor": .text(entry.actor), "action": .text(entry.action),
                "subscription": Value(entry.subscriptionID),
                "details": try JSONColumn.text(entry.details),
            ]
        )
    }
}

extension AuditEntry {
    fileprivate init(row: Row) throws {
        self.init(
            at: try row["recorded_at"],
            actor: try row["actor"],
            action: try row["action"],
            subscriptionID: try row["subscription_id"],
            details: try row.read("details", as: JSONColumn<[String: String]>.self).content
        )
    }
}
