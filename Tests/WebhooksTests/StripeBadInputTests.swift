import Foundation
import JSON
import Subscriptions
import Testing
import Webhooks

@Suite struct StripeBadInputTests {
    private static let files = [
        "customer.subscription.updated.cancel_at_only.json",
        "customer.subscription.deleted.json",
        "pre-basil.customer.subscription.updated.json",
        "checkout.session.completed.json",
        "invoice.paid.subscription_cycle.json",
        "pre-basil.invoice.paid.json",
        "customer.created.json",
        "thin.v1.customer.subscription.updated.json",
    ]

    @Test(arguments: files)
    func `any value replaced by any other is read, ignored or parked, and never crashes`(
        file: String
    ) throws {
        let event = try Fixture.json("stripe/\(file)")
        let id = try #require(event["id"]?.string)
        let strange: [JSONValue?] = [
            nil, .null, true, -1, 0, .integer(.max), .integer(.min), .number(1.5e300), "", "x",
            .string(String(repeating: "é", count: 200)), [], [nil, 1, "x"], [:], ["id": 7],
        ]
        for path in event.paths {
            for value in strange {
                let reading = StripeAdapter().reading(of: event.replacing(path[...], by: value))
                guard case .parked(let need) = reading else { continue }
                #expect(need.reason.hasSuffix("."))
                #expect(!need.reason.contains(id))
            }
        }
    }

    @Test(
        arguments: [
            ("customer.subscription.created.json", "data.object.id", nil),
            ("customer.subscription.created.json", "data.object.customer", nil),
            ("customer.subscription.created.json", "data.object.status", 5),
            ("customer.subscription.created.json", "data.object.object", "invoice"),
            ("customer.subscription.created.json", "data.object.items.data", [:]),
            ("customer.subscription.created.json", "data.object.trial_end", "soon"),
            ("customer.subscription.created.json", "created", nil),
            ("customer.subscription.created.json", "created", .number(1.5)),
            ("customer.subscription.created.json", "livemode", nil),
            ("customer.subscription.created.json", "livemode", 0),
            ("customer.subscription.created.json", "object", "thing"),
            ("checkout.session.completed.json", "data.object.subscription", nil),
            ("checkout.session.completed.json", "data.object.payment_status", "maybe"),
            ("checkout.session.completed.json", "data.object.customer_details.email", 1),
            ("invoice.paid.subscription_cycle.json", "data.object.parent", nil),
            ("invoice.paid.subscription_cycle.json", "data.object.lines.data", 3),
            ("customer.created.json", "data.object.id", ""),
        ] as [(String, String, JSONValue?)]
    )
    func `a fault of a known type is parked, with the path of the field`(
        file: String,
        path: String,
        value: JSONValue?
    ) throws {
        let event = try Fixture.json("stripe/\(file)")
        let body = event.replacing(path.split(separator: ".").map(String.init)[...], by: value)
        guard case .parked(let need) = read(body.serialized()) else {
            Issue.record("not parked")
            return
        }
        #expect(need.kind == .malformed)
        #expect(need.subject == path)
        #expect(need.reason.hasPrefix("\(path) is "))
    }

    @Test func `an element of a list is named by its place`() throws {
        let event = try Fixture.json("stripe/customer.subscription.created.json")
        let items: JSONValue = ["data": [["price": ["id": 7]]]]
        let body = event.replacing(["data", "object", "items"], by: items).serialized()
        let reason = "data.object.items.data[0].price.id is not text of 1 to 255 bytes."
        #expect(
            read(body)
                == .parked(
                    Need(.malformed, subject: "data.object.items.data[0].price.id", reason: reason)
                )
        )
    }

    @Test func `an id may have 255 bytes and not one more`() throws {
        let event = try Fixture.json("stripe/customer.created.json")
        for count in [255, 256] {
            let id = JSONValue.string(String(repeating: "x", count: count))
            let body = event.replacing(["data", "object", "id"], by: id).serialized()
            #expect(summary(read(body)).hasPrefix("customer") == (count == 255))
        }
    }

    @Test func `a status that is not known is parked by its name`() throws {
        let event = try Fixture.json("stripe/customer.subscription.created.json")
        let body = event.replacing(["data", "object", "status"], by: "frozen").serialized()
        #expect(summary(read(body)) == "parked unknown_status frozen")
    }

    @Test func `a list of items that is cut short is not taken for the whole`() throws {
        let event = try Fixture.json("stripe/customer.subscription.created.json")
        let body = event.replacing(["data", "object", "items", "has_more"], by: true).serialized()
        #expect(summary(read(body)) == "parked refetch sub_1TxAmpLeSubScRiPtIoN01")
    }

    @Test(arguments: ["status", "items", "trial_end", "cancel_at", "ended_at", "pause_collection"])
    func `an end is an end though its details are odd`(name: String) throws {
        let event = try Fixture.json("stripe/customer.subscription.deleted.json")
        for value in [nil, 5, "active", .number(0.5), ["data": 1]] as [JSONValue?] {
            let body = event.replacing(["data", "object", name], by: value).serialized()
            #expect(summary(read(body)).hasPrefix("subscription canceled"))
        }
    }

    @Test func `a customer may stand there by id or whole`() throws {
        for file in [
            "customer.subscription.created.json", "checkout.session.completed.json",
            "invoice.paid.subscription_cycle.json",
        ] {
            let event = try Fixture.json("stripe/\(file)")
            let customer: JSONValue = ["id": "cus_T9aB3kLmN0pQrS", "email": "ada@example.com"]
            let path = ["data", "object", "customer"]
            #expect(
                read(event.replacing(path[...], by: customer).serialized())
                    == read(event.serialized())
            )
        }
    }

    @Test func `an event of a type that nobody knows is ignored by its name`() throws {
        let event = try Fixture.json("stripe/customer.created.json")
        let reading = read(event.replacing(["type"], by: "moon.risen").serialized())
        #expect(reading == .ignored("Events of the type moon.risen do not concern access."))
    }

    @Test(arguments: ["", "not JSON", "[", "{\"a\":}"])
    func `a body that cannot be read is parked`(text: String) {
        #expect(summary(read(Array(text.utf8))).hasPrefix("parked malformed"))
    }

    @Test func `a metered line is not taken for the period that was paid`() throws {
        let event = try Fixture.json("stripe/invoice.paid.subscription_cycle.json")
        let line = try #require(event.at("data", "object", "lines", "data")?[0])
        let metered = line.replacing(["period", "end"], by: 1_788_249_600)
        let proration = line.replacing(["period", "end"], by: 1_789_000_000)
            .replacing(["parent", "subscription_item_details", "proration"], by: true)
        let lines = JSONValue.array([metered, line, proration])
        let body = event.replacing(["data", "object", "lines", "data"], by: lines).serialized()
        #expect(summary(read(body)) == "payment paid until 1790841600")
    }

    private func read(_ body: [UInt8]) -> EventReading {
        StripeAdapter().reading(of: body, id: "", mode: .test)
    }
}
