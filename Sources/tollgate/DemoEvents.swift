import Foundation
import JSON

/// The events of one sign-up as Stripe sends them, in the shape of 2025-03-31 and later.
struct DemoEvents {
    /// The price that the plan of the demo sells.
    static let price = "price_demo_pro_monthly"
    /// The checkout session, which the subscriber's browser carries back.
    static let reference = "cs_test_demo0000000000000000000000000000000000000001"

    private static let customer = "cus_demo0000000001"
    private static let subscription = "sub_demo0000000000000001"

    /// When the subscriber signed up, in Unix seconds.
    let signedUpAt: Int64

    /// The subscription before its first payment.
    var created: JSONValue {
        event("evt_demo_1", "customer.subscription.created", 0, subscription("incomplete"))
    }

    /// The subscription after it.
    var activated: JSONValue {
        event("evt_demo_2", "customer.subscription.updated", 1, subscription("active"))
    }

    /// The first payment.
    var paid: JSONValue { payment("evt_demo_3", 1, "subscription_create") }

    /// The end of the checkout.
    var completed: JSONValue {
        event(
            "evt_demo_4",
            "checkout.session.completed",
            2,
            [
                "id": .string(Self.reference), "object": "checkout.session",
                "created": .integer(signedUpAt - 30), "mode": "subscription",
                "status": "complete", "payment_status": "paid", "livemode": false,
                "customer": .string(Self.customer), "subscription": .string(Self.subscription),
                "customer_details": ["email": "ada@example.com", "name": "Ada Example"],
                "amount_total": 2_900, "currency": "usd",
            ]
        )
    }

    /// A payment that comes long after.
    var paidAgain: JSONValue { payment("evt_demo_5", 60, "subscription_cycle") }

    private func payment(_ id: String, _ after: Int64, _ reason: String) -> JSONValue {
        event(
            id,
            "invoice.paid",
            after,
            [
                "id": .string("in_\(id)"), "object": "invoice", "status": "paid",
                "created": .integer(signedUpAt + after), "livemode": false,
                "billing_reason": .string(reason), "amount_paid": 2_900, "currency": "usd",
                "customer": .string(Self.customer), "customer_email": "ada@example.com",
                "period_start": .integer(signedUpAt), "period_end": .integer(signedUpAt),
                "parent": [
                    "type": "subscription_details",
                    "subscription_details": [
                        "subscription": .string(Self.subscription), "metadata": [:],
                    ],
                ],
                "lines": [
                    "object": "list", "has_more": false,
                    "data": [
                        [
                            "id": .string("il_\(id)"), "object": "line_item", "amount": 2_900,
                            "currency": "usd", "quantity": 1,
                            "period": [
                                "start": .integer(signedUpAt), "end": .integer(periodEnd),
                            ],
                            "pricing": [
                                "type": "price_details",
                                "price_details": [
                                    "price": .string(Self.price), "product": "prod_demo",
                                ],
                            ],
                            "parent": [
                                "type": "subscription_item_details",
                                "subscription_item_details": [
                                    "subscription": .string(Self.subscription),
                                    "subscription_item": "si_demo", "proration": false,
                                ],
                            ],
                        ]
                    ],
                ],
            ]
        )
    }

    private func subscription(_ status: String) -> JSONValue {
        [
            "id": .string(Self.subscription), "object": "subscription", "status": .string(status),
            "created": .integer(signedUpAt), "customer": .string(Self.customer),
            "livemode": false, "cancel_at": nil, "cancel_at_period_end": false,
            "canceled_at": nil, "ended_at": nil, "trial_end": nil, "pause_collection": nil,
            "items": [
                "object": "list", "has_more": false,
                "data": [
                    [
                        "id": "si_demo", "object": "subscription_item", "quantity": 1,
                        "current_period_start": .integer(signedUpAt),
                        "current_period_end": .integer(periodEnd),
                        "price": [
                            "id": .string(Self.price), "object": "price", "currency": "usd",
                            "unit_amount": 2_900, "product": "prod_demo",
                        ],
                    ]
                ],
            ],
        ]
    }

    private var periodEnd: Int64 { signedUpAt + 30 * 86_400 }

    private func event(
        _ id: String,
        _ type: String,
        _ after: Int64,
        _ object: JSONValue
    ) -> JSONValue {
        [
            "id": .string(id), "object": "event", "api_version": "2026-07-29.dahlia",
            "created": .integer(signedUpAt + after), "type": .string(type), "livemode": false,
            "pending_webhooks": 1, "request": ["id": nil, "idempotency_key": nil],
            "data": ["object": object],
        ]
    }
}
