import Digest
import Foundation
import JSON
import Subscriptions
import Testing
import Webhooks

@Suite struct ProviderIdentityTests {
    private func delivery(
        _ adapter: any ProviderAdapter,
        _ text: String,
        id: String? = nil,
        name: String = "webhook-id"
    ) -> Delivery {
        WebhookEndpoint(adapter: adapter, secrets: []).delivery(
            headers: { $0 == name ? id.map { [$0] } ?? [] : [] },
            body: Array(text.utf8),
            mode: .test
        )
    }

    @Test func `Paddle's event is known by its id, not by that of the notification`() {
        let delivery = delivery(
            PaddleAdapter(),
            #"{"event_id":"evt_1","event_type":"customer.created","notification_id":"ntf_1","#
                + #""occurred_at":"2026-08-01T08:00:01.123456789Z"}"#
        )
        #expect(delivery.eventID == "evt_1")
        #expect(delivery.type == "customer.created")
        #expect(delivery.mode == .test)
        #expect(delivery.occurredAt?.timeIntervalSince1970 == 1_785_571_201.123)
    }

    @Test func `Lemon Squeezy's event is known by its body, whatever webhook_id says`() {
        let text = #"{"meta":{"event_name":"order_created","test_mode":false,"webhook_id":"w"}}"#
        let first = delivery(LemonSqueezyAdapter(), text)
        #expect(first.eventID == "sha256-" + Hex.encode(SHA256.hash(text.utf8)))
        #expect(first.type == "order_created")
        #expect(first.mode == .live)
        #expect(delivery(LemonSqueezyAdapter(), text + " ").eventID != first.eventID)
        #expect(delivery(LemonSqueezyAdapter(), #"{"meta":{"event_name":"x"}}"#).mode == .test)
    }

    @Test func `Polar's and others' events are known by the id of the headers`() {
        let text = #"{"type":"order.paid","timestamp":"2026-08-01T10:00:00+02:00","data":{}}"#
        for adapter in [PolarAdapter(), StandardAdapter()] as [any ProviderAdapter] {
            let delivery = delivery(adapter, text, id: "msg_1")
            #expect(delivery.eventID == "msg_1")
            #expect(delivery.type == "order.paid")
            #expect(delivery.occurredAt?.timeIntervalSince1970 == 1_785_571_200)
        }
        #expect(delivery(StandardAdapter(), text, id: "msg_2", name: "svix-id").eventID == "msg_2")
    }

    @Test(arguments: ["", "[]", "{}", "{", #"{"meta":1}"#, #"{"meta":{"event_name":""}}"#])
    func `a signed body that is no event goes by its digest, unreadable`(text: String) {
        let adapters: [any ProviderAdapter] = [
            PaddleAdapter(), LemonSqueezyAdapter(), PolarAdapter(), StandardAdapter(),
        ]
        for adapter in adapters {
            let delivery = delivery(adapter, text, id: "msg_1")
            #expect(!delivery.isReadable)
            #expect(delivery.eventID == "sha256-" + Hex.encode(SHA256.hash(text.utf8)))
        }
    }

    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0.0), ("2000-02-29T23:59:59Z", 951_868_799),
        ("2026-08-01T08:00:00.5Z", 1_785_571_200.5),
        ("2026-08-01T08:00:00.123999Z", 1_785_571_200.123),
        ("2026-08-01T08:00:00.000000000Z", 1_785_571_200), ("2026-12-31T23:59:60Z", 1_798_761_600),
        ("2026-08-01T03:00:00-05:00", 1_785_571_200), ("2026-08-01t13:30:00+05:30", 1_785_571_200),
    ])
    func `a time of RFC 3339 is read, cut to milliseconds`(text: String, seconds: Double) throws {
        #expect(try Field(.string(text)).instant().timeIntervalSince1970 == seconds)
    }

    @Test(arguments: [
        "", "2026-08-01", "2026-08-01 08:00:00Z", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z", "2026-08-00T00:00:00Z", "2026-08-01T24:00:00Z",
        "2026-08-01T08:00:00", "2026-08-01T08:00:00.Z", "2026-08-01T08:00:00+0200",
        "2026-08-01T08:00:00Zx", "+026-08-01T08:00:00Z", "0001-01-01T00:00:00Z",
        "2026-08-01T08:00:00.00000000000000000000000000000Z", "２026-08-01T08:00:00Z",
    ])
    func `another text is no time`(text: String) {
        let error = #expect(throws: FieldFault.self) { try Field(.string(text)).instant() }
        #expect(error?.problem == "is not a time of RFC 3339")
    }
}
