import Foundation
import JSON
import Subscriptions
import Testing
import Webhooks

@Suite struct LemonSqueezyTests {
    private func read(_ event: JSONValue) -> String {
        summary(LemonSqueezyAdapter().reading(of: event.serialized(), id: "sha256-1", mode: .test))
    }

    private func read(_ event: JSONValue, from objects: FakeObjects) async -> String {
        summary(
            await LemonSqueezyAdapter()
                .reading(of: event.serialized(), id: "sha256-1", mode: .test, from: objects)
        )
    }

    private func sample(_ name: String) throws -> JSONValue {
        try Fixture.json("lemonsqueezy/\(name).json")
    }

    @Test(
        arguments: [
            ("on_trial", "subscription trialing 1×9001<1788249600"),
            ("active", "subscription active 1×9001<1788249600"),
            ("past_due", "subscription past_due 1×9001<1788249600"),
            ("unpaid", "subscription unpaid 1×9001<1788249600"),
            ("paused", "subscription paused 1×9001<1788249600"),
            ("expired", "subscription canceled 1×9001<1788249600"),
        ] as [(JSONValue, String)]
    )
    func `each status has its meaning`(status: JSONValue, outcome: String) throws {
        let event = try sample("subscription_updated")
        #expect(read(event.replacing("data.attributes.status", by: status)) == outcome)
    }

    @Test func `a cancelled subscription runs to its end, also where it is paused`() throws {
        let cancelled = "subscription active 1×9001<1788249600 cancel@1788249600"
        let event = try sample("subscription_cancelled")
        #expect(read(event) == cancelled)
        let paused = event.replacing("data.attributes.pause", by: ["mode": "void"])
        #expect(read(paused) == "\(cancelled) void<-")
    }

    @Test(
        arguments: [
            (true, nil, "sub"), (false, nil, "live"), (nil, true, "sub"), (nil, false, "live"),
            (nil, nil, "sub"), (true, true, "sub"), (false, true, "parked malformed"),
        ] as [(JSONValue?, JSONValue?, String)]
    )
    func `the mode is that of meta and the object, which must agree, else the installation's`(
        meta: JSONValue?,
        object: JSONValue?,
        prefix: String
    ) throws {
        let event = try sample("subscription_updated").replacing("meta.test_mode", by: meta)
            .replacing("data.attributes.test_mode", by: object)
        #expect(read(event).hasPrefix(prefix))
    }

    @Test(
        arguments: [
            ("paid", "checkout paid"), ("refunded", "checkout paid"),
            ("pending", "checkout pending"), ("failed", "checkout failed"),
            ("fraudulent", "checkout failed"), ("odd", "parked unknown_status odd"),
        ] as [(JSONValue, String)]
    )
    func `an order is the checkout of the subscription that it made`(
        status: JSONValue,
        outcome: String
    ) async throws {
        let event = try sample("order_created").replacing("data.attributes.status", by: status)
        let made = try #require(try sample("subscription_created")["data"])
        let objects = FakeObjects([
            "subscriptions?filter[order_id]=5511001": ["data": [made]]
        ])
        let reading = await LemonSqueezyAdapter()
            .reading(of: event.serialized(), id: "sha256-1", mode: .test, from: objects)
        #expect(summary(reading).hasPrefix(outcome))
        guard case .event(let made) = reading, case .checkout(let checkout) = made.change else {
            return
        }
        #expect(checkout.reference == "89b36d62-4f5c-4353-853f-0c769d0535c8")
        #expect(checkout.subscriptionID == "1284411")
        #expect(checkout.customerID == "998877")
        #expect(checkout.email == "ada@example.com")
    }

    @Test func `an order without a subscription waits for one only if it sold one`() async throws {
        let event = try sample("order_created")
        for (isSubscription, outcome) in [(true, "parked refetch 5511001"), (false, "ignored")] {
            let objects = FakeObjects([
                "subscriptions?filter[order_id]=5511001": ["data": []],
                "variants/9001": [
                    "data": ["attributes": ["is_subscription": .bool(isSubscription)]]
                ],
            ])
            #expect(await read(event, from: objects) == outcome)
        }
    }

    @Test func `a subscription of another order is never the order's`() async throws {
        let event = try sample("order_created")
        let other = try #require(try sample("subscription_created")["data"])
            .replacing("attributes.order_id", by: 5_511_002).replacing("id", by: "1")
        let objects = FakeObjects([
            "subscriptions?filter[order_id]=5511001": ["data": [other]],
            "variants/9001": ["data": ["attributes": ["is_subscription": true]]],
        ])
        #expect(await read(event, from: objects) == "parked refetch 5511001")
    }

    @Test(
        arguments: [
            ("refunded", "refund full of 1284411"), ("partial_refund", "refund partial of 1284411"),
            ("paid", "refund won of 1284411"),
        ] as [(JSONValue, String)]
    )
    func `a refunded order counts by how it stands now`(
        status: JSONValue,
        outcome: String
    ) async throws {
        let event = try sample("order_refunded")
        let now = try #require(event["data"]).replacing("attributes.status", by: status)
        let made = try #require(try sample("subscription_created")["data"])
        let objects = FakeObjects([
            "orders/5511001": ["data": now],
            "subscriptions?filter[order_id]=5511001": ["data": [made]],
        ])
        #expect(await read(event, from: objects) == outcome)
    }

    @Test func `a refund of a correction takes no period`() throws {
        let event = try sample("subscription_payment_refunded")
        #expect(read(event) == "refund full of 1284411")
        let correction = event.replacing("data.attributes.billing_reason", by: "updated")
        #expect(read(correction) == "refund partial of 1284411")
    }

    @Test(
        arguments: [
            ("paid", "payment paid until -"), ("partial_refund", "payment paid until -"),
            ("refunded", "ignored"), ("odd", "payment paid until -"),
        ] as [(JSONValue, String)]
    )
    func `a payment that was refunded is none that outlives the refund`(
        status: JSONValue,
        outcome: String
    ) throws {
        let event = try sample("subscription_payment_success")
        #expect(read(event.replacing("data.attributes.status", by: status)) == outcome)
    }

    @Test func `a payment of a correction pays no period`() throws {
        let event = try sample("subscription_payment_success")
        #expect(read(event) == "payment paid until -")
        #expect(read(event.replacing("data.attributes.billing_reason", by: "updated")) == "ignored")
    }

    @Test(
        arguments: [
            ("active", "payment paid until 1790841600"), ("past_due", "payment paid until -"),
            ("cancelled", "payment paid until -"),
        ] as [(JSONValue, String)]
    )
    func `asked, a payment pays to where a subscription in good order is renewed`(
        status: JSONValue,
        outcome: String
    ) async throws {
        let subscription = try #require(try sample("subscription_updated.renewed")["data"])
            .replacing("attributes.status", by: status)
        let objects = FakeObjects(["subscriptions/1284411": ["data": subscription]])
        let event = try sample("subscription_payment_success")
        #expect(await read(event, from: objects) == outcome)
    }

    @Test func `a failed payment is a trace, for which nobody is asked`() async throws {
        let objects = FakeObjects()
        let event = try sample("subscription_payment_failed")
        #expect(await read(event, from: objects) == "payment failed until -")
        #expect(objects.questions.isEmpty)
    }
}
