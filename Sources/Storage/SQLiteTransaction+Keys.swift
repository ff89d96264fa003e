import Foundation
import SQLite
import Subscriptions

extension SQLiteTransaction {
    func key(_ id: Subscription.ID, generation: Int) throws -> APIKey? {
        try connection.first(
            "SELECT * FROM api_key WHERE subscription_id = :id AND generation = :generation",
            ["id": Value(id), "generation": Value(generation)],
            APIKey.init
        )
    }

    func keys(_ id: Subscription.ID) throws -> [APIKey] {
        try connection.query(
            "SELECT * FROM api_key WHERE subscription_id = :id ORDER BY generation",
            ["id": Value(id)],
            APIKey.init
        )
    }

    func masterKeyIDsInUse() throws -> Set<String> {
        let ids = try connection.query(
            "SELECT DISTINCT master_key_id FROM api_key WHERE ended_at IS NULL"
        ) { row in try row[0] as String }
        return Set(ids)
    }

    func insert(_ key: APIKey) throws {
        try connection.run(
            """
            INSERT INTO api_key (
                subscription_id, generation, salt, master_key_id, digest, last_four, created_at,
                shown_at, ended_at
            ) VALUES (
                :id, :generation, :salt, :master, :digest, :last_four, :created, :shown, :ended
            )
            """,
            [
                "id": Value(key.subscriptionID), "generation": Value(key.generation),
                "salt": .blob(key.salt), "master": .text(key.masterKeyID),
                "digest": .blob(key.digest), "last_four": .text(key.lastFour),
                "created": Value(key.createdAt), "shown": Value(key.shownAt),
                "ended": Value(key.endedAt),
            ]
        )
    }

    func update(_ key: APIKey) throws {
        try runOnce(
            """
            UPDATE api_key SET shown_at = :shown, ended_at = :ended
            WHERE subscription_id = :id AND generation = :generation
            """,
            [
                "id": Value(key.subscriptionID), "generation": Value(key.generation),
                "shown": Value(key.shownAt), "ended": Value(key.endedAt),
            ],
            of: "the key"
        )
    }
}

// MARK: - Claims

extension SQLiteTransaction {
    func claim(provider: Provider, referenceDigest: [UInt8]) throws -> Claim? {
        try connection.first(
            "SELECT * FROM claim WHERE reference_digest = :digest AND provider = :provider",
            ["digest": .blob(referenceDigest), "provider": Value(provider)],
            Claim.init
        )
    }

    @discardableResult
    func insert(_ claim: Claim) throws -> Bool {
        let inserted = try connection.run(
            """
            INSERT INTO claim (
                id, provider, reference_digest, subscription_id, created_at, expires_at, salt,
                used_at, idempotency_digest, ended_at
            ) VALUES (
                :id, :provider, :digest, :subscription, :created, :expires, :salt, :used,
                :idempotency, :ended
            )
            ON CONFLICT (reference_digest, provider) DO NOTHING
            """,
            [
                "id": Value(claim.id), "provider": Value(claim.provider),
                "digest": .blob(claim.referenceDigest),
                "subscription": Value(claim.subscriptionID), "created": Value(claim.createdAt),
                "expires": Value(claim.expiresAt), "salt": .blob(claim.salt),
                "used": Value(claim.usedAt), "idempotency": Value(claim.idempotencyDigest),
                "ended": Value(claim.endedAt),
            ]
        )
        return inserted == 1
    }

    func use(
        _ id: Claim.ID,
        at now: Date,
        deadline: Date,
        idempotencyDigest: [UInt8]?
    ) throws -> Bool {
        let used = try connection.run(
            """
            UPDATE claim SET used_at = :now, idempotency_digest = :idempotency
            WHERE id = :id AND used_at IS NULL AND ended_at IS NULL AND :now < :deadline
            """,
            [
                "id": Value(id), "now": Value(now), "deadline": Value(deadline),
                "idempotency": Value(idempotencyDigest),
            ]
        )
        return used == 1
    }

    func expireClaims(_ id: Subscription.ID, at date: Date) throws {
        try connection.run(
            """
            UPDATE claim SET expires_at = min(expires_at, :at), ended_at = :at
            WHERE subscription_id = :id AND used_at IS NULL AND ended_at IS NULL
            """,
            ["id": Value(id), "at": Value(date)]
        )
    }
}

// MARK: - Lookup tokens

extension SQLiteTransaction {
    func insert(_ token: LookupToken) throws {
        try connection.run(
            """
            INSERT INTO lookup_token (
                digest, id, subscription_id, created_at, revoked_at, revealed_generation
            ) VALUES (:digest, :id, :subscription, :created, :revoked, :revealed)
            """,
            [
                "digest": .blob(token.digest), "id": Value(token.id),
                "subscription": Value(token.subscriptionID), "created": Value(token.createdAt),
                "revoked": Value(token.revokedAt), "revealed": Value(token.revealedGeneration),
            ]
        )
    }

    func revokeTokens(_ id: Subscription.ID, at date: Date) throws {
        try connection.run(
            """
            UPDATE lookup_token SET revoked_at = :at
            WHERE subscription_id = :id AND revoked_at IS NULL
            """,
            ["id": Value(id), "at": Value(date)]
        )
    }

    /// An older generation that is revealed late changes nothing.
    func reveal(_ generation: Int, to id: LookupToken.ID) throws -> Bool {
        let noted = try connection.run(
            """
            UPDATE lookup_token SET revealed_generation = max(revealed_generation, :generation)
            WHERE id = :id AND revoked_at IS NULL
            """,
            ["id": Value(id), "generation": Value(generation)]
        )
        return noted == 1
    }
}

// MARK: - Rows

extension APIKey {
    fileprivate init(row: Row) throws {
        self.init(
            subscriptionID: try row["subscription_id"],
            generation: try row["generation"],
            salt: try row["salt"],
            masterKeyID: try row["master_key_id"],
            digest: try row["digest"],
            lastFour: try row["last_four"],
            createdAt: try row["created_at"],
            shownAt: try row["shown_at"],
            endedAt: try row["ended_at"]
        )
    }
}

extension Claim {
    init(row: Row) throws {
        self.init(
            id: try row["id"],
            provider: try row["provider"],
            referenceDigest: try row["reference_digest"],
            subscriptionID: try row["subscription_id"],
            createdAt: try row["created_at"],
            expiresAt: try row["expires_at"],
            salt: try row["salt"],
            usedAt: try row["used_at"],
            idempotencyDigest: try row["idempotency_digest"],
            endedAt: try row["ended_at"]
        )
    }
}
