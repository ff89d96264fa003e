import Foundation
import JSON
import Subscriptions
import Testing
import Webhooks

@Suite struct ProviderRefetchTests {
    /// An event, the adapter that reads it, and what it asks for first.
    struct Question: Sendable, CustomTestStringConvertible {
        let adapter: any ProviderAdapter
        let file: String
        let asked: String

        var testDescription: String { file }

        init(_ adapter: any ProviderAdapter, _ file: String, _ asked: String) {
            self.adapter = adapter
            self.file = file
            self.asked = asked
        }
    }

    private static let questions = [
        Question(
            PaddleAdapter(),
            "paddle/subscription.updated.json",
            "subscriptions/sub_01h7ht5z5wdg9pz18jx1fagp8k"
        ),
        Question(
            PaddleAdapter(),
            "paddle/_variants/events-api/09.transaction.completed.json",
            "transactions/txn_01hfyd09vas8qwq6jw7k6yd9rg"
        ),
        Question(
            PaddleAdapter(),
            "paddle/_variants/events-api/03.transaction.payment_failed.json",
            "transactions/txn_01hg0trpqvp70evgmzj1648z5q"
        ),
        Question(
            PaddleAdapter(),
            "paddle/adjustment.updated.json",
            "adjustments?transaction_id=txn_01h8bxpvx398a7zbawb77y0kp5"
        ),
        Question(
            PaddleAdapter(),
            "paddle/customer.updated.json",
            "customers/ctm_01h844p3h41s12zs5mn4axja51"
        ),
        Question(
            LemonSqueezyAdapter(),
            "lemonsqueezy/subscription_updated.json",
            "subscriptions/1284411"
        ),
        Question(
            LemonSqueezyAdapter(),
            "lemonsqueezy/subscription_payment_success.json",
            "subscriptions/1284411"
        ),
        Question(
            LemonSqueezyAdapter(),
            "lemonsqueezy/subscription_payment_refunded.json",
            "subscription-invoices/330024"
        ),
        Question(
            LemonSqueezyAdapter(),
            "lemonsqueezy/order_created.json",
            "subscriptions?filter[order_id]=5511001"
        ),
        Question(LemonSqueezyAdapter(), "lemonsqueezy/order_refunded.json", "orders/5511001"),
        Question(
            PolarAdapter(),
            "polar/subscription.updated.json",
            "subscriptions/3f5d1b0e-6a1c-4a58-9b7d-0a1b2c3d4e5f"
        ),
        Question(
            PolarAdapter(),
            "polar/order.paid.json",
            "orders/00000000-0000-4000-8000-000000003467"
        ),
        Question(
            PolarAdapter(),
            "polar/order.refunded.json",
            "orders/00000000-0000-4000-8000-000000003467"
        ),
        Question(
            PolarAdapter(),
            "polar/refund.updated.json",
            "orders/00000000-0000-4000-8000-000000005688"
        ),
        Question(
            PolarAdapter(),
            "polar/customer.updated.json",
            "customers/992fae2a-2a17-4b7a-8d9e-e287cf90131b"
        ),
    ]

    @Test(
        arguments: questions,
        [
            FetchFailure.notFound("It is not known."), .refused("The key is refused."),
            .unavailable("There is no answer."),
        ]
    )
    func `what cannot be asked for is parked with the provider's sentence, and nothing is guessed`(
        question: Question,
        failure: FetchFailure
    ) async throws {
        let objects = FakeObjects(failure: failure)
        let reading = await question.adapter.reading(
            of: try Fixture.bytes(question.file),
            id: "evt_1",
            mode: .test,
            from: objects
        )
        guard case .parked(let need) = reading else {
            Issue.record("not parked: \(summary(reading))")
            return
        }
        #expect(need.kind == .refetch)
        #expect(!need.subject.isEmpty)
        #expect(need.reason == failure.description)
        #expect(objects.questions == [question.asked])
    }

    @Test(arguments: questions)
    func `an answer of another shape is asked for again, with the path of its fault`(
        question: Question
    ) async throws {
        for answer in [[:], ["data": []], ["data": ["id": 7]]] as [JSONValue] {
            let reading = await question.adapter.reading(
                of: try Fixture.bytes(question.file),
                id: "evt_1",
                mode: .test,
                from: FakeObjects([question.asked: answer])
            )
            guard case .parked(let need) = reading else {
                Issue.record("not parked: \(summary(reading))")
                return
            }
            #expect(need.kind == .refetch)
            #expect(!need.subject.isEmpty)
            #expect(need.reason.hasSuffix("."))
        }
    }

    @Test(
        arguments: [
            (
                "paddle/subscription.updated.json", "data.id",
                "subscriptions/sub_01h7ht5z5wdg9pz18jx1fagp8k"
            ),
            (
                "paddle/adjustment.updated.json", "data.transaction_id",
                "adjustments?transaction_id=txn_01h8bxpvx398a7zbawb77y0kp5"
            ),
            (
                "lemonsqueezy/order_created.json", "data.attributes.identifier",
                "subscriptions?filter[order_id]=5511001"
            ),
            (
                "polar/subscription.updated.json", "data.id",
                "subscriptions/3f5d1b0e-6a1c-4a58-9b7d-0a1b2c3d4e5f"
            ),
        ]
    )
    func `an event that cannot be read itself stays malformed, whatever is answered`(
        file: String,
        path: String,
        asked: String
    ) async throws {
        let folder = file.prefix { $0 != "/" }
        let adapter = try #require(Self.questions.first { $0.file.hasPrefix(folder) }).adapter
        let answer: JSONValue = [
            "data": [["id": "1", "attributes": ["order_id": 5_511_001]]], "id": "sub_1",
        ]
        let reading = await adapter.reading(
            of: try Fixture.json(file).replacing(path, by: .number(7.5)).serialized(),
            id: "evt_1",
            mode: .test,
            from: FakeObjects([asked: answer])
        )
        #expect(summary(reading) == "parked malformed \(path)")
    }

    @Test(arguments: questions.filter { !$0.asked.contains("?") })
    func `any value of an answer replaced by any other is read, ignored or parked`(
        question: Question
    ) async throws {
        let event = try Fixture.json(question.file)
        let body = event.serialized()
        let object = try #require(event["data"])
        let strange: [JSONValue?] = [nil, .null, true, -1, "", [nil, 1], ["id": 7]]
        for path in object.paths where !path.contains("relationships") && path.count < 5 {
            for value in strange {
                let changed = object.replacing(path[...], by: value)
                let answer = question.file.hasPrefix("polar") ? changed : ["data": changed]
                let reading = await question.adapter.reading(
                    of: body,
                    id: "evt_1",
                    mode: .test,
                    from: FakeObjects([question.asked: answer])
                )
                guard case .parked(let need) = reading else { continue }
                #expect(need.reason.hasSuffix("."))
            }
        }
    }

    @Test(arguments: [
        ("paddle/subscription.canceled.json", "subscription canceled"),
        ("lemonsqueezy/subscription_expired.json", "subscription canceled"),
        ("polar/subscription.revoked.json", "subscription canceled"),
        ("polar/customer.deleted.json", "customer customer@example.com deleted"),
        ("paddle/product.updated.json", "ignored"), ("polar/benefit_grant.created.json", "ignored"),
        ("lemonsqueezy/license_key_created.json", "ignored"),
    ])
    func `what is final, or does not concern us, is not asked about`(
        file: String,
        outcome: String
    ) async throws {
        let adapter = try #require(
            Self.questions.first { $0.file.prefix { $0 != "/" } == file.prefix { $0 != "/" } }
        ).adapter
        let objects = FakeObjects()
        let reading = await adapter.reading(
            of: try Fixture.bytes(file),
            id: "evt_1",
            mode: .test,
            from: objects
        )
        #expect(summary(reading).hasPrefix(outcome))
        #expect(objects.questions.isEmpty)
    }

    @Test(arguments: [
        ("paddle/subscription.trialing.json", "subscriptions/sub_01h84ck8sg4ebkpzqb9x2mtjjf"),
        ("lemonsqueezy/subscription_paused.json", "subscriptions/1284411"),
        ("polar/subscription.canceled.json", "subscriptions/3f5d1b0e-6a1c-4a58-9b7d-0a1b2c3d4e5f"),
    ])
    func `how the subscription stands now counts, whatever the event carried`(
        file: String,
        path: String
    ) async throws {
        let folder = file.prefix { $0 != "/" }
        let adapter = try #require(Self.questions.first { $0.file.hasPrefix(folder) }).adapter
        let event = try Fixture.json(file)
        let status = folder == "lemonsqueezy" ? ["attributes", "status"] : ["status"]
        let now = try #require(event["data"]).replacing(status[...], by: "past_due")
        let answer: JSONValue = folder == "polar" ? now : ["data": now]
        let reading = await adapter.reading(
            of: event.serialized(),
            id: "evt_1",
            mode: .test,
            from: FakeObjects([path: answer])
        )
        guard case .event(let made) = reading, case .subscription(let snapshot) = made.change else {
            Issue.record("no event: \(summary(reading))")
            return
        }
        #expect(snapshot.status == .pastDue)
        #expect(made.fetchedAt == FakeObjects.now)
        #expect(made.occurredAt < FakeObjects.now)
    }
}
