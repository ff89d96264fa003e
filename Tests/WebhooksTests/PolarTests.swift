import Foundation
import JSON
import Subscriptions
import Testing
import Webhooks

@Suite struct PolarTests {
    private func read(_ event: JSONValue) -> String {
        summary(PolarAdapter().reading(of: event.serialized(), id: "msg_1", mode: .test))
    }

    private func read(_ event: JSONValue, from objects: FakeObjects) async -> String {
        summary(
            await PolarAdapter()
                .reading(of: event.serialized(), id: "msg_1", mode: .test, from: objects)
        )
    }

    private func sample(_ name: String) throws -> JSONValue {
        try Fixture.json("polar/\(name).json")
    }

    @Test(
        arguments: SubscriptionStatus.allCases.map { status in
            (status, status.isFinal ? status.rawValue : "unpaid")
        }
    )
    func `a revoked subscription has no service, and ends only where it says so`(
        status: SubscriptionStatus,
        outcome: String
    ) throws {
        let event = try sample("subscription.revoked")
            .replacing("data.status", by: .string(status.rawValue))
        #expect(read(event).hasPrefix("subscription \(outcome) "))
        let updated = event.replacing("type", by: "subscription.updated")
        #expect(read(updated).hasPrefix("subscription \(status.rawValue) "))
    }

    @Test func `a subscription that only will end keeps its status and has its date`() throws {
        let event = try sample("subscription.canceled")
        let outcome = "subscription active 1×0cfe23<1788249600 cancel@1788249600"
        #expect(read(event) == outcome)
        #expect(read(event.replacing("data.ends_at", by: nil)) == outcome)
    }

    @Test func `a failed payment began when Polar says so`() throws {
        let body = try sample("subscription.past_due")
            .replacing("data.past_due_at", by: "2026-09-01T08:00:00Z").serialized()
        let reading = PolarAdapter().reading(of: body, id: "msg_1", mode: .test)
        guard case .event(let event) = reading, case .subscription(let snapshot) = event.change
        else {
            Issue.record("no subscription")
            return
        }
        #expect(
            snapshot.invoice
                == LatestInvoice(
                    isAwaited: true,
                    dueAt: Date(timeIntervalSince1970: 1_788_249_600)
                )
        )
    }

    /// A paid order of a subscription whose period began on 1 August.
    private func order(_ reason: JSONValue, made: JSONValue) throws -> JSONValue {
        try sample("order.paid").replacing("data.billing_reason", by: reason)
            .replacing("data.product_id", by: "prod_1").replacing("data.created_at", by: made)
            .replacing(
                "data.subscription",
                by: [
                    "current_period_start": "2026-08-01T08:00:00Z",
                    "current_period_end": "2026-09-01T08:00:00Z",
                ]
            )
    }

    @Test(
        arguments: [
            ("subscription_create", "2026-08-01T07:59:00Z", "payment paid until 1788249600"),
            ("subscription_cycle", "2026-08-01T08:00:01Z", "payment paid until 1788249600"),
            // The order of July, heard in August: August is begun, and not paid with it.
            ("subscription_cycle", "2026-07-01T08:00:01Z", "payment paid until -"),
            ("subscription_update", "2026-08-10T08:00:01Z", "ignored"),
        ] as [(JSONValue, JSONValue, String)]
    )
    func `an order pays the period that it was made for, and none that has only begun`(
        reason: JSONValue,
        made: JSONValue,
        outcome: String
    ) throws {
        #expect(try read(order(reason, made: made)) == outcome)
    }

    @Test func `a renewed period is not a paid one`() throws {
        let event = try sample("subscription.cycled")
        #expect(read(event) == "subscription active 1×0cfe23<1790841600")
        #expect(read(event.replacing("type", by: "order.created")) == "ignored")
    }

    @Test func `the first order ends the checkout, a later one does not`() throws {
        let first = try order("subscription_create", made: "2026-08-01T08:00:00Z")
            .replacing("data.checkout_id", by: "chk_1")
        #expect(
            read(first) == "checkout paid customer@example.com payment paid until 1788249600"
        )
        let later = first.replacing("data.billing_reason", by: "subscription_cycle")
        #expect(read(later) == "payment paid until 1788249600")
        #expect(read(first.replacing("data.subscription_id", by: nil)) == "ignored")
    }

    @Test(
        arguments: [
            (0, "refund won"), (1, "refund partial"), (8_999, "refund partial"),
            (9_000, "refund full"), (9_001, "refund full"),
        ] as [(JSONValue, String)]
    )
    func `a refund counts by its amount without tax`(amount: JSONValue, outcome: String) throws {
        let event = try sample("order.refunded").replacing("data.refunded_amount", by: amount)
        #expect(read(event) == "\(outcome) of 3f5d1b0e-6a1c-4a58-9b7d-0a1b2c3d4e5f")
        let correction = event.replacing("data.billing_reason", by: "subscription_update")
        #expect(!read(correction).contains("full"))
    }

    private func checkout(
        _ status: JSONValue,
        subscription: JSONValue? = nil,
        trialEnd: JSONValue? = nil,
        isRecurring: JSONValue = true
    ) throws -> JSONValue {
        try sample("checkout.updated").replacing("data.status", by: status)
            .replacing("data.subscription_id", by: subscription)
            .replacing("data.trial_end", by: trialEnd)
            .replacing("data.product", by: ["is_recurring": isRecurring])
            .replacing("data.customer_email", by: "ada@example.com")
    }

    @Test(
        arguments: [
            ("succeeded", "sub_1", nil, "checkout paid ada@example.com"),
            ("succeeded", nil, nil, "ignored"),
            (
                "succeeded", nil, "2026-08-15T08:00:00Z",
                "parked refetch 00000000-0000-4000-8000-000000003467"
            ),
            ("open", "sub_1", nil, "ignored"), ("confirmed", "sub_1", nil, "ignored"),
            ("failed", "sub_1", nil, "ignored"), ("expired", "sub_1", nil, "ignored"),
        ] as [(JSONValue, JSONValue?, JSONValue?, String)]
    )
    func `a checkout counts once it has succeeded`(
        status: JSONValue,
        subscription: JSONValue?,
        trialEnd: JSONValue?,
        outcome: String
    ) throws {
        let event = try checkout(status, subscription: subscription, trialEnd: trialEnd)
        #expect(read(event) == outcome)
    }

    @Test func `asked, the subscription that names the checkout is its own`() async throws {
        let query = "customer_id=992fae2a-2a17-4b7a-8d9e-e287cf90131b&limit=100"
        func objects(_ checkout: JSONValue) -> FakeObjects {
            let items: [JSONValue] = [
                ["id": "sub_1", "checkout_id": nil], ["id": "sub_2", "checkout_id": checkout],
            ]
            return FakeObjects(["subscriptions/?\(query)": ["items": .array(items)]])
        }
        let id = "00000000-0000-4000-8000-000000003467"
        let event = try checkout("succeeded")
        #expect(
            await read(event, from: objects(.string(id))) == "checkout paid ada@example.com"
        )
        #expect(await read(event, from: objects("other")) == "parked refetch \(id)")
        let once = try checkout("succeeded", isRecurring: false)
        #expect(await read(once, from: FakeObjects()) == "ignored")
    }

    @Test func `an event of any API version is read, also without one`() throws {
        let event = try sample("subscription.updated")
        for version in [nil, "2027-01", 7] as [JSONValue?] {
            #expect(read(event.replacing("api_version", by: version)) == read(event))
        }
    }
}
