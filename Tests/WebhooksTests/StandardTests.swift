import Foundation
import JSON
import Subscriptions
import Testing
import Webhooks

@Suite struct StandardTests {
    private func read(_ type: String, _ data: JSONValue, mode: JSONValue? = nil) -> String {
        var event: [String: JSONValue] = [
            "type": .string(type), "timestamp": "2026-08-01T08:00:00Z", "data": data,
        ]
        if let mode { event["mode"] = mode }
        let body = JSONValue.object(event).serialized()
        return summary(StandardAdapter().reading(of: body, id: "msg_1", mode: .test))
    }

    private let subscription: JSONValue = [
        "id": "sub_1", "customer": "cus_1", "status": "active", "trial_end": "2026-08-15T08:00:00Z",
        "cancel_at": "2026-09-01T08:00:00Z", "ended_at": nil,
        "items": [
            [
                "price": "pro", "quantity": 2, "period_start": "2026-08-01T08:00:00Z",
                "period_end": "2026-09-01T08:00:00Z",
            ]
        ],
    ]

    @Test(arguments: ["subscription.created", "subscription.updated"])
    func `a subscription is read in our own words`(type: String) {
        for status in SubscriptionStatus.allCases {
            let data = subscription.replacing("status", by: .string(status.rawValue))
            #expect(
                read(type, data) == "subscription \(status.rawValue) 2×pro<1788249600"
                    + " trial<1786780800 cancel@1788249600"
            )
        }
        #expect(
            read(type, subscription.replacing("status", by: "odd")) == "parked unknown_status odd"
        )
    }

    @Test func `an end needs no more than who has ended`() {
        #expect(
            read("subscription.ended", ["id": "sub_1", "customer": "cus_1"])
                == "subscription canceled"
        )
    }

    @Test(
        arguments: [
            (
                "payment.succeeded",
                [
                    "subscription": "sub_1",
                    "items": [["price": "pro", "period_end": "2026-09-01T08:00:00Z"]],
                ],
                "payment paid until 1788249600"
            ),
            ("payment.succeeded", ["subscription": "sub_1"], "payment paid until -"),
            ("payment.failed", ["subscription": "sub_1"], "payment failed until -"),
            (
                "payment.refunded",
                ["payment": "pay_1", "subscription": "sub_1", "state": "full"],
                "refund full of sub_1"
            ),
            (
                "payment.refunded",
                ["payment": "pay_1", "subscription": "sub_1", "state": "returned"],
                "refund won of sub_1"
            ),
            (
                "payment.refunded",
                ["payment": "pay_1", "subscription": "sub_1", "state": "lost"],
                "parked unknown_status lost"
            ),
            (
                "payment.disputed",
                ["payment": "pay_1", "subscription": "sub_1", "state": "open"],
                "dispute open of sub_1"
            ),
            (
                "checkout.completed",
                [
                    "reference": "chk_1", "subscription": "sub_1", "customer": "cus_1",
                    "email": "ada@example.com", "payment": "pending",
                ],
                "checkout pending ada@example.com"
            ),
            (
                "checkout.completed",
                [
                    "reference": "chk_1", "subscription": "sub_1", "customer": "cus_1",
                    "payment": "odd",
                ],
                "parked malformed data.payment"
            ),
            (
                "customer.updated", ["id": "cus_1", "email": "ada@example.com"],
                "customer ada@example.com"
            ),
            ("customer.deleted", ["id": "cus_1"], "customer - deleted"),
            ("customer.created", ["id": "cus_1"], "ignored"),
        ] as [(String, JSONValue, String)]
    )
    func `an event is read by its type, and every other is ignored`(
        type: String,
        data: JSONValue,
        outcome: String
    ) {
        #expect(read(type, data) == outcome)
    }

    @Test(
        arguments: [
            (nil, "customer -"), ("live", "live customer -"), ("test", "customer -"),
            ("staging", "parked malformed mode"), (1, "parked malformed mode"),
        ] as [(JSONValue?, String)]
    )
    func `the mode is the event's, else the installation's`(mode: JSONValue?, outcome: String) {
        #expect(read("customer.updated", ["id": "cus_1"], mode: mode) == outcome)
    }

    @Test func `the first look sees the mode too`() {
        let body = #"{"type":"customer.updated","mode":"live","data":{}}"#
        let identity = StandardAdapter()
            .identity(of: Array(body.utf8)) { $0 == "webhook-id" ? ["msg_1"] : [] }
        #expect(identity?.mode == .live)
        #expect(identity?.id == "msg_1")
    }
}
