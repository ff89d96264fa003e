import Foundation
import JSON
import Subscriptions
import Testing
import Webhooks

@Suite struct PaddleTests {
    private static let transactionID = "txn_01h8bxpvx398a7zbawb77y0kp5"

    private func read(_ event: JSONValue) -> String {
        summary(PaddleAdapter().reading(of: event.serialized(), id: "", mode: .test))
    }

    private func read(_ event: JSONValue, from objects: FakeObjects) async -> String {
        summary(
            await PaddleAdapter()
                .reading(of: event.serialized(), id: "", mode: .test, from: objects)
        )
    }

    @Test(arguments: [
        ("cancel", "subscription active 1×pri_1<1788249600 cancel@1788249600"),
        ("pause", "subscription active 1×pri_1<1788249600"),
        ("resume", "subscription active 1×pri_1<1788249600"),
        ("fly", "parked unknown_status fly"),
    ])
    func `of scheduled changes only an end has a date of ours`(action: String, outcome: String) {
        let event: JSONValue = [
            "event_id": "evt_1", "event_type": "subscription.updated",
            "occurred_at": "2026-08-01T08:00:00Z",
            "data": [
                "id": "sub_1", "customer_id": "ctm_1", "status": "active",
                "current_billing_period": [
                    "starts_at": "2026-08-01T08:00:00Z", "ends_at": "2026-09-01T08:00:00Z",
                ],
                "scheduled_change": [
                    "action": .string(action), "effective_at": "2026-09-01T08:00:00Z",
                ],
                "items": [["price": ["id": "pri_1"], "quantity": 1, "trial_dates": nil]],
            ],
        ]
        #expect(read(event) == outcome)
    }

    private func adjustment(
        _ action: JSONValue,
        _ status: JSONValue,
        type: JSONValue? = "full"
    ) throws -> JSONValue {
        try Fixture.json("paddle/adjustment.updated.json")
            .replacing("data.action", by: action).replacing("data.status", by: status)
            .replacing("data.type", by: type)
    }

    @Test(
        arguments: [
            ("refund", "approved", "full", "refund full"),
            ("refund", "approved", "partial", "refund partial"),
            ("refund", "approved", nil, "refund partial"),
            ("refund", "reversed", "full", "refund won"),
            ("refund", "pending_approval", "full", "ignored"),
            ("refund", "rejected", "full", "ignored"),
            ("chargeback", "approved", "full", "dispute open"),
            ("chargeback", "reversed", "full", "dispute won"),
            ("chargeback_reverse", "approved", "full", "dispute won"),
            ("chargeback_reverse", "pending_approval", "full", "ignored"),
            ("chargeback_warning", "approved", "full", "warning"),
            ("chargeback_warning_reverse", "approved", "full", "ignored"),
            ("credit", "approved", "full", "ignored"),
            ("credit_reverse", "approved", "full", "ignored"),
        ] as [(JSONValue, JSONValue, JSONValue?, String)]
    )
    func `an adjustment counts by what it does, and only once it is approved`(
        action: JSONValue,
        status: JSONValue,
        type: JSONValue?,
        outcome: String
    ) throws {
        let suffix = outcome == "ignored" ? "" : " of sub_01h8bxswamxysj44zt5n48njwh"
        #expect(try read(adjustment(action, status, type: type)) == outcome + suffix)
    }

    @Test(
        arguments: [
            ("full", "approved", transactionID), ("full", "reversed", transactionID),
            ("partial", "approved", "adj_1"), ("partial", "reversed", "adj_1"),
        ] as [(JSONValue, JSONValue, String)]
    )
    func `told, a refund of a part takes the place of no refund of all`(
        type: JSONValue,
        status: JSONValue,
        id: String
    ) throws {
        let event = try adjustment("refund", status, type: type).replacing("data.id", by: "adj_1")
            .replacing("data.transaction_id", by: .string(Self.transactionID))
        let reading = PaddleAdapter().reading(of: event.serialized(), id: "", mode: .test)
        guard case .event(let event) = reading, case .reversal(let reversal, _) = event.change
        else {
            Issue.record("no reversal: \(summary(reading))")
            return
        }
        #expect(reversal.id == id)
    }

    @Test func `a checkout of what is sold once pays no period`() throws {
        let event = try transaction("api").replacing("data.items", by: [["price": ["id": "pri_1"]]])
        #expect(read(event) == "ignored")
    }

    @Test func `an adjustment of no subscription is ignored`() throws {
        let event = try adjustment("refund", "approved").replacing("data.subscription_id", by: nil)
        #expect(read(event) == "ignored")
    }

    /// The adjustments of a transaction of 3000 that pays a period.
    private func objects(
        _ adjustments: [(action: String, status: String, total: String, at: Int)],
        proration: JSONValue = nil
    ) -> FakeObjects {
        let list = adjustments.map { entry -> JSONValue in
            [
                "action": .string(entry.action), "status": .string(entry.status),
                "type": "partial", "created_at": .string("2026-08-0\(entry.at)T08:00:00Z"),
                "totals": ["total": .string(entry.total)],
            ]
        }
        let transaction: JSONValue = [
            "origin": "subscription_recurring",
            "billing_period": ["ends_at": "2026-09-01T08:00:00Z"],
            "details": ["totals": ["grand_total": "3000"]],
            "items": [
                [
                    "price": ["id": "pri_1", "billing_cycle": ["interval": "month"]],
                    "proration": proration,
                ]
            ],
        ]
        return FakeObjects([
            "adjustments?transaction_id=\(Self.transactionID)": ["data": .array(list)],
            "transactions/\(Self.transactionID)": ["data": transaction],
        ])
    }

    @Test(
        arguments: [
            ("refund", [("refund", "approved", "3000", 1)], "refund full"),
            ("refund", [("refund", "approved", "2999", 1)], "refund partial"),
            (
                "refund", [("refund", "approved", "1000", 1), ("refund", "approved", "2000", 2)],
                "refund full"
            ),
            (
                "refund", [("refund", "approved", "1000", 1), ("refund", "rejected", "2000", 2)],
                "refund partial"
            ),
            ("refund", [("refund", "reversed", "3000", 1)], "refund won"),
            ("refund", [("refund", "pending_approval", "3000", 1)], "ignored"),
            ("refund", [("chargeback", "approved", "3000", 1)], "ignored"),
            ("chargeback", [("chargeback", "approved", "3000", 1)], "dispute open"),
            (
                "chargeback",
                [
                    ("chargeback_reverse", "approved", "3000", 2),
                    ("chargeback", "approved", "3000", 1),
                ],
                "dispute won"
            ),
            (
                "chargeback_reverse",
                [
                    ("chargeback", "approved", "3000", 3),
                    ("chargeback_reverse", "approved", "3000", 2),
                    ("chargeback", "approved", "3000", 1),
                ],
                "dispute open"
            ),
        ] as [(JSONValue, [(action: String, status: String, total: String, at: Int)], String)]
    )
    func `asked, all adjustments of the transaction count together, in any order of events`(
        action: JSONValue,
        adjustments: [(action: String, status: String, total: String, at: Int)],
        outcome: String
    ) async throws {
        let suffix = outcome == "ignored" ? "" : " of sub_01h8bxswamxysj44zt5n48njwh"
        let event = try adjustment(action, "approved")
        #expect(await read(event, from: objects(adjustments)) == outcome + suffix)
    }

    @Test func `a refund says which period it takes, and none where it took a correction`()
        async throws
    {
        let all = [(action: "refund", status: "approved", total: "3000", at: 1)]
        let body = try adjustment("refund", "approved").serialized()
        let reading = await PaddleAdapter()
            .reading(of: body, id: "", mode: .test, from: objects(all))
        guard case .event(let event) = reading, case .reversal(let reversal, _) = event.change
        else {
            Issue.record("no reversal: \(summary(reading))")
            return
        }
        #expect(reversal.id == Self.transactionID)
        #expect(reversal.periods == ["pri_1": Date(timeIntervalSince1970: 1_788_249_600)])
        #expect(reversal.at == Date(timeIntervalSince1970: 1_785_571_200))
        let correction = objects(all, proration: ["rate": "0.5"])
        let event2 = try adjustment("refund", "approved")
        #expect(await read(event2, from: correction).hasPrefix("refund partial"))
    }

    private func transaction(_ origin: JSONValue) throws -> JSONValue {
        try Fixture.json("paddle/_variants/events-api/09.transaction.completed.json")
            .replacing("data.origin", by: origin)
    }

    @Test(
        arguments: [
            ("web", "checkout paid - payment paid until 1716563260"),
            ("api", "checkout paid - payment paid until 1716563260"),
            ("subscription_recurring", "payment paid until 1716563260"),
            ("subscription_update", "payment paid until 1716563260"),
        ] as [(JSONValue, String)]
    )
    func `the transaction of a checkout can be claimed, and every one pays its period`(
        origin: JSONValue,
        outcome: String
    ) throws {
        #expect(try read(transaction(origin)) == outcome)
    }

    @Test func `a transaction that opens no period pays none`() throws {
        let charge = try transaction("subscription_charge")
            .replacing(["data", "items", "0", "price", "billing_cycle"], by: nil)
            .replacing(["data", "items", "1", "price", "billing_cycle"], by: nil)
        #expect(read(charge) == "ignored")
        let correction = try transaction("subscription_update")
            .replacing(["data", "items", "0", "proration", "rate"], by: "0.4")
            .replacing(["data", "items", "1", "proration", "rate"], by: "0.4")
        #expect(read(correction) == "ignored")
    }

    @Test func `a checkout whose transaction names no subscription yet waits for it`() async throws
    {
        let event = try transaction("web").replacing("data.subscription_id", by: nil)
        let id = try #require(event["data"]?["id"]?.string)
        #expect(read(event) == "parked refetch \(id)")
        let data = try #require(event["data"])
        let waiting = FakeObjects(["transactions/\(id)": ["data": data]])
        #expect(await read(event, from: waiting) == "parked refetch \(id)")
        let named = data.replacing("subscription_id", by: "sub_1")
        let objects = FakeObjects(["transactions/\(id)": ["data": named]])
        #expect(
            await read(event, from: objects) == "checkout paid - payment paid until 1716563260"
        )
    }

    @Test func `money counts from when it was captured, not from when it was asked for`() throws {
        let body = try transaction("subscription_recurring")
            .replacing(
                "data.payments",
                by: [
                    ["status": "error", "captured_at": nil],
                    ["status": "captured", "captured_at": "2024-04-30T00:00:00Z"],
                ]
            )
            .serialized()
        let reading = PaddleAdapter().reading(of: body, id: "", mode: .test)
        guard case .event(let event) = reading, case .payment(let payment) = event.change else {
            Issue.record("no payment: \(summary(reading))")
            return
        }
        #expect(payment.paidAt == Date(timeIntervalSince1970: 1_714_435_200))
    }

    @Test func `a failed payment that has succeeded since is a payment`() async throws {
        let file = "paddle/_variants/events-api/03.transaction.payment_failed.json"
        let event = try Fixture.json(file)
        let id = try #require(event["data"]?["id"]?.string)
        let now = try #require(event["data"]).replacing("status", by: "completed")
        #expect(read(event) == "payment failed until 1703427071")
        let objects = FakeObjects(["transactions/\(id)": ["data": now]])
        #expect(await read(event, from: objects) == "payment paid until 1703427071")
    }
}
