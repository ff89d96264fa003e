import Foundation
import JSON

/// What Stripe sends about one subscriber, in the shape of 2025-03-31 and later.
struct Subscriber {
    var name = "ada"
    var price = "price_pro"
    var signedUpAt: Date
    var isLive = false

    var reference: String { "cs_test_\(name)_0000000000000000000000000000000000000001" }
    var customer: String { "cus_\(name)" }
    var subscription: String { "sub_\(name)" }
    var email: String { "\(name)@example.com" }
    /// Stands in every body and must be nowhere else.
    static let marker = "a remark of the provider that is nobody's business"

    /// The events of a sign-up, in the order in which Stripe makes them.
    var signUp: [JSONValue] {
        [
            changed("created", after: 0, status: "incomplete"),
            changed("updated", after: 1, status: "active"),
            paid(after: 1), checkedOut(after: 2),
        ]
    }

    /// Every event of a life, each of which could bring a key back.
    func life(after: Int) -> [JSONValue] {
        [
            changed("updated", after: after, status: "past_due"),
            paid(after: after + 1, succeeded: false),
            changed("updated", after: after + 2, status: "active"),
            paid(after: after + 3), checkedOut(after: after + 4),
            checkedOut(after: after + 5, type: "checkout.session.async_payment_succeeded"),
            changed("paused", after: after + 6, status: "paused"),
            changed("resumed", after: after + 7, status: "active"),
            changed("trial_will_end", after: after + 8, status: "trialing"),
            changed("created", after: after + 9, status: "active"),
            changed("deleted", after: after + 10, status: "canceled"),
            changed("updated", after: after + 11, status: "active"), paid(after: after + 12),
        ]
    }

    func changed(_ verb: String, after: Int, status: String, price: String? = nil) -> JSONValue {
        event(
            "customer.subscription.\(verb)",
            after,
            [
                "id": .string(subscription), "object": "subscription",
                "status": .string(status), "created": .integer(seconds(0)),
                "customer": .string(customer), "livemode": .bool(isLive), "cancel_at": nil,
                "cancel_at_period_end": false, "description": .string(Self.marker),
                "items": [
                    "object": "list", "has_more": false,
                    "data": [
                        [
                            "id": "si_1", "object": "subscription_item", "quantity": 1,
                            "current_period_start": .integer(seconds(0)),
                            "current_period_end": .integer(periodEnd),
                            "price": ["id": .string(price ?? self.price), "object": "price"],
                        ]
                    ],
                ],
            ]
        )
    }

    func paid(after: Int, succeeded: Bool = true) -> JSONValue {
        event(
            succeeded ? "invoice.paid" : "invoice.payment_failed",
            after,
            [
                "id": .string("in_\(name)_\(after)"), "object": "invoice",
                "description": .string(Self.marker), "customer": .string(customer),
                "customer_email": .string(email), "period_end": .integer(seconds(0)),
                "parent": ["subscription_details": ["subscription": .string(subscription)]],
                "lines": [
                    "data": [
                        [
                            "period": ["end": .integer(periodEnd)],
                            "parent": ["subscription_item_details": ["proration": false]],
                        ]
                    ]
                ],
            ]
        )
    }

    func checkedOut(after: Int, type: String = "checkout.session.completed") -> JSONValue {
        event(
            type,
            after,
            [
                "id": .string(reference), "object": "checkout.session", "mode": "subscription",
                "payment_status": "paid", "customer": .string(customer),
                "subscription": .string(subscription), "description": .string(Self.marker),
                "customer_details": ["email": .string(email)],
            ]
        )
    }

    func event(_ type: String, _ after: Int, _ object: JSONValue) -> JSONValue {
        [
            "id": .string("evt_\(name)_\(type)_\(after)"), "object": "event",
            "created": .integer(seconds(after)), "type": .string(type),
            "livemode": .bool(isLive), "data": ["object": object],
        ]
    }

    private func seconds(_ after: Int) -> Int64 {
        Int64(signedUpAt.timeIntervalSince1970) + Int64(after)
    }

    private var periodEnd: Int64 { seconds(30 * 86_400) }
}
