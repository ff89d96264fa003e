import Digest
import Foundation
import Subscriptions
import Testing
import Webhooks

@Suite struct ProviderSignatureTests {
    private static let adapters: [String: any ProviderAdapter] = [
        "paddle": PaddleAdapter(), "lemonsqueezy": LemonSqueezyAdapter(), "polar": PolarAdapter(),
        "standard-webhooks": StandardAdapter(), "svix": StandardAdapter(),
    ]

    /// What we refuse though an official SDK, or the case's own note, would take it.
    private static let deviations = [
        "paddle/future-1h": "A signature from the future could be replayed for longer.",
        "lemonsqueezy/edge/uppercase-hex": "Lemon Squeezy prints lower case.",
        "standard-webhooks/double-space-between-signatures":
            "The specification puts one space; a half-read header is a misread one.",
        "standard-webhooks/float-timestamp":
            "The specification says whole seconds, and the signed text is the received one.",
        "standard-webhooks/ed25519":
            "Public keys (whpk_) need Ed25519, which the system does not bring: a sender is asked"
            + " for a symmetric secret.",
    ]

    @Test func `every published case is accepted or refused as the file says`() throws {
        var counts: [String: Int] = [:]
        for example in try SignatureCase.all(in: "provider-signatures.json") {
            let adapter = try #require(Self.adapters[example.provider])
            let isAccepted = try example.refusal(by: adapter) == nil
            let deviates = Self.deviations[example.id] != nil
            #expect(isAccepted == (example.expect == "accept" && !deviates), "\(example.id)")
            #expect(deviates || ["accept", "reject"].contains(example.expect), "\(example.id)")
            counts["\(example.provider) \(example.expect)", default: 0] += 1
        }
        #expect(
            counts == [
                "paddle accept": 8, "paddle reject": 13, "paddle reject-recommended": 1,
                "lemonsqueezy accept": 22, "lemonsqueezy reject": 11, "lemonsqueezy either": 1,
                "polar accept": 3, "standard-webhooks accept": 7, "standard-webhooks reject": 15,
                "standard-webhooks either": 2, "svix accept": 1,
            ]
        )
    }

    @Test(arguments: [
        ("paddle/go/missing", SignatureFailure.notSigned(header: "Paddle-Signature")),
        ("paddle/go/bad-format", .invalidHeader(header: "Paddle-Signature")),
        ("paddle/node/no-ts", .invalidHeader(header: "Paddle-Signature")),
        ("paddle/node/no-h1", .noValidSignature), ("paddle/go/wrong-secret", .noValidSignature),
        ("paddle/node/plus-6s", .tooOld(tolerance: .seconds(5))),
        ("paddle/future-1h", .tooNew(tolerance: .seconds(5))),
        ("lemonsqueezy/edge/header-missing", .notSigned(header: "X-Signature")),
        ("lemonsqueezy/edge/empty", .invalidHeader(header: "X-Signature")),
        ("lemonsqueezy/edge/uppercase-hex", .invalidHeader(header: "X-Signature")),
        ("lemonsqueezy/edge/wrong-secret", .noValidSignature),
        ("standard-webhooks/missing-webhook-id", .notSigned(header: "webhook-id")),
        ("standard-webhooks/missing-webhook-timestamp", .notSigned(header: "webhook-timestamp")),
        ("standard-webhooks/missing-webhook-signature", .notSigned(header: "webhook-signature")),
        ("standard-webhooks/float-timestamp", .invalidHeader(header: "webhook-timestamp")),
        (
            "standard-webhooks/double-space-between-signatures",
            .invalidHeader(header: "webhook-signature")
        ),
        ("standard-webhooks/v2-only", .noValidSignature),
        ("standard-webhooks/ed25519", .noValidSignature),
        ("standard-webhooks/too-new", .tooNew(tolerance: .seconds(300))),
    ])
    func `a refusal has its name`(id: String, failure: SignatureFailure) throws {
        let cases = try SignatureCase.all(in: "provider-signatures.json")
        let example = try #require(cases.first { $0.id == id })
        let adapter = try #require(Self.adapters[example.provider])
        #expect(try example.refusal(by: adapter) == failure)
    }

    // Each rule once for every provider: what one adapter forgets the others do not mend.

    private static let now = Date(timeIntervalSince1970: 1_785_571_202)
    private static let body = Array(#"{"type":"subscription.updated"}"#.utf8)
    private static let secrets = [
        "whsec_" + Base64.encode(0..<32), "whsec_" + Base64.encode(1..<33),
    ]

    private func refusal(
        _ name: String,
        _ signed: [(name: String, value: String)],
        secrets: [String] = secrets,
        body: [UInt8] = body,
        now: Date = now
    ) throws -> SignatureFailure? {
        let adapter = try #require(Self.adapters[name])
        let endpoint = WebhookEndpoint(adapter: adapter, secrets: secrets)
        let headers: HeaderValues = { name in signed.filter { $0.name == name }.map(\.value) }
        return failure { try endpoint.verify(headers: headers, body: body, now: now) }
    }

    private func signed(_ name: String, secret: String) throws -> [(name: String, value: String)] {
        try #require(Self.adapters[name])
            .signedHeaders(for: Self.body, secret: secret, at: Self.now)
    }

    @Test(arguments: adapters.keys.sorted())
    func `what the adapter signs it accepts, with any of several secrets`(name: String) throws {
        for secret in Self.secrets {
            #expect(try refusal(name, signed(name, secret: secret)) == nil)
        }
        let other = try signed(name, secret: "whsec_" + Base64.encode(2..<34))
        #expect(try refusal(name, other) == .noValidSignature)
        #expect(try refusal(name, other, secrets: []) == .noValidSignature)
        #expect(try refusal(name, signed(name, secret: ""), secrets: [""]) != nil)
    }

    @Test(arguments: adapters.keys.sorted())
    func `every flipped bit of the body is noticed`(name: String) throws {
        let signed = try signed(name, secret: Self.secrets[0])
        for index in Self.body.indices {
            var body = Self.body
            body[index] ^= 1 << (index % 8)
            #expect(try refusal(name, signed, body: body) == .noValidSignature)
        }
        #expect(try refusal(name, signed, body: Self.body + [0x0a]) == .noValidSignature)
    }

    @Test(arguments: adapters.keys.sorted())
    func `every changed character of the headers is noticed`(name: String) throws {
        let signed = try signed(name, secret: Self.secrets[0])
        for field in signed.indices {
            let characters = Array(signed[field].value.utf8)
            for index in characters.indices {
                var value = characters
                value[index] = value[index] == 0x37 ? 0x38 : 0x37
                var changed = signed
                changed[field].value = String(decoding: value, as: UTF8.self)
                #expect(try refusal(name, changed) != nil)
            }
        }
    }

    @Test(arguments: adapters.keys.sorted())
    func `a header that comes twice is refused`(name: String) throws {
        let signed = try signed(name, secret: Self.secrets[0])
        for field in signed {
            #expect(try refusal(name, signed + [field]) == .invalidHeader(header: field.name))
        }
    }

    @Test(arguments: adapters.keys.sorted().filter { $0 != "lemonsqueezy" })
    func `the tolerance holds on both sides`(name: String) throws {
        let signed = try signed(name, secret: Self.secrets[0])
        for (offset, isAccepted) in [(-300.0, true), (-301, false), (300, true), (301, false)] {
            let now = Self.now.addingTimeInterval(offset)
            #expect((try refusal(name, signed, now: now) == nil) == isAccepted)
        }
    }

    @Test func `so many signatures that they must be an attack are refused`() throws {
        let signed = try signed("standard-webhooks", secret: Self.secrets[0])
        let many = signed.map { field in
            field.name == "webhook-signature"
                ? (field.name, field.value + String(repeating: " v1,AA==", count: 16)) : field
        }
        #expect(
            try refusal("standard-webhooks", many) == .invalidHeader(header: "webhook-signature")
        )
    }

    @Test func `names of two sets are never mixed`() throws {
        var signed = try signed("svix", secret: Self.secrets[0])
        signed[2].name = "svix-signature"
        #expect(try refusal("svix", signed) == .notSigned(header: "webhook-signature"))
        let renamed = signed.map { field in
            (field.name.replacing("webhook-", with: "svix-"), field.value)
        }
        #expect(try refusal("svix", renamed) == nil)
        #expect(try refusal("polar", renamed) == .notSigned(header: "webhook-id"))
    }

    @Test func `a public key is no secret that anything could be signed with`() {
        #expect(
            StandardAdapter().keys(of: "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=") == []
        )
        #expect(StandardAdapter().keys(of: "whsec_") == [])
        #expect(StandardAdapter().keys(of: "not base64") == [])
    }
}
