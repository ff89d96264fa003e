import JSON
import Subscriptions
import Webhooks

/// Stripe's events, in the shape of 2025-03-31 and later.
struct StripeWriter: StoryWriter {
    private var count = 0

    func reference(_ life: Life) -> String { "cs_test_story\(life.subscriptionTag)" }
    func subscriptionID(_ life: Life) -> String { "sub_story\(life.subscriptionTag)" }

    /// Only the API knows which subscription a charge paid for.
    static func needsAPI(_ name: String) -> Bool {
        name.hasPrefix("refund") || name.hasPrefix("dispute")
    }

    mutating func tell(_ happening: Happening, _ life: Life) -> [Story.Step] {
        let objects = StripeStoryObjects(life)
        func subscription(_ verb: String) -> Told {
            Told("customer.subscription.\(verb)", objects.subscription)
        }
        let paid = Told("invoice.paid", objects.invoice)
        let told: [Told]
        switch happening {
        case .signUp: return signUp(life)
        case .renewal, .change, .schedule, .unschedule, .pause, .exhaustion:
            told = [subscription("updated")]
        case .payment: told = [paid]
        case .recovery: told = [paid, subscription("updated")]
        case .failure:
            told = [Told("invoice.payment_failed", objects.invoice), subscription("updated")]
        case .end: told = [subscription("deleted")]
        case .refund: told = [Told("charge.refunded", objects.charge)]
        case .dispute:
            let verb = life.dispute == .open ? "created" : "closed"
            told = [Told("charge.dispute.\(verb)", objects.dispute)]
        }
        return told.map { step($0, life) }
    }

    private struct Told {
        let type: String
        let object: JSONValue

        init(_ type: String, _ object: JSONValue) {
            self.type = type
            self.object = object
        }
    }

    private mutating func signUp(_ life: Life) -> [Story.Step] {
        var steps: [Story.Step] = []
        let isTrial = life.status == .trialing
        var before = life
        before.isPaid = isTrial
        before.status = isTrial ? .trialing : .incomplete
        steps.append(
            step(
                Told("customer.subscription.created", StripeStoryObjects(before).subscription),
                before
            )
        )
        let objects = StripeStoryObjects(life)
        if !isTrial {
            steps.append(step(Told("customer.subscription.updated", objects.subscription), life))
        }
        steps.append(step(Told("invoice.paid", objects.invoice), life))
        var after = life
        after.time += 2
        steps.append(
            step(Told("checkout.session.completed", objects.checkout(reference(life))), after)
        )
        return steps
    }

    private mutating func step(_ told: Told, _ life: Life) -> Story.Step {
        count += 1
        let event: JSONValue = [
            "id": .string("evt_story\(life.tag)\(count)"), "object": "event",
            "api_version": .string(StripeListing.version), "created": .integer(life.time),
            "type": .string(told.type), "livemode": false, "pending_webhooks": 1,
            "data": ["object": told.object],
        ]
        return Story.Step(type: told.type, event: event, objects: StripeStoryObjects(life).all)
    }

    static func answer(
        _ path: String,
        _ query: [String: String],
        _ objects: [String: JSONValue]
    ) -> JSONValue? {
        switch path {
        case "/v1/invoice_payments":
            return objects["\(path)/\(query["payment[payment_intent]"] ?? "")"]
                ?? ["object": "list", "data": [], "has_more": false]
        case "/v1/subscriptions":
            let rest = objects.filter { $0.key.hasPrefix("\(path)/") }.map(\.value)
                .map { (id: $0["id"]?.string ?? "", object: $0) }
                .filter { $0.id > query["starting_after"] ?? "" }.sorted { $0.id < $1.id }
            let count = query["limit"].flatMap { Int($0) } ?? 10
            return [
                "object": "list", "data": .array(rest.prefix(count).map(\.object)),
                "has_more": .bool(rest.count > count),
            ]
        default: return objects[path]
        }
    }
}

/// The objects of a life as Stripe has them.
private struct StripeStoryObjects {
    private let life: Life

    init(_ life: Life) { self.life = life }

    private var subscriptionID: String { "sub_story\(life.subscriptionTag)" }
    private var invoiceID: String { "in_story\(life.paymentTag)" }
    private var chargeID: String { "ch_story\(life.paymentTag)" }
    private var customerID: String { "cus_story\(life.tag)" }

    /// What the API has, by its path.
    var all: [String: JSONValue] {
        var whole = subscription.object ?? [:]
        whole["latest_invoice"] = invoice
        var all: [String: JSONValue] = [
            "/v1/subscriptions/\(subscriptionID)": .object(whole),
            "/v1/invoices/\(invoiceID)": invoice,
            "/v1/charges/\(chargeID)": charge,
            "/v1/invoice_payments/pi_\(chargeID)": [
                "object": "list", "has_more": false,
                "data": [["object": "invoice_payment", "invoice": .string(invoiceID)]],
            ],
            "/v1/customers/\(customerID)": [
                "id": .string(customerID), "object": "customer", "email": .string(life.email),
            ],
        ]
        if life.dispute != nil { all["/v1/disputes/du_story\(life.tag)"] = dispute }
        return all
    }

    var subscription: JSONValue {
        func number(_ value: Int64?) -> JSONValue { value.map(JSONValue.integer) ?? nil }
        return [
            "id": .string(subscriptionID), "object": "subscription",
            "status": .string(life.status.rawValue), "created": .integer(life.startedAt),
            "customer": .string(customerID), "livemode": false,
            "cancel_at": number(life.cancelAt),
            "cancel_at_period_end": .bool(life.cancelAt != nil),
            "ended_at": number(life.endedAt), "trial_end": number(life.trialEnd),
            "pause_collection": life.pausedUntil.map {
                ["behavior": "void", "resumes_at": .integer($0)]
            } ?? nil,
            "latest_invoice": .string(invoiceID),
            "items": [
                "object": "list", "has_more": false,
                "data": [
                    [
                        "id": .string("si_story\(life.subscriptionTag)"),
                        "object": "subscription_item", "quantity": 1,
                        "current_period_start": .integer(life.periodStart),
                        "current_period_end": .integer(life.periodEnd),
                        "price": [
                            "id": .string(life.price), "object": "price", "currency": "usd",
                        ],
                    ]
                ],
            ],
        ]
    }

    var invoice: JSONValue {
        [
            "id": .string(invoiceID), "object": "invoice",
            "status": life.isPaid ? "paid" : "open",
            "created": .integer(life.asked.start), "livemode": false, "currency": "usd",
            "amount_due": .integer(life.due), "customer": .string(customerID),
            "customer_email": .string(life.email), "period_start": .integer(life.asked.start),
            "period_end": .integer(life.asked.start),
            "status_transitions": [
                "finalized_at": .integer(life.asked.start),
                "paid_at": life.isPaid ? .integer(life.time) : nil,
            ],
            "parent": [
                "type": "subscription_details",
                "subscription_details": ["subscription": .string(subscriptionID)],
            ],
            "lines": [
                "object": "list", "has_more": false,
                "data": [
                    [
                        "id": .string("il_\(invoiceID)"), "object": "line_item",
                        "amount": .integer(life.due),
                        "period": [
                            "start": .integer(life.asked.start), "end": .integer(life.asked.end),
                        ],
                        "pricing": ["price_details": ["price": .string(life.price)]],
                        "parent": ["subscription_item_details": ["proration": false]],
                    ]
                ],
            ],
        ]
    }

    var charge: JSONValue {
        [
            "id": .string(chargeID), "object": "charge", "amount": .integer(Life.amount),
            "currency": "usd", "amount_refunded": .integer(life.refunded),
            "refunded": .bool(life.refunded == Life.amount),
            "payment_intent": .string("pi_\(chargeID)"), "livemode": false,
            "refunds": [
                "data": life.refunded == 0
                    ? []
                    : [["amount": .integer(life.refunded), "created": .integer(life.time)]]
            ],
        ]
    }

    var dispute: JSONValue {
        let words: [Life.Dispute: String] = [.open: "needs_response", .won: "won", .lost: "lost"]
        return [
            "id": .string("du_story\(life.tag)"), "object": "dispute",
            "status": .string(words[life.dispute ?? .open] ?? ""),
            "charge": .string(chargeID), "amount": .integer(Life.amount), "currency": "usd",
            "created": .integer(life.disputedAt ?? life.time), "livemode": false,
        ]
    }

    func checkout(_ reference: String) -> JSONValue {
        [
            "id": .string(reference), "object": "checkout.session", "mode": "subscription",
            "status": "complete",
            "payment_status": life.status == .trialing ? "no_payment_required" : "paid",
            "livemode": false, "customer": .string(customerID),
            "subscription": .string(subscriptionID), "currency": "usd",
            "customer_details": ["email": .string(life.email)],
        ]
    }
}
