import JSON
import Subscriptions

/// Polar's events.
struct PolarWriter: StoryWriter {
    /// The checkout.
    func reference(_ life: Life) -> String { life.uuid("checkout\(life.number)") }
    func subscriptionID(_ life: Life) -> String { life.uuid("subscription\(life.number)") }

    static func obstacle(to name: String) -> String? {
        name.hasPrefix("dispute")
            ? "Polar is the merchant of record, settles disputes itself and tells nobody: there is "
                + "no story \(name) of it." : nil
    }

    func tell(_ happening: Happening, _ life: Life) -> [Story.Step] {
        let objects = PolarStoryObjects(life)
        func subscription(_ verbs: String...) -> [Told] {
            verbs.map { Told("subscription.\($0)", objects.subscription) }
        }
        func order(_ verbs: String...) -> [Told] {
            verbs.map { Told("order.\($0)", objects.order) }
        }
        let told: [Told]
        switch happening {
        case .signUp:
            told =
                [Told("checkout.updated", objects.checkout)] + subscription("created")
                + order("created", "paid")
                + subscription(life.status == .trialing ? "updated" : "active")
        case .renewal: told = subscription("cycled", "updated") + order("created")
        case .payment: told = order("updated", "paid")
        case .recovery: told = order("paid") + subscription("updated")
        case .failure: told = subscription("past_due", "updated")
        // It revokes when it gives up.
        case .exhaustion: return []
        case .change: told = subscription("updated")
        case .schedule: told = subscription("updated", "canceled")
        case .unschedule: told = subscription("updated", "uncanceled")
        case .pause: told = subscription("updated", "paused")
        case .end: told = subscription("updated", "revoked")
        case .refund:
            told = order("refunded") + [Told("refund.created", objects.refund)]
        case .dispute: return []
        }
        return told.map { step($0, life, objects) }
    }

    private struct Told {
        let type: String
        let data: JSONValue

        init(_ type: String, _ data: JSONValue) {
            self.type = type
            self.data = data
        }
    }

    private func step(
        _ told: Told,
        _ life: Life,
        _ objects: PolarStoryObjects
    ) -> Story.Step {
        let event: JSONValue = [
            "type": .string(told.type), "timestamp": .time(life.time), "data": told.data,
        ]
        return Story.Step(type: told.type, event: event, objects: objects.all)
    }

    static func answer(
        _ path: String,
        _ query: [String: String],
        _ objects: [String: JSONValue]
    ) -> JSONValue? {
        if let object = objects[path] { return object }
        guard ["/v1/subscriptions/", "/v1/orders/", "/v1/refunds/"].contains(path) else {
            return nil
        }
        let all = objects.filter { $0.key.hasPrefix(path) }.sorted { $0.key < $1.key }.map(\.value)
            .filter { object in
                ["order_id", "subscription_id", "customer_id"].allSatisfy { name in
                    query[name].map { $0 == object[name]?.string } ?? true
                }
            }
        let size = min(query["limit"].flatMap { Int($0) } ?? 10, 100)
        let number = max(query["page"].flatMap { Int($0) } ?? 1, 1)
        return [
            "items": .array(Array(all.dropFirst((number - 1) * size).prefix(size))),
            "pagination": [
                "total_count": .integer(Int64(all.count)),
                "max_page": .integer(Int64((all.count + size - 1) / size)),
            ],
        ]
    }
}

/// The objects of a life as Polar has them.
private struct PolarStoryObjects {
    private let life: Life

    init(_ life: Life) { self.life = life }

    private var subscriptionID: String { life.uuid("subscription\(life.number)") }
    private var orderID: String { life.uuid("order\(life.number)/\(life.payment)") }
    private var customerID: String { life.uuid("customer") }
    private var checkoutID: String { life.uuid("checkout\(life.number)") }

    /// What the API has, by its path.
    var all: [String: JSONValue] {
        var all = [
            "/v1/subscriptions/\(subscriptionID)": subscription, "/v1/orders/\(orderID)": order,
            "/v1/customers/\(customerID)": customer, "/v1/checkouts/\(checkoutID)": checkout,
        ]
        if life.refunded > 0 { all["/v1/refunds/\(refundID)"] = refund }
        return all
    }

    private var refundID: String { life.uuid("refund\(life.number)/\(life.payment)") }

    private var customer: JSONValue {
        [
            "id": .string(customerID), "created_at": .time(life.startedAt), "modified_at": nil,
            "email": .string(life.email), "external_id": nil, "name": "Story", "metadata": [:],
            "deleted_at": nil,
        ]
    }

    var subscription: JSONValue {
        let isPaused = life.pausedUntil != nil
        return [
            "id": .string(subscriptionID), "created_at": .time(life.startedAt),
            "modified_at": .time(life.time), "amount": .integer(Life.amount), "currency": "usd",
            "recurring_interval": "month", "recurring_interval_count": 1,
            "status": .string(isPaused ? "paused" : life.status.rawValue),
            "current_period_start": .time(life.periodStart),
            "current_period_end": .time(life.periodEnd),
            "trial_start": life.trialEnd == nil ? nil : .time(life.startedAt),
            "trial_end": .time(life.trialEnd),
            "cancel_at_period_end": .bool(life.cancelAt != nil),
            "canceled_at": life.cancelAt == nil && life.endedAt == nil ? nil : .time(life.time),
            "started_at": .time(life.startedAt), "ends_at": .time(life.endedAt ?? life.cancelAt),
            "ended_at": .time(life.endedAt), "pause_at_period_end": false,
            "past_due_at": life.status == .pastDue ? .time(life.time) : nil,
            "paused_at": isPaused ? .time(life.time) : nil,
            "resumes_at": .time(life.pausedUntil), "customer_id": .string(customerID),
            "product_id": .string(life.price), "discount_id": nil,
            "checkout_id": .string(checkoutID), "seats": nil, "units": nil, "metadata": [:],
            "customer": customer, "prices": [], "meters": [], "pending_update": nil,
        ]
    }

    var order: JSONValue {
        let reason =
            life.payment == 1
            ? "subscription_create" : life.isRenewal ? "subscription_cycle" : "subscription_update"
        let status =
            switch life.refunded {
            case 0: life.isPaid ? "paid" : "pending"
            case Life.amount: "refunded"
            default: "partially_refunded"
            }
        return [
            "id": .string(orderID), "created_at": .time(life.askedAt),
            "modified_at": .time(life.time), "status": .string(status),
            "paid": .bool(life.isPaid), "subtotal_amount": .integer(life.due),
            "net_amount": .integer(life.due), "tax_amount": 0, "discount_amount": 0,
            "total_amount": .integer(life.due), "due_amount": .integer(life.isPaid ? 0 : life.due),
            "refunded_amount": .integer(life.refunded), "refunded_tax_amount": 0,
            "currency": "usd", "billing_reason": .string(reason),
            "customer_id": .string(customerID), "product_id": .string(life.price),
            "subscription_id": .string(subscriptionID), "checkout_id": .string(checkoutID),
            "metadata": [:], "customer": customer, "subscription": subscription, "items": [],
        ]
    }

    var refund: JSONValue {
        [
            "id": .string(refundID), "created_at": .time(life.time), "modified_at": nil,
            "status": "succeeded", "reason": "customer_request",
            "amount": .integer(life.refunded), "tax_amount": 0, "currency": "usd",
            "order_id": .string(orderID), "subscription_id": .string(subscriptionID),
            "customer_id": .string(customerID), "revoke_benefits": false, "metadata": [:],
            "dispute": nil,
        ]
    }

    var checkout: JSONValue {
        [
            "id": .string(checkoutID), "created_at": .time(life.startedAt),
            "modified_at": .time(life.time), "status": "succeeded", "currency": "usd",
            "amount": .integer(life.due), "total_amount": .integer(life.due),
            "customer_id": .string(customerID), "customer_email": .string(life.email),
            "product_id": .string(life.price), "subscription_id": .string(subscriptionID),
            "metadata": [:],
        ]
    }
}
