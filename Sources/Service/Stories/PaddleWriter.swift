import JSON
import Subscriptions

/// Paddle's events.
struct PaddleWriter: StoryWriter {
    private var count = 0

    /// The transaction of the checkout.
    func reference(_ life: Life) -> String { "txn_story\(life.subscriptionTag)_1" }
    func subscriptionID(_ life: Life) -> String { "sub_story\(life.subscriptionTag)" }

    mutating func tell(_ happening: Happening, _ life: Life) -> [Story.Step] {
        let objects = PaddleStoryObjects(life)
        let updated = Told("subscription.updated", objects.subscription)
        let completed = Told("transaction.completed", objects.transaction)
        let told: [Told]
        switch happening {
        case .signUp: told = signUp(life, objects)
        case .renewal, .change, .schedule, .unschedule: told = [updated]
        case .payment: told = [completed]
        case .recovery: told = [completed, updated]
        case .failure:
            told = [
                Told("transaction.payment_failed", objects.transaction),
                Told("subscription.past_due", objects.subscription),
            ]
        // Paddle pauses or cancels when it gives up, which is told as such.
        case .exhaustion: return []
        case .pause: told = [Told("subscription.paused", objects.subscription)]
        case .end: told = [Told("subscription.canceled", objects.subscription)]
        case .refund:
            told = [
                Told("adjustment.created", objects.adjustment("refund", "pending_approval")),
                Told("adjustment.updated", objects.adjustment("refund", "approved")),
            ]
        case .dispute:
            // The money is gone while a bank decides; a loss changes nothing and is not told.
            switch life.dispute {
            case .open, nil:
                told = [Told("adjustment.created", objects.adjustment("chargeback", "approved"))]
            case .won:
                told = [
                    Told("adjustment.created", objects.adjustment("chargeback_reverse", "approved"))
                ]
            case .lost: return []
            }
        }
        return told.map { step($0, life) }
    }

    private struct Told {
        let type: String
        let data: JSONValue

        init(_ type: String, _ data: JSONValue) {
            self.type = type
            self.data = data
        }
    }

    private func signUp(_ life: Life, _ objects: PaddleStoryObjects) -> [Told] {
        var created = objects.subscription.object ?? [:]
        created["transaction_id"] = .string(reference(life))
        return [
            Told("customer.created", objects.customer),
            Told("subscription.created", .object(created)),
            Told(
                life.status == .trialing ? "subscription.trialing" : "subscription.activated",
                objects.subscription
            ),
            Told("transaction.completed", objects.transaction),
        ]
    }

    private mutating func step(_ told: Told, _ life: Life) -> Story.Step {
        count += 1
        let event: JSONValue = [
            "event_id": .string("evt_story\(life.tag)\(count)"),
            "event_type": .string(told.type), "occurred_at": .time(life.time),
            "notification_id": .string("ntf_story\(life.tag)\(count)"), "data": told.data,
        ]
        return Story.Step(type: told.type, event: event, objects: PaddleStoryObjects(life).all)
    }

    static func answer(
        _ path: String,
        _ query: [String: String],
        _ objects: [String: JSONValue]
    ) -> JSONValue? {
        if let object = objects[path] { return ["data": object, "meta": ["request_id": "story"]] }
        guard ["/subscriptions", "/adjustments"].contains(path) else { return nil }
        let all = objects.filter { $0.key.hasPrefix("\(path)/") }.sorted { $0.key < $1.key }
            .map(\.value)
            .filter { object in
                // What is asked for by a field is only what has it.
                ["id", "transaction_id", "subscription_id"].allSatisfy { name in
                    query[name].map { $0 == object[name]?.string } ?? true
                }
            }
            .filter { ($0["id"]?.string ?? "") > query["after"] ?? "" }
        let count = min(query["per_page"].flatMap { Int($0) } ?? 50, 200)
        return [
            "data": .array(Array(all.prefix(count))),
            "meta": [
                "request_id": "story",
                "pagination": [
                    "per_page": .integer(Int64(count)),
                    "next": .string(
                        "https://sandbox-api.paddle.com\(path)?after="
                            + (all.prefix(count).last?["id"]?.string ?? "")
                    ),
                    "has_more": .bool(all.count > count),
                    "estimated_total": .integer(Int64(all.count)),
                ],
            ],
        ]
    }
}

/// The objects of a life as Paddle has them.
private struct PaddleStoryObjects {
    private let life: Life

    init(_ life: Life) { self.life = life }

    private var subscriptionID: String { "sub_story\(life.subscriptionTag)" }
    private var customerID: String { "ctm_story\(life.tag)" }
    private var transactionID: String { "txn_story\(life.paymentTag)" }

    /// What the API has, by its path.
    var all: [String: JSONValue] {
        var all = [
            "/subscriptions/\(subscriptionID)": subscription,
            "/transactions/\(transactionID)": transaction, "/customers/\(customerID)": customer,
        ]
        var adjustments: [JSONValue] = []
        if life.refundedBefore > 0 {
            adjustments.append(adjustment("refund", "approved", isPart: true))
        }
        if life.refunded > 0 { adjustments.append(adjustment("refund", "approved")) }
        if life.dispute != nil { adjustments.append(adjustment("chargeback", "approved")) }
        if life.dispute == .won {
            adjustments.append(adjustment("chargeback_reverse", "approved"))
        }
        for adjustment in adjustments {
            all["/adjustments/\(adjustment["id"]?.string ?? "")"] = adjustment
        }
        return all
    }

    var customer: JSONValue {
        [
            "id": .string(customerID), "name": "Story", "email": .string(life.email),
            "locale": "en", "status": "active", "custom_data": nil,
            "created_at": .time(life.startedAt), "updated_at": .time(life.startedAt),
            "marketing_consent": false,
        ]
    }

    private var price: JSONValue {
        [
            "id": .string(life.price), "product_id": "pro_story", "description": "Story",
            "unit_price": ["amount": .string(String(Life.amount)), "currency_code": "USD"],
            "billing_cycle": ["interval": "month", "frequency": 1], "trial_period": nil,
        ]
    }

    private var period: JSONValue {
        ["starts_at": .time(life.periodStart), "ends_at": .time(life.periodEnd)]
    }

    /// An ended or paused subscription has no period; what is due to happen stands beside it.
    var subscription: JSONValue {
        let isPaused = life.pausedUntil != nil
        let isOver = life.status == .canceled || isPaused
        let change: JSONValue =
            if let resumesAt = life.pausedUntil {
                ["action": "resume", "effective_at": .time(resumesAt), "resume_at": nil]
            } else if let cancelAt = life.cancelAt, life.status != .canceled {
                ["action": "cancel", "effective_at": .time(cancelAt), "resume_at": nil]
            } else {
                nil
            }
        return [
            "id": .string(subscriptionID),
            "status": .string(isPaused ? "paused" : life.status.rawValue),
            "customer_id": .string(customerID), "address_id": "add_story", "business_id": nil,
            "currency_code": "USD", "collection_mode": "automatic", "custom_data": nil,
            "created_at": .time(life.startedAt), "started_at": .time(life.startedAt),
            "first_billed_at": life.trialEnd == nil ? .time(life.startedAt) : nil,
            "updated_at": .time(life.time),
            "next_billed_at": isOver ? nil : .time(life.periodEnd),
            "paused_at": isPaused ? .time(life.time) : nil, "canceled_at": .time(life.endedAt),
            "current_billing_period": isOver ? nil : period, "scheduled_change": change,
            "billing_cycle": ["interval": "month", "frequency": 1], "discount": nil,
            "billing_details": nil,
            "items": [
                [
                    "status": "active", "quantity": 1, "recurring": true, "price": price,
                    "product": ["id": "pro_story", "name": "Story"],
                    "created_at": .time(life.startedAt), "updated_at": .time(life.time),
                    "next_billed_at": isOver ? nil : .time(life.periodEnd),
                    "trial_dates": life.trialEnd.map {
                        ["starts_at": .time(life.startedAt), "ends_at": .time($0)]
                    } ?? nil,
                ]
            ],
        ]
    }

    var transaction: JSONValue {
        let due = JSONValue.string(String(life.due))
        let origin =
            life.payment == 1
            ? "web" : life.isRenewal ? "subscription_recurring" : "subscription_update"
        return [
            "id": .string(transactionID),
            "status": .string(life.isPaid ? "completed" : "past_due"),
            "origin": .string(origin), "customer_id": .string(customerID),
            "subscription_id": .string(subscriptionID), "currency_code": "USD",
            "collection_mode": "automatic", "custom_data": nil, "invoice_id": nil,
            "items": [["price": price, "quantity": 1]],
            "billing_period": [
                "starts_at": .time(life.asked.start), "ends_at": .time(life.asked.end),
            ],
            "created_at": .time(life.asked.start), "updated_at": .time(life.time),
            "billed_at": .time(life.asked.start),
            "details": [
                "totals": [
                    "subtotal": due, "discount": "0", "tax": "0", "total": due,
                    "grand_total": due, "currency_code": "USD",
                ],
                "line_items": [
                    ["price_id": .string(life.price), "quantity": 1, "totals": ["total": due]]
                ],
            ],
            "payments": life.isPaid && life.due > 0
                ? [["amount": due, "status": "captured", "captured_at": .time(life.time)]] : [],
        ]
    }

    /// A refund or chargeback; one of a rest is one of its own beside the part before it.
    func adjustment(_ action: String, _ status: String, isPart: Bool = false) -> JSONValue {
        let isRefund = action == "refund" && life.refunded > 0
        let isRest = isRefund && life.refundedBefore > 0 && !isPart
        let part = isPart ? life.refundedBefore : life.refunded - life.refundedBefore
        let paid = isRefund ? part : Life.amount
        let amount = JSONValue.string(String(paid))
        let at = action == "chargeback" ? life.disputedAt : life.time
        return [
            "id": .string("adj_story\(life.paymentTag)_\(action)\(isRest ? "2" : "")"),
            "action": .string(action), "type": paid == Life.amount ? "full" : "partial",
            "status": .string(status), "reason": "story",
            "transaction_id": .string(transactionID),
            "subscription_id": .string(subscriptionID), "customer_id": .string(customerID),
            "currency_code": "USD", "created_at": .time(at), "updated_at": .time(at),
            "totals": [
                "subtotal": amount, "tax": "0", "total": amount, "currency_code": "USD",
            ],
            "items": [],
        ]
    }
}
