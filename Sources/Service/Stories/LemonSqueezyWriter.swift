import JSON
import Subscriptions

/// Lemon Squeezy's events.
struct LemonSqueezyWriter: StoryWriter {
    /// The order of the checkout.
    func reference(_ life: Life) -> String { life.uuid("order\(life.number)") }
    func subscriptionID(_ life: Life) -> String { life.digits("subscription\(life.number)") }

    static func obstacle(to name: String) -> String? {
        name.hasPrefix("dispute")
            ? "Lemon Squeezy is the merchant of record, settles disputes itself and tells nobody: "
                + "there is no story \(name) of it." : nil
    }

    func tell(_ happening: Happening, _ life: Life) -> [Story.Step] {
        let objects = LemonSqueezyStoryObjects(life)
        func subscription(_ name: String) -> Told { Told(name, objects.subscription) }
        func payment(_ name: String) -> Told { Told(name, objects.invoice) }
        let updated = subscription("subscription_updated")
        let told: [Told]
        switch happening {
        case .signUp:
            told =
                [Told("order_created", objects.order), subscription("subscription_created")]
                + (life.due > 0 ? [payment("subscription_payment_success")] : [])
        // It charges first and moves the period once the money has come.
        case .renewal: return []
        case .payment: told = [payment("subscription_payment_success"), updated]
        case .recovery:
            told = [
                payment("subscription_payment_recovered"),
                payment("subscription_payment_success"), updated,
            ]
        case .failure: told = [payment("subscription_payment_failed"), updated]
        case .exhaustion, .change: told = [updated]
        case .schedule: told = [subscription("subscription_cancelled"), updated]
        case .unschedule: told = [subscription("subscription_resumed"), updated]
        case .pause: told = [subscription("subscription_paused"), updated]
        case .end: told = [subscription("subscription_expired"), updated]
        case .refund: told = [payment("subscription_payment_refunded")]
        case .dispute: return []
        }
        return told.map { step($0, objects) }
    }

    private struct Told {
        let name: String
        let data: JSONValue

        init(_ name: String, _ data: JSONValue) {
            self.name = name
            self.data = data
        }
    }

    private func step(_ told: Told, _ objects: LemonSqueezyStoryObjects) -> Story.Step {
        let event: JSONValue = [
            "meta": ["event_name": .string(told.name), "test_mode": true, "custom_data": [:]],
            "data": told.data,
        ]
        return Story.Step(type: told.name, event: event, objects: objects.all)
    }

    static func answer(
        _ path: String,
        _ query: [String: String],
        _ objects: [String: JSONValue]
    ) -> JSONValue? {
        if let object = objects[path] { return ["jsonapi": ["version": "1.0"], "data": object] }
        guard path == "/v1/subscriptions" else { return nil }
        let order = query["filter[order_id]"]
        let all = objects.filter { $0.key.hasPrefix("/v1/subscriptions/") }
            .sorted { $0.key < $1.key }.map(\.value)
            .filter { object in
                order == nil || object["attributes"]?["order_id"]?.integer.map(String.init) == order
            }
        let size = min(query["page[size]"].flatMap { Int($0) } ?? 10, 100)
        let number = max(query["page[number]"].flatMap { Int($0) } ?? 1, 1)
        let last = max((all.count + size - 1) / size, 1)
        return [
            "jsonapi": ["version": "1.0"],
            "meta": [
                "page": [
                    "currentPage": .integer(Int64(number)), "perPage": .integer(Int64(size)),
                    "lastPage": .integer(Int64(last)), "total": .integer(Int64(all.count)),
                ]
            ],
            "links": [
                "next": number < last
                    ? .string("https://api.lemonsqueezy.com\(path)?page[number]=\(number + 1)")
                    : nil
            ],
            "data": .array(Array(all.dropFirst((number - 1) * size).prefix(size))),
        ]
    }
}

/// The objects of a life as Lemon Squeezy has them.
private struct LemonSqueezyStoryObjects {
    private let life: Life

    init(_ life: Life) { self.life = life }

    private var subscriptionID: String { life.digits("subscription\(life.number)") }
    private var orderID: String { life.digits("order\(life.number)") }
    private var invoiceID: String { life.digits("invoice\(life.number)/\(life.payment)") }
    private var customerID: String { life.digits("customer") }

    /// What the API has, by its path.
    var all: [String: JSONValue] {
        [
            "/v1/subscriptions/\(subscriptionID)": subscription, "/v1/orders/\(orderID)": order,
            "/v1/subscription-invoices/\(invoiceID)": invoice,
            "/v1/customers/\(customerID)": [
                "type": "customers", "id": .string(customerID),
                "attributes": ["email": .string(life.email), "test_mode": true],
            ],
        ]
    }

    private static func number(_ digits: String) -> JSONValue {
        Int64(digits).map(JSONValue.integer) ?? .string(digits)
    }

    private var status: String {
        switch life.status {
        case .canceled: "expired"
        case .trialing: "on_trial"
        case _ where life.pausedUntil != nil: "paused"
        case _ where life.cancelAt != nil: "cancelled"
        default: life.status.rawValue
        }
    }

    var subscription: JSONValue {
        [
            "type": "subscriptions", "id": .string(subscriptionID),
            "attributes": [
                "store_id": 2, "customer_id": Self.number(customerID),
                "order_id": Self.number(orderID), "order_item_id": Self.number(orderID),
                "product_id": 301, "variant_id": Self.number(life.price),
                "product_name": "Story", "variant_name": "Monthly", "user_name": "Story",
                "user_email": .string(life.email), "status": .string(status),
                "pause": life.pausedUntil.map {
                    ["mode": "void", "resumes_at": .time($0)]
                } ?? nil,
                "cancelled": .bool(life.cancelAt != nil || life.endedAt != nil),
                "trial_ends_at": .time(life.trialEnd), "billing_anchor": 1,
                "first_subscription_item": [
                    "id": Self.number(subscriptionID),
                    "subscription_id": Self.number(subscriptionID),
                    "price_id": Self.number(life.price), "quantity": 1,
                    "is_usage_based": false,
                ],
                "renews_at": .time(life.periodEnd),
                "ends_at": .time(life.endedAt ?? life.cancelAt),
                "created_at": .time(life.startedAt), "updated_at": .time(life.time),
                "test_mode": true,
            ],
        ]
    }

    var order: JSONValue {
        [
            "type": "orders", "id": .string(orderID),
            "attributes": [
                "store_id": 2, "customer_id": Self.number(customerID),
                "identifier": .string(life.uuid("order\(life.number)")), "order_number": 1,
                "user_name": "Story", "user_email": .string(life.email), "currency": "USD",
                "subtotal": .integer(life.due), "total": .integer(life.due), "status": "paid",
                "refunded": false, "refunded_at": nil,
                "first_order_item": [
                    "id": Self.number(orderID), "order_id": Self.number(orderID),
                    "product_id": 301, "variant_id": Self.number(life.price), "quantity": 1,
                ],
                "created_at": .time(life.startedAt), "updated_at": .time(life.time),
                "test_mode": true,
            ],
        ]
    }

    var invoice: JSONValue {
        let reason = life.payment == 1 ? "initial" : life.isRenewal ? "renewal" : "updated"
        let status =
            switch life.refunded {
            case 0: life.isPaid ? "paid" : "pending"
            case Life.amount: "refunded"
            default: "partial_refund"
            }
        return [
            "type": "subscription-invoices", "id": .string(invoiceID),
            "attributes": [
                "store_id": 2, "subscription_id": Self.number(subscriptionID),
                "customer_id": Self.number(customerID), "user_name": "Story",
                "user_email": .string(life.email), "billing_reason": .string(reason),
                "currency": "USD", "status": .string(status),
                "refunded": .bool(life.refunded > 0),
                "refunded_at": life.refunded > 0 ? .time(life.time) : nil,
                "subtotal": .integer(life.due), "total": .integer(life.due),
                "refunded_amount": .integer(life.refunded),
                "created_at": .time(life.askedAt), "updated_at": .time(life.time),
                "test_mode": true,
            ],
        ]
    }
}
