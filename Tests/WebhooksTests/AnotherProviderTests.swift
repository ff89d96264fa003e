import Digest
import Foundation
import JSON
import Subscriptions
import Testing
import Webhooks

/// The adapter that stands in the documentation as a fifth provider.
private struct AcmeAdapter: ProviderAdapter {
    let provider = Provider(rawValue: "acme")
    let scheme: any SignatureScheme = BodySignature(header: "Acme-Signature")

    func identity(of body: [UInt8], headers: HeaderValues) -> EventIdentity? {
        guard let id = headers("Acme-Event").first else { return nil }
        return EventIdentity(id: id, type: "subscription", mode: nil, occurredAt: nil)
    }

    func reading(of body: [UInt8], id: String, mode: Mode) -> EventReading {
        .of(body) { event throws(FieldFault) in
            let snapshot = SubscriptionSnapshot(
                id: try event["subscription"].id(),
                customerID: try event["customer"].id(),
                status: try event["runs"].flag() ? .active : .canceled,
                items: [SubscriptionItem(price: try event["plan"].id())]
            )
            let event = PaymentEvent(
                provider: provider,
                mode: mode,
                id: id,
                type: "subscription",
                occurredAt: try event["at"].instant(),
                change: .subscription(snapshot)
            )
            return .event(event)
        }
    }
}

@Suite struct AnotherProviderTests {
    private static let body = Array(
        #"{"subscription":"s1","customer":"c1","runs":true,"plan":"p1","at":"2026-08-01T08:00:00Z"}"#
            .utf8
    )

    @Test func `a fifth provider fits in twenty lines, from its signature to its event`() throws {
        let endpoint = WebhookEndpoint(adapter: AcmeAdapter(), secrets: ["old", "new"])
        let signed = AcmeAdapter().signedHeaders(for: Self.body, secret: "new", at: .distantPast)
        let headers: HeaderValues = { name in
            name == "Acme-Event" ? ["evt"] : signed.filter { $0.name == name }.map(\.value)
        }
        try endpoint.verify(headers: headers, body: Self.body, now: .distantFuture)
        let delivery = endpoint.delivery(headers: headers, body: Self.body, mode: .live)
        #expect(delivery.provider.rawValue == "acme")
        #expect(delivery.eventID == "evt")
        #expect(delivery.mode == .live)
        let reading = endpoint.reading(of: Self.body, id: "evt", mode: .live)
        #expect(summary(reading) == "live subscription active 1×p1<-")
    }

    @Test func `without an API what it says itself holds, and a fault has its place`() async throws
    {
        let endpoint = WebhookEndpoint(adapter: AcmeAdapter(), secrets: [])
        let objects = FakeObjects()
        let fetched = await endpoint.reading(of: Self.body, id: "evt", mode: .test, from: objects)
        #expect(summary(fetched) == "subscription active 1×p1<-")
        #expect(objects.questions.isEmpty)
        let reading = endpoint.reading(of: Array("{}".utf8), id: "evt", mode: .test)
        #expect(summary(reading) == "parked malformed subscription")
    }
}
