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
            INSERT INTO customer (id, provider, mode, provider_id, email, created_at, deleted_at)
            VALUES (:id, :provider, :mode, :provider_id, :email, :created, :deleted)
            ON CONFLICT (id) DO UPDATE SET
                email = excluded.email, deleted_at = excluded.deleted_at
            """,
            [
                "id": Value(customer.id), "provider": Value(customer.provider),
                "mode": Value(customer.mode), "provider_id": .text(customer.providerID),
                "email": Value(customer.email), "created": Value(customer.createdAt),
                "deleted": Value(customer.deletedAt),
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

    func subscription(provider: Provider, mode: Mode, order: String) throws -> Subscription? {
        try connection.first(
            """
            SELECT * FROM subscription
            WHERE order_id = :id AND provider = :provider AND mode = :mode
            ORDER BY created_at, id LIMIT 1
            """,
            ["id": .text(order), "provider": Value(provider), "mode": Value(mode)],
            Subscription.init
        )
    }

    func subscriptions(of id: Customer.ID) throws -> [Subscription] {
        try connection.query(
            "SELECT * FROM subscription WHERE customer_id = :id ORDER BY created_at, id",
            ["id": Value(id)],
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
                UNION SELECT subscription_id FROM grant WHERE adopted_last_four = :text
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
            SELECT * FROM subscription WHERE id IN (
                SELECT subscription_id FROM api_key WHERE digest = :digest
                UNION SELECT subscription_id FROM grant WHERE adopted_key_digest = :digest
            )
            ORDER BY created_at, id LIMIT 1
            """,
            ["digest": .blob(keyDigest)],
            Subscription.init
        )
    }

    func subscription(appID: Int) throws -> Subscription.ID? {
        try connection.first(
            "SELECT subscription_id FROM grant_app WHERE app_id = :app",
            ["app": Value(appID)]
        ) { row in try row[0] }
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
        try Self.subscriptions.save(try subscription.columns(), on: connection)
    }

    private static let subscriptions = Upsert(
        table: "subscription",
        key: "id",
        fixed: ["provider", "mode", "provider_id", "created_at"],
        free: [
            "status_at", "is_uncertain", "price", "quantity", "period_start_at", "period_end_at",
            "is_period_covered", "days_until_due", "paid_periods", "paid_through_at", "paid_at",
            "receipts", "trial_end_at", "cancel_at", "past_due_since_at", "settled_at",
            "reversals", "fetched_at", "ended_at",
        ],
        dear: [
            ["customer_id"], ["plan_id", "plan_version", "status"], ["next_decision_at"],
            ["order_id"], ["checkout_payment", "collection_pause", "collection_resumes_at"],
        ]
    )
}

// MARK: - Rows

extension Customer {
    init(row: Row) throws {
        self.init(
            id: try row["id"],
            provider: try row["provider"],
            mode: try row["mode"],
            providerID: try row["provider_id"],
            email: try row["email"],
            createdAt: try row["created_at"]
        )
        deletedAt = try row["deleted_at"]
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
        order = try row["order_id"]
        status = try row["status"]
        statusAt = try row["status_at"]
        isUncertain = try row["is_uncertain"]
        plan = try Plan.Reference(id: row["plan_id"], version: row["plan_version"])
        price = try row["price"]
        quantity = try row["quantity"]
        periodStart = try row["period_start_at"]
        periodEnd = try row["period_end_at"]
        isPeriodCovered = try row["is_period_covered"]
        daysUntilDue = try row["days_until_due"]
        paidPeriods = try row.collection("paid_periods")
        paidThrough = try row["paid_through_at"]
        paidAt = try row["paid_at"]
        receipts = try row.collection("receipts")
        checkoutPayment = try row["checkout_payment"]
        trialEnd = try row["trial_end_at"]
        cancelAt = try row["cancel_at"]
        if let behavior: CollectionPause.Behavior = try row["collection_pause"] {
            pause = CollectionPause(behavior, resumesAt: try row["collection_resumes_at"])
        }
        pastDueSince = try row["past_due_since_at"]
        settledAt = try row["settled_at"]
        reversals = try row.collection("reversals")
        fetchedAt = try row["fetched_at"]
        endedAt = try row["ended_at"]
        nextDecisionAt = try row["next_decision_at"]
    }

    fileprivate func columns() throws -> [String: Value] {
        [
            "id": Value(id), "provider": Value(provider), "mode": Value(mode),
            "provider_id": .text(providerID), "created_at": Value(createdAt),
            "customer_id": Value(customerID), "order_id": Value(order), "status": Value(status),
            "status_at": Value(statusAt), "is_uncertain": Value(isUncertain),
            "plan_id": Value(plan?.id), "plan_version": Value(plan?.version),
            "price": Value(price), "quantity": Value(quantity),
            "period_start_at": Value(periodStart), "period_end_at": Value(periodEnd),
            "is_period_covered": Value(isPeriodCovered), "days_until_due": Value(daysUntilDue),
            "paid_periods": try .collection(paidPeriods),
            "paid_through_at": Value(paidThrough), "paid_at": Value(paidAt),
            "receipts": try .collection(receipts),
            "checkout_payment": Value(checkoutPayment), "trial_end_at": Value(trialEnd),
            "cancel_at": Value(cancelAt), "collection_pause": Value(pause?.behavior),
            "collection_resumes_at": Value(pause?.resumesAt),
            "past_due_since_at": Value(pastDueSince), "settled_at": Value(settledAt),
            "reversals": try .collection(reversals), "fetched_at": Value(fetchedAt),
            "ended_at": Value(endedAt), "next_decision_at": Value(nextDecisionAt),
        ]
    }
}
