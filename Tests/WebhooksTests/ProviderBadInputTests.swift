import Foundation
import JSON
import Subscriptions
import Testing
import Webhooks

@Suite struct ProviderBadInputTests {
    /// A sample, and the adapter that reads it.
    struct Sample: Sendable, CustomTestStringConvertible {
        let adapter: any ProviderAdapter
        let file: String

        var testDescription: String { file }
    }

    private static let samples =
        [
            (
                PaddleAdapter(),
                [
                    "paddle/subscription.trialing.json", "paddle/subscription.canceled.json",
                    "paddle/_variants/events-api/09.transaction.completed.json",
                    "paddle/adjustment.updated.json", "paddle/customer.updated.json",
                ]
            ),
            (
                LemonSqueezyAdapter(),
                [
                    "lemonsqueezy/subscription_paused.json",
                    "lemonsqueezy/subscription_expired.json",
                    "lemonsqueezy/subscription_payment_refunded.json",
                    "lemonsqueezy/order_created.json",
                ]
            ),
            (
                PolarAdapter(),
                [
                    "polar/subscription.canceled.json", "polar/order.paid.json",
                    "polar/order.refunded.json", "polar/customer.deleted.json",
                    "polar/checkout.updated.json",
                ]
            ),
            (
                StandardAdapter(),
                [
                    "standard/subscription.updated.json", "standard/payment.succeeded.json",
                    "standard/payment.refunded.json", "standard/checkout.completed.json",
                ]
            ),
        ] as [(any ProviderAdapter, [String])]

    private static let all =
        samples.flatMap { adapter, files in files.map { Sample(adapter: adapter, file: $0) } }

    private static let strange: [JSONValue?] = [
        nil, .null, true, -1, .integer(.max), .number(1.5e300), "", "x",
        .string(String(repeating: "é", count: 2_000)), [nil, 1, "x"], [:], ["id": 7],
        (0..<60).reduce(.null) { value, _ in [value] },
    ]

    @Test(arguments: all)
    func `any value replaced by any other is read, ignored or parked, and never crashes`(
        sample: Sample
    ) throws {
        let event = try Fixture.json(sample.file)
        for path in event.paths where !path.contains("relationships") && path.count < 6 {
            for value in Self.strange {
                let body = event.replacing(path[...], by: value).serialized()
                let reading = sample.adapter.reading(of: body, id: "evt_7", mode: .test)
                guard case .parked(let need) = reading else { continue }
                #expect(need.reason.hasSuffix("."))
                #expect(need.reason.utf8.count < 1_000)
            }
        }
    }

    @Test(arguments: all)
    func `a body nested without end, cut short or not text is parked`(sample: Sample) throws {
        let body = try Fixture.bytes(sample.file)
        let nested = Array(repeating: UInt8(ascii: "["), count: 100_000)
        for body in [nested, Array(body.dropLast(2)), [0xff] + body, []] {
            let reading = sample.adapter.reading(of: body, id: "evt_7", mode: .test)
            #expect(
                reading
                    == .parked(
                        Need(
                            .malformed,
                            reason: "The body is not JSON that can be read to its end."
                        )
                    )
            )
        }
    }

    @Test(
        arguments: [
            ("paddle/subscription.updated.json", "event_id", nil),
            ("paddle/subscription.updated.json", "occurred_at", "yesterday"),
            ("paddle/subscription.updated.json", "data.id", 7),
            ("paddle/subscription.updated.json", "data.customer_id", nil),
            ("paddle/subscription.updated.json", "data.status", nil),
            ("paddle/subscription.updated.json", "data.items", [:]),
            ("paddle/subscription.updated.json", "data.items", []),
            ("paddle/subscription.updated.json", "data.current_billing_period.ends_at", 5),
            ("paddle/customer.updated.json", "data.email", 5),
            ("paddle/adjustment.updated.json", "data.transaction_id", nil),
            ("lemonsqueezy/subscription_updated.json", "meta.event_name", 5),
            ("lemonsqueezy/subscription_updated.json", "meta.test_mode", "yes"),
            ("lemonsqueezy/subscription_updated.json", "data.id", nil),
            ("lemonsqueezy/subscription_updated.json", "data.attributes.variant_id", -1),
            ("lemonsqueezy/subscription_updated.json", "data.attributes.renews_at", 5),
            ("lemonsqueezy/subscription_updated.json", "data.attributes.updated_at", nil),
            ("lemonsqueezy/subscription_cancelled.json", "data.attributes.ends_at", nil),
            ("polar/subscription.updated.json", "timestamp", nil),
            ("polar/subscription.updated.json", "data.product_id", nil),
            ("polar/subscription.canceled.json", "data.ends_at", 5),
            ("polar/order.refunded.json", "data.refunded_amount", "all"),
            ("standard/subscription.updated.json", "mode", "sometimes"),
            ("standard/subscription.updated.json", "data.customer", nil),
            ("standard/subscription.updated.json", "data.items", []),
            ("standard/payment.succeeded.json", "data.paid_at", 5),
            ("standard/payment.refunded.json", "data.payment", nil),
            ("standard/checkout.completed.json", "data.payment", "odd"),
        ] as [(String, String, JSONValue?)]
    )
    func `a fault of a known type is parked, with the path of the field`(
        file: String,
        path: String,
        value: JSONValue?
    ) throws {
        let sample = try #require(
            Self.all.first { $0.file.prefix { $0 != "/" } == file.prefix { $0 != "/" } }
        )
        let body = try Fixture.json(file).replacing(path, by: value).serialized()
        let reading = sample.adapter.reading(of: body, id: "evt_7", mode: .test)
        guard case .parked(let need) = reading else {
            Issue.record("not parked")
            return
        }
        #expect(need.kind == .malformed)
        #expect(need.subject == path)
        #expect(need.reason.hasPrefix("\(path) is "))
    }

    @Test(
        arguments: [
            ("paddle/subscription.canceled.json", "data.items", 5),
            ("paddle/subscription.canceled.json", "data.canceled_at", "soon"),
            ("paddle/subscription.canceled.json", "data.scheduled_change", ["action": "fly"]),
            ("lemonsqueezy/subscription_expired.json", "data.attributes.variant_id", nil),
            ("lemonsqueezy/subscription_expired.json", "data.attributes.pause", ["mode": "fly"]),
            ("lemonsqueezy/subscription_expired.json", "data.attributes.ends_at", 5),
            ("polar/subscription.revoked.json", "data.product_id", nil),
            ("polar/subscription.revoked.json", "data.ends_at", "soon"),
            ("polar/subscription.revoked.json", "data.ended_at", 5),
            ("standard/subscription.ended.json", "data.items", 5),
            ("standard/subscription.ended.json", "data.status", "active"),
        ] as [(String, String, JSONValue?)]
    )
    func `an end is an end though its details are odd`(
        file: String,
        path: String,
        value: JSONValue?
    ) throws {
        let sample = try #require(
            Self.all.first { $0.file.prefix { $0 != "/" } == file.prefix { $0 != "/" } }
        )
        let body = try Fixture.json(file).replacing(path, by: value).serialized()
        let reading = sample.adapter.reading(of: body, id: "evt_7", mode: .test)
        #expect(summary(reading).hasPrefix("subscription canceled"))
    }

    @Test(
        arguments: [
            ("paddle/subscription.updated.json", "data.status"),
            ("paddle/adjustment.updated.json", "data.status"),
            ("paddle/adjustment.updated.json", "data.action"),
            ("lemonsqueezy/subscription_updated.json", "data.attributes.status"),
            ("lemonsqueezy/subscription_paused.json", "data.attributes.pause.mode"),
            ("lemonsqueezy/subscription_payment_refunded.json", "data.attributes.status"),
            ("polar/subscription.updated.json", "data.status"),
            ("polar/checkout.updated.json", "data.status"),
            ("standard/subscription.updated.json", "data.status"),
            ("standard/payment.refunded.json", "data.state"),
        ]
    )
    func `a word that is not known is parked by its name`(file: String, path: String) throws {
        let sample = try #require(
            Self.all.first { $0.file.prefix { $0 != "/" } == file.prefix { $0 != "/" } }
        )
        let body = try Fixture.json(file).replacing(path, by: "frozen").serialized()
        let reading = sample.adapter.reading(of: body, id: "evt_7", mode: .test)
        #expect(summary(reading) == "parked unknown_status frozen")
    }
}
