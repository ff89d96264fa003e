import Foundation
import JSON
import Testing

@testable import tollgate

/// The events of one subscriber, with ids of their own and times near now.
struct StripeStory: Sendable {
    /// The price that every subscriber pays.
    static let price = "price_1TxExamplePro0Monthly01"

    /// Which subscriber it is.
    let number: Int
    /// The sign-up as it happened, which is not the order in which it is delivered.
    let signUp: [JSONValue]

    var email: String { "ada\(tag)@example.com" }
    /// The checkout session, which the subscriber's browser carries back.
    var reference: String { "cs_test_a1ExampleCheckoutSession0000000000000000000\(tag)" }

    private var tag: String { String(format: "%03d", number) }

    init(number: Int, signedUpAt: Date) throws {
        self.number = number
        let tag = String(format: "%03d", number)
        signUp = try EventRehearsal(shiftsTo: Int64(signedUpAt.timeIntervalSince1970)).rewriting(
            [
                "customer.subscription.created", "invoice.paid.subscription_create",
                "customer.subscription.updated.activated", "checkout.session.completed",
            ].map { try Self.event($0, tag) }
        )
    }

    /// A later event of the story, as of a time.
    func event(_ name: String, at time: Date) throws -> JSONValue {
        let event = try Self.event(name, tag)
        return try EventRehearsal(shiftsTo: Int64(time.timeIntervalSince1970))
            .rewriting([event])[0]
    }

    private static func event(_ name: String, _ tag: String) throws -> JSONValue {
        let file = try #require(
            Bundle.module.url(
                forResource: name,
                withExtension: "json",
                subdirectory: "Fixtures"
            )
        )
        var text = try String(contentsOf: file, encoding: .utf8)
        for (old, new) in [
            ("evt_1TxExample", "evt_1Tx\(tag)x"), ("cus_T9aB3kLmN0pQrS", "cus_T9aB3kLmN0p\(tag)"),
            ("sub_1TxAmpLeSubScRiPtIoN01", "sub_1TxAmpLeSubScRiPtI\(tag)"),
            ("Session0000000000000000000001", "Session0000000000000000000\(tag)"),
            ("in_1TxExample", "in_1Tx\(tag)x"), ("il_1TxExample", "il_1Tx\(tag)x"),
            ("si_T9aC4example", "si_T9aC4\(tag)"), ("ada@example.com", "ada\(tag)@example.com"),
        ] { text = text.replacingOccurrences(of: old, with: new) }
        return try JSONValue(parsing: text.utf8)
    }
}
