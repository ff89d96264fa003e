import SQLite
import Subscriptions

/// What only staff look for.
extension SQLiteTransaction {
    func customers(matching text: String, limit: Int) throws -> [Customer] {
        try connection.query(
            """
            SELECT * FROM customer WHERE id IN (
                SELECT id FROM customer WHERE id = :text
                UNION SELECT id FROM customer WHERE provider_id = :text
                UNION SELECT id FROM customer WHERE email = :text
            )
            ORDER BY created_at, id LIMIT :limit
            """,
            ["text": .text(text), "limit": Value(limit)],
            Customer.init
        )
    }

    func claims(limit: Int) throws -> [Claim] {
        try connection.query(
            "SELECT * FROM claim ORDER BY created_at DESC, rowid DESC LIMIT :limit",
            ["limit": Value(limit)],
            Claim.init
        )
    }
}
