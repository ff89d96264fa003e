import Foundation
import SQLite
import Subscriptions

extension SQLiteTransaction {
    func event(_ number: Int64) throws -> InboxEvent? {
        try connection.first(
            "SELECT * FROM inbox WHERE number = :number",
            ["number": .integer(number)],
            InboxEvent.init
        )
    }

    func state(ofEvent number: Int64) throws -> InboxEvent.State? {
        try connection.first("SELECT state FROM inbox WHERE number = ?", [.integer(number)]) {
            row in
            try row[0]
        }
    }

    func events(eventID: String) throws -> [InboxEvent] {
        try connection.query(
            "SELECT * FROM inbox WHERE event_id = :id ORDER BY number",
            ["id": .text(eventID)],
            InboxEvent.init
        )
    }

    func pendingEvents(in lane: InboxLane, limit: Int) throws -> [InboxEvent] {
        let (word, providers): (String, [Provider]) =
            switch lane {
            case .all: ("NOT IN", [])
            case .only(let provider): ("IN", [provider])
            case .except(let others): ("NOT IN", others.sorted { $0.rawValue < $1.rawValue })
            }
        let places = providers.map { _ in "?" }.joined(separator: ", ")
        return try connection.query(
            """
            SELECT * FROM inbox WHERE state = 'pending' AND provider \(word) (\(places))
            ORDER BY number LIMIT ?
            """,
            .positional(providers.map { Value($0) } + [Value(limit)]),
            InboxEvent.init
        )
    }

    func events(state: InboxEvent.State?, before: Int64?, limit: Int) throws -> [InboxEvent] {
        let below = before ?? .max
        guard let state else {
            return try connection.query(
                "SELECT * FROM inbox WHERE number < :below ORDER BY number DESC LIMIT :limit",
                ["below": .integer(below), "limit": Value(limit)],
                InboxEvent.init
            )
        }
        return try connection.query(
            """
            SELECT * FROM inbox WHERE state = :state AND number < :below
            ORDER BY number DESC LIMIT :limit
            """,
            ["state": Value(state), "below": .integer(below), "limit": Value(limit)],
            InboxEvent.init
        )
    }

    func events(about id: Subscription.ID, limit: Int) throws -> [InboxEvent] {
        try connection.query(
            "SELECT * FROM inbox WHERE subscription_id = :id ORDER BY number LIMIT :limit",
            ["id": Value(id), "limit": Value(limit)],
            InboxEvent.init
        )
    }

    func parkedEvents(_ kind: Need.Kind, limit: Int) throws -> [InboxEvent] {
        try connection.query(
            """
            SELECT * FROM inbox WHERE need_kind = :kind AND state = 'parked'
            ORDER BY number LIMIT :limit
            """,
            ["kind": Value(kind), "limit": Value(limit)],
            InboxEvent.init
        )
    }

    func parkedEvents(_ kind: Need.Kind, subject: String, limit: Int) throws -> [InboxEvent] {
        try connection.query(
            """
            SELECT * FROM inbox
            WHERE need_kind = :kind AND need_subject = :subject AND state = 'parked'
            ORDER BY number LIMIT :limit
            """,
            ["kind": Value(kind), "subject": .text(subject), "limit": Value(limit)],
            InboxEvent.init
        )
    }

    func lastDelivery(of provider: Provider) throws -> Date? {
        try connection.first(
            """
            SELECT received_at FROM inbox WHERE provider = :provider ORDER BY number DESC LIMIT 1
            """,
            ["provider": Value(provider)]
        ) { row in try row[0] as Date }
    }

    func eventCounts() throws -> [InboxEvent.State: Int] {
        let counts = try connection.query("SELECT state, count(*) FROM inbox GROUP BY state") {
            row in (try row[0] as InboxEvent.State, try row[1] as Int)
        }
        return Dictionary(uniqueKeysWithValues: counts)
    }

    /// A delivery that is known changes nothing, whatever its body says now.
    func insert(_ delivery: Delivery, receivedAt: Date) throws -> StoredDelivery {
        let state = delivery.isReadable ? InboxEvent.State.pending : .unparsed
        let inserted = try connection.run(
            """
            INSERT INTO inbox (
                provider, mode, event_id, type, occurred_at, received_at, state, body
            ) VALUES (:provider, :mode, :id, :type, :occurred, :received, :state, :body)
            ON CONFLICT (event_id, provider, mode) DO NOTHING
            """,
            [
                "provider": Value(delivery.provider), "mode": Value(delivery.mode),
                "id": .text(delivery.eventID), "type": .text(delivery.type),
                "occurred": Value(delivery.occurredAt), "received": Value(receivedAt),
                "state": Value(state), "body": .blob(delivery.body),
            ]
        )
        guard inserted == 0 else {
            return StoredDelivery(number: connection.lastInsertedRowID, isNew: true)
        }
        let known = try connection.first(
            """
            SELECT number FROM inbox
            WHERE event_id = :id AND provider = :provider AND mode = :mode
            """,
            [
                "id": .text(delivery.eventID), "provider": Value(delivery.provider),
                "mode": Value(delivery.mode),
            ]
        ) { row in try row[0] as Int64 }
        guard let known else { throw MissingRow(what: "the event") }
        return StoredDelivery(number: known, isNew: false)
    }

    func update(_ event: InboxEvent) throws {
        try runOnce(
            """
            UPDATE inbox
            SET state = :state, need_kind = :kind, need_subject = :subject, need_reason = :reason,
                note = :note, subscription_id = :subscription, handled_at = :handled
            WHERE number = :number
            """,
            [
                "number": .integer(event.number), "state": Value(event.state),
                "kind": Value(event.need?.kind), "subject": Value(event.need?.subject),
                "reason": Value(event.need?.reason), "note": Value(event.note),
                "subscription": Value(event.subscriptionID), "handled": Value(event.handledAt),
            ],
            of: "the event"
        )
    }
}

extension InboxEvent {
    fileprivate init(row: Row) throws {
        let kind: Need.Kind? = try row["need_kind"]
        self.init(
            number: try row["number"],
            provider: try row["provider"],
            mode: try row["mode"],
            eventID: try row["event_id"],
            type: try row["type"],
            body: try row["body"],
            occurredAt: try row["occurred_at"],
            receivedAt: try row["received_at"],
            state: try row["state"],
            need: try kind.map { kind in
                Need(kind, subject: try row["need_subject"], reason: try row["need_reason"])
            },
            note: try row["note"],
            subscriptionID: try row["subscription_id"],
            handledAt: try row["handled_at"]
        )
    }
}
