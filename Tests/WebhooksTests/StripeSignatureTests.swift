import Digest
import Foundation
import JSON
import Subscriptions
import Testing
import Webhooks

@Suite struct StripeSignatureTests {
    /// Where official SDKs differ (`either`) we refuse: no header that Stripe sends looks so.
    private static let deviations = [
        "stripe/edge/uppercase-hex": "Stripe prints lower case; only Go reads both.",
        "stripe/edge/space-after-comma": "Stripe prints none; Python, Node and Go refuse it.",
        "stripe/edge/duplicate-t-first-true":
            "Which time was signed must not be a matter of taste.",
        "stripe/edge/duplicate-t-last-true": "Which time was signed must not be a matter of taste.",
        "stripe/edge/leading-zero-t":
            "The signed text is the received one, and Stripe prints none.",
        "stripe/edge/plus-sign-t": "Let through by lenient integer parsers only.",
        "stripe/edge/underscore-t": "Let through by Python's integer parser only.",
        "stripe/edge/three-part-item": "Go refuses it; a half-read header is a misread one.",
        "stripe/edge/trailing-comma": "Go and .NET refuse it; a half-read header is a misread one.",
        // `reject-recommended`: PHP and .NET refuse it too.
        "stripe/edge/future-by-1h": "A signature from the future could be replayed for longer.",
    ]

    @Test func `every published case is accepted or refused as the file says`() throws {
        let cases = try #require(try Fixture.json("stripe-signatures.json")["cases"]?.array)
        var counts = ["accept": 0, "reject": 0, "either": 0, "reject-recommended": 0]
        for example in cases {
            let id = try #require(example["id"]?.string)
            let expect = try #require(example["expect"]?.string)
            let isAccepted = try outcome(of: example) == nil
            #expect(isAccepted == (expect == "accept"), "\(id)")
            #expect((Self.deviations[id] != nil) == !["accept", "reject"].contains(expect))
            counts[expect, default: 0] += 1
        }
        #expect(counts == ["accept": 12, "reject": 17, "either": 9, "reject-recommended": 1])
    }

    @Test(arguments: [
        ("stripe/dotnet/outdated", SignatureFailure.tooOld(tolerance: .seconds(300))),
        ("stripe/edge/future-by-1h", .tooNew(tolerance: .seconds(300))),
        ("stripe/dotnet/changed", .noValidSignature),
        ("stripe/sdk/only-v0", .noValidSignature),
        ("stripe/secret-with-space", .noValidSignature),
        ("stripe/edge/empty-v1", .noValidSignature),
        ("stripe/edge/nul-in-header", .noValidSignature),
        ("stripe/sdk/bad-header", .invalidHeader(header: "Stripe-Signature")),
        ("stripe/go/empty-header", .invalidHeader(header: "Stripe-Signature")),
        ("stripe/edge/overflow-t", .invalidHeader(header: "Stripe-Signature")),
        ("stripe/edge/negative-t", .invalidHeader(header: "Stripe-Signature")),
    ])
    func `a refusal has its name`(id: String, failure: SignatureFailure) throws {
        let cases = try #require(try Fixture.json("stripe-signatures.json")["cases"]?.array)
        let example = try #require(cases.first { $0["id"]?.string == id })
        #expect(try outcome(of: example) == failure)
    }

    private func outcome(of example: JSONValue) throws -> SignatureFailure? {
        let secrets = try #require(example["secrets"]?.array).compactMap(\.string)
        let body = try #require(example["body_b64"]?.string.flatMap { Base64.decode($0) })
        let tolerance = try #require(example["tolerance"]?.integer)
        let endpoint = WebhookEndpoint(
            adapter: StripeAdapter(),
            secrets: secrets,
            // The SDKs switch the check off with 0.
            tolerance: tolerance == 0 ? nil : .seconds(tolerance)
        )
        let headers = try #require(example["headers"]?.object)
        return failure {
            try endpoint.verify(
                headers: { name in headers[name]?.string.map { [$0] } ?? [] },
                body: body,
                now: Date(timeIntervalSince1970: Double(try #require(example["now"]?.integer)))
            )
        }
    }
}
