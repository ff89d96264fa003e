import Foundation
import SQLite
import Subscriptions

extension SQLiteTransaction {
    func customer(_ id: Customer.ID) throws -> Customer? {
        try connection.first(
            "SELECT * FROM customer WHERE id = :id",
            ["id": Value(id)],
            Customer.init
        )
    }

    func customer(provider: Provider, mode: Mode, providerID: String) throws -> Customer? {
        try connection.first(
            """
            SELECT * FROM customer
            WHERE provider_id = :id AND provider = :provider AND mode = :mode
            """,
            ["id": .text(providerID), "provider": Value(provider), "mode": Value(mode)],
            Customer.init
        )
    }

    func save(_ customer: Customer) throws {
        try connection.run(
            """
            INSERT INTO customer (id, provider, mode, provider_id, email, created_at)
            VALUES (:id, :provider, :mode, :provider_id, :email, :created)
            ON CONFLICT (id) DO UPDATE SET email = excluded.email
            """,
            [
                "id": Value(customer.id), "provider": Value(customer.provider),
                "mode": Value(customer.mode), "provider_id": .text(customer.providerID),
                "email": Value(customer.email), "created": Value(customer.createdAt),
            ]
        )
    }

    func subscription(_ id: Subscription.ID) throws -> Subscription? {
        try connection.first(
            "SELECT * FROM subscription WHERE id = :id",
            ["id": Value(id)],
            Subscription.init
        )
    }

    func subscription(
        provider: Provider,
        mode: Mode,
        providerID: String
    ) throws -> Subscription? {
        try connection.first(
            """
            SELECT * FROM subscription
            WHERE provider_id = :id AND provider = :provider AND mode = :mode
            """,
            ["id": .text(providerID), "provider": Value(provider), "mode": Value(mode)],
            Subscription.init
        )
    }

    func subscriptions(decisionDueBy now: Date, limit: Int) throws -> [Subscription] {
        try connection.query(
            """
            SELECT * FROM subscription WHERE next_decision_at <= :now
            ORDER BY next_decision_at LIMIT :limit
            """,
            ["now": Value(now), "limit": Value(limit)],
            Subscription.init
        )
    }

    func subscriptions(after id: Subscription.ID?, limit: Int) throws -> [Subscription] {
        try connection.query(
            "SELECT * FROM subscription WHERE id > :id ORDER BY id LIMIT :limit",
            ["id": .text(id?.rawValue ?? ""), "limit": Value(limit)],
            Subscription.init
        )
    }

    func subscriptions(matching text: String, limit: Int) throws -> [Subscription] {
        try connection.query(
            """
            SELECT * FROM subscription WHERE id IN (
                SELECT id FROM subscription WHERE id = :text
                UNION SELECT id FROM subscription WHERE provider_id = :text
                UNION SELECT subscription.id FROM subscription
                    JOIN customer ON customer.id = subscription.customer_id
                    WHERE customer.id = :text
                UNION SELECT subscription.id FROM subscription
                    JOIN customer ON customer.id = subscription.customer_id
                    WHERE customer.provider_id = :text
                UNION SELECT subscription.id FROM subscription
                    JOIN customer ON customer.id = subscription.customer_id
                    WHERE customer.email = :text
                UNION SELECT subscription_id FROM api_key WHERE last_four = :text
                UNION SELECT subscription_id FROM grant WHERE role_id = :number
                UNION SELECT subscription_id FROM grant_app WHERE app_id = :number
            )
            ORDER BY created_at, id LIMIT :limit
            """,
            ["text": .text(text), "number": Value(Int64(text)), "limit": Value(limit)],
            Subscription.init
        )
    }

    func subscription(keyDigest: [UInt8]) throws -> Subscription? {
        try connection.first(
            """
            SELECT subscription.* FROM api_key
            JOIN subscription ON subscription.id = api_key.subscription_id
            WHERE api_key.digest = :digest
            """,
            ["digest": .blob(keyDigest)],
            Subscription.init
        )
    }

    func subscriptionCounts() throws -> [Plan.Reference: Int] {
        let counts = try connection.query(
            """
            SELECT plan_id, plan_version, count(*) FROM subscription
            WHERE plan_id IS NOT NULL
                AND (status IS NULL OR status NOT IN ('canceled', 'incomplete_expired'))
            GROUP BY plan_id, plan_version
            """
        ) { row in
            (Plan.Reference(id: try row[0], version: try row[1]), try row[2] as Int)
        }
        return Dictionary(uniqueKeysWithValues: counts)
    }

    func save(_ subscription: Subscription) throws {
        try connection.run(Self.saveSubscription, subscription.bindings)
    }

    private static let saveSubscription = """
        INSERT INTO subscription (
            id, provider, mode, provider_id, customer_id, status, status_at, is_uncertain, plan_id,
            plan_version, price, period_end_at, paid_through_at, checkout_payment, trial_end_at,
            cancel_at, is_collection_paused, past_due_since_at, ended_at, created_at,
            next_decision_at
        ) VALUES (
            :id, :provider, :mode, :provider_id, :customer_id, :status, :status_at, :is_uncertain,
            :plan_id, :plan_version, :price, :period_end_at, :paid_through_at, :checkout_payment,
            :trial_end_at, :cancel_at, :is_collection_paused, :past_due_since_at, :ended_at,
            :created_at, :next_decision_at
        )
        ON CONFLICT (id) DO UPDATE SET
            customer_id = excluded.customer_id, status = excluded.status,
            status_at = excluded.status_at, is_uncertain = excluded.is_uncertain,
            plan_id = excluded.plan_id, plan_version = excluded.plan_version,
            price = excluded.price, period_end_at = excluded.period_end_at,
            paid_through_at = excluded.paid_through_at,
            checkout_payment = excluded.checkout_payment, trial_end_at = excluded.trial_end_at,
            cancel_at = excluded.cancel_at, is_collection_paused = excluded.is_collection_paused,
            past_due_since_at = excluded.past_due_since_at, ended_at = excluded.ended_at,
            next_decision_at = excluded.next_decision_at
        """
}

// MARK: - Holds

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

// MARK: - Rows

extension Customer {
    fileprivate init(row: Row) throws {
        self.init(
            id: try row["id"],
            provider: try row["provider"],
            mode: try row["mode"],
            providerID: try row["provider_id"],
            email: try row["email"],
            createdAt: try row["created_at"]
        )
    }
}

extension Subscription {
    fileprivate init(row: Row) throws {
        self.init(
            id: try row["id"],
            provider: try row["provider"],
            mode: try row["mode"],
            providerID: try row["provider_id"],
            customerID: try row["customer_id"],
            createdAt: try row["created_at"]
        )
        status = try row["status"]
        statusAt = try row["status_at"]
        isUncertain = try row["is_uncertain"]
        plan = try Plan.Reference(id: row["plan_id"], version: row["plan_version"])
        price = try row["price"]
        periodEnd = try row["period_end_at"]
        paidThrough = try row["paid_through_at"]
        checkoutPayment = try row["checkout_payment"]
        trialEnd = try row["trial_end_at"]
        cancelAt = try row["cancel_at"]
        collectionPaused = try row["is_collection_paused"]
        pastDueSince = try row["past_due_since_at"]
        endedAt = try row["ended_at"]
        nextDecisionAt = try row["next_decision_at"]
    }

    fileprivate var bindings: Bindings {
        [
            "id": Value(id), "provider": Value(provider), "mode": Value(mode),
            "provider_id": .text(providerID), "customer_id": Value(customerID),
            "status": Value(status), "status_at": Value(statusAt),
            "is_uncertain": Value(isUncertain), "plan_id": Value(plan?.id),
            "plan_version": Value(plan?.version), "price": Value(price),
            "period_end_at": Value(periodEnd), "paid_through_at": Value(paidThrough),
            "checkout_payment": Value(checkoutPayment), "trial_end_at": Value(trialEnd),
            "cancel_at": Value(cancelAt), "is_collection_paused": Value(collectionPaused),
            "past_due_since_at": Value(pastDueSince), "ended_at": Value(endedAt),
            "created_at": Value(createdAt), "next_decision_at": Value(nextDecisionAt),
        ]
    }
}
