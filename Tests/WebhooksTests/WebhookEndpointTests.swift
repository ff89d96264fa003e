import Digest
import Foundation
import Subscriptions
import Testing
import Webhooks

@Suite struct WebhookEndpointTests {
    private static let now = Date(timeIntervalSince1970: 1_700_000_000)
    private static let body = Array(#"{"id":"evt_1"}"#.utf8)

    private func verify(
        _ values: [String],
        secrets: [String] = ["whsec_a"],
        body: [UInt8] = body,
        now: Date = now
    ) -> SignatureFailure? {
        let endpoint = WebhookEndpoint(adapter: StripeAdapter(), secrets: secrets)
        return failure {
            try endpoint.verify(
                headers: { $0 == "Stripe-Signature" ? values : [] },
                body: body,
                now: now
            )
        }
    }

    private func header(_ secret: String = "whsec_a", at time: Date = now) -> String {
        StripeAdapter().signedHeaders(for: Self.body, secret: secret, at: time)[0].value
    }

    @Test func `what the adapter signs it accepts`() {
        #expect(verify([header()]) == nil)
    }

    @Test func `any of several secrets will do, in any place`() {
        #expect(verify([header("whsec_b")], secrets: ["whsec_a", "whsec_b"]) == nil)
        #expect(verify([header("whsec_a")], secrets: ["whsec_a", "whsec_b"]) == nil)
        #expect(verify([header("whsec_c")], secrets: ["whsec_a", "whsec_b"]) == .noValidSignature)
    }

    @Test func `without a secret, or with an empty one, nothing is accepted`() {
        #expect(verify([header()], secrets: []) == .noValidSignature)
        #expect(verify([header("")], secrets: [""]) == .noValidSignature)
    }

    @Test func `a missing header and a repeated one are refused`() {
        #expect(verify([]) == .notSigned(header: "Stripe-Signature"))
        #expect(verify([header(), header()]) == .invalidHeader(header: "Stripe-Signature"))
    }

    @Test(arguments: [(-300.0, true), (-300.5, false), (0, true), (300, true), (300.5, false)])
    func `the tolerance holds on both sides, to the second`(offset: Double, isAccepted: Bool) {
        let failure = verify([header()], now: Self.now.addingTimeInterval(offset))
        #expect((failure == nil) == isAccepted)
    }

    @Test func `every flipped bit of the body is noticed`() {
        let signed = header()
        for index in Self.body.indices {
            for bit in 0..<8 {
                var body = Self.body
                body[index] ^= 1 << bit
                #expect(verify([signed], body: body) == .noValidSignature)
            }
        }
    }

    @Test func `every changed character of the header is noticed`() {
        let signed = Array(header().utf8)
        for index in signed.indices {
            var changed = signed
            changed[index] = changed[index] == UInt8(ascii: "7") ? UInt8(ascii: "8") : 0x37
            #expect(verify([String(decoding: changed, as: UTF8.self)]) != nil)
        }
    }

    @Test func `so many signatures that they must be an attack are refused`() {
        let many = header() + String(repeating: ",v1=00", count: 16)
        #expect(verify([many]) == .invalidHeader(header: "Stripe-Signature"))
    }

    @Test(arguments: [
        SignatureFailure.notSigned(header: "Stripe-Signature"),
        .invalidHeader(header: "Stripe-Signature"), .noValidSignature,
        .tooOld(tolerance: .seconds(300)), .tooNew(tolerance: .seconds(300)),
    ])
    func `a failure is one sentence`(failure: SignatureFailure) {
        let text = failure.description
        #expect(text.hasSuffix("."))
        #expect(!text.dropLast().contains(". "))
        #expect(!text.contains("\n"))
    }

    @Test func `an event is delivered with its id, type, mode and time`() throws {
        let body = try Fixture.bytes("stripe/invoice.paid.livemode_true.json")
        let delivery = WebhookEndpoint(adapter: StripeAdapter(), secrets: [])
            .delivery(headers: { _ in [] }, body: body, mode: .test)
        #expect(delivery.provider == .stripe)
        #expect(delivery.mode == .live)
        #expect(delivery.type == "invoice.paid")
        #expect(delivery.eventID.hasPrefix("evt_"))
        #expect(delivery.occurredAt != nil)
        #expect(delivery.body == body)
        #expect(delivery.isReadable)
    }

    @Test(arguments: [
        "this is not valid JSON", "", "[]", "null", "{", "{}", #"{"id":"evt_1"}"#,
        #"{"id":"","type":"a"}"#, #"{"id":1,"type":"a"}"#, #"{"id":"evt_1","type":null}"#,
        #"{"id":"evt_1","id":"evt_2","type":"a"}"#, #"{"id":"evt_1","type":"a"} x"#,
    ])
    func `a signed body that is no event goes by its digest, unreadable`(text: String) {
        let delivery = WebhookEndpoint(adapter: StripeAdapter(), secrets: [])
            .delivery(headers: { _ in [] }, body: Array(text.utf8), mode: .live)
        #expect(!delivery.isReadable)
        #expect(delivery.mode == .live)
        #expect(delivery.type == "")
        #expect(delivery.eventID == "sha256-" + Hex.encode(SHA256.hash(text.utf8)))
        #expect(delivery.occurredAt == nil)
    }

    @Test func `an event without a mode takes the installation's, and is parked later`() {
        let body = Array(#"{"object":"event","id":"evt_1","type":"customer.created"}"#.utf8)
        let endpoint = WebhookEndpoint(adapter: StripeAdapter(), secrets: [])
        let delivery = endpoint.delivery(headers: { _ in [] }, body: body, mode: .live)
        #expect(delivery.isReadable)
        #expect(delivery.mode == .live)
    }
}

/// What a verification throws.
func failure(_ verify: () throws -> Void) -> SignatureFailure? {
    do {
        try verify()
        return nil
    } catch {
        return error as? SignatureFailure
    }
}
