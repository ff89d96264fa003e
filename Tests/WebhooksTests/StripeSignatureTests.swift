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
        var counts = ["accept": 0, "reject": 0, "either": 0, "reject-recommended": 0]
        for example in try SignatureCase.all(in: "stripe-signatures.json") {
            let isAccepted = try example.refusal(by: StripeAdapter()) == nil
            #expect(isAccepted == (example.expect == "accept"), "\(example.id)")
            let isDisputed = !["accept", "reject"].contains(example.expect)
            #expect((Self.deviations[example.id] != nil) == isDisputed)
            counts[example.expect, default: 0] += 1
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
        let cases = try SignatureCase.all(in: "stripe-signatures.json")
        let example = try #require(cases.first { $0.id == id })
        #expect(try example.refusal(by: StripeAdapter()) == failure)
    }
}
