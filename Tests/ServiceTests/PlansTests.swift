import Foundation
import HTTP
import JSON
import Subscriptions
import Testing

@testable import Service

/// What `plans` does: every refusal with its place, and nothing of it done.
struct PlansTests {
    struct Refusal: Sendable, CustomTestStringConvertible {
        var testDescription: String { "\(path) <- \(new.prefix(60))" }
        let path: String
        let old: String
        let new: String

        init(_ path: String, _ old: String, _ new: String) {
            self.path = path
            self.old = old
            self.new = new
        }
    }

    static let catalogue = """
        {"plans":[{"id":"pro","name":"Pro","prices":{"stripe":["price_pro"]},\
        "access":[{"service":"shop","component":"_table/customers/*","verbs":["GET"]}],\
        "limits":[{"rate":5,"period":"minute"}],"grace":{"past_due":"3d"},"refund":"end"}]}
        """
    private static let rule = "plans[0].access[0]"
    private static let component = #""_table/customers/*""#

    static let refusals = [
        Refusal("colour", "{\"plans\"", "{\"colour\":1,\"plans\""),
        Refusal("plans", "\"plans\"", "\"plan\""),
        Refusal("plans[0].colour", "\"refund\"", "\"colour\":1,\"refund\""),
        Refusal("\(rule).filter", "\"service\"", "\"filter\":1,\"service\""),
        Refusal("plans[0].limits[0].burst", "\"rate\"", "\"burst\":1,\"rate\""),
        Refusal("plans[0].grace.x", "\"past_due\"", "\"x\":1,\"past_due\""),
        Refusal("\(rule).service", "\"shop\"", "\"system\""),
        Refusal("\(rule).service", "\"shop\"", "\"SYSTEM\""),
        Refusal("\(rule).service", "\"shop\"", "\"*\""),
        Refusal("\(rule).service", "\"shop\"", "\"\""),
        Refusal("\(rule).service", "\"shop\"", "null"),
        Refusal("\(rule).component", component, "\"*\""),
        Refusal("\(rule).component", component, "\"_table/*/customers\""),
        Refusal("\(rule).component", component, "\"_table*\""),
        Refusal("\(rule).component", component, "\"\""),
        Refusal("\(rule).verbs", "[\"GET\"]", "[]"),
        Refusal("\(rule).verbs[0]", "\"GET\"", "\"HEAD\""),
        Refusal("plans[0].limits[0].rate", ":5,", ":0,"),
        Refusal("plans[0].limits[0].rate", ":5,", ":2147483648,"),
        Refusal("plans[0].limits[0].period", "\"minute\"", "\"30-day\""),
        Refusal(
            "plans[0].limits[1]",
            "}],\"grace\"",
            "},{\"rate\":6,\"period\":\"minute\"}],\"grace\""
        ),
        Refusal("plans[0].limits", "[{\"rate\":5,\"period\":\"minute\"}]", "[]"),
        Refusal("plans[0].limits", "\"limits\"", "\"unlimited\":true,\"limits\""),
        Refusal("plans[0].prices.stripe[1]", "[\"price_pro\"]", "[\"price_pro\",\"price_pro\"]"),
        Refusal("plans[0].grace.past_due", "\"3d\"", "\"3w\""),
        Refusal("plans[0].refund", "\"end\"", "\"later\""),
        Refusal("plans[0].id", "\"pro\"", "\"Pro!\""),
        Refusal("", "{\"plans\"", "plans"),
    ]

    @Test(arguments: refusals)
    func `a catalogue with a fault is refused with its place`(_ refusal: Refusal) async throws {
        let road = try await Road()
        let before = try await road.audit()
        let text = Self.catalogue.replacing(refusal.old, with: refusal.new, maxReplacements: 1)
        try #require(text != Self.catalogue)
        let reply = await road.staff("plans/apply", ["catalogue": .string(text)])
        #expect(reply.exit == (refusal.path.isEmpty ? .failed : .refused))
        let message = try #require(reply.message)
        let place = refusal.path.isEmpty ? "The catalogue cannot be read" : refusal.path
        #expect(message.hasPrefix("\(place): "), "\(message)")
        #expect(message.hasSuffix("."))
        #expect(try await road.read { try $0.latestPlans() }.count == 1)
        #expect(try await road.audit() == before)
    }

    @Test func `a price in two plans is refused in the second one`() async throws {
        let road = try await Road()
        let reply = await road.apply(
            Catalogues.of(
                Catalogues.plan("a", price: "price_x"),
                Catalogues.plan("b", price: "price_x")
            )
        )
        #expect(reply.exit == .refused)
        #expect(
            reply.message
                == "plans[1].prices.stripe[0]: the price price_x already belongs to the plan a."
        )
    }

    @Test func `a service of the type system is not sold under another name`() async throws {
        let road = try await Road()
        road.wire.script(Wire.shopOfTypeSystem)
        let reply = await road.apply(Catalogues.both)
        #expect(reply.exit == .refused)
        #expect(reply.message?.hasPrefix("The service shop is of the type system") == true)
        #expect(try await road.read { try $0.latestPlans() }.count == 1)
    }

    @Test func `a service that the platform does not have is not sold`() async throws {
        let road = try await Road()
        let plans = Catalogues.of(
            Catalogues.plan("pro", price: "price_pro"),
            Catalogues.plan("max", price: "price_max", service: "shpo")
        )
        for isDry in [true, false] {
            let reply = await road.apply(plans, ["dry_run": .bool(isDry)])
            #expect(reply.exit == .refused)
            #expect(
                reply.message == "plans[1].access[0].service: the platform has no service shpo; "
                    + "make it there first, or name one that it has."
            )
        }
        #expect(try await road.read { try $0.latestPlans() }.count == 1)
    }

    @Test func `an empty catalogue and one that cannot be read exit 1`() async throws {
        let road = try await Road()
        for text in ["", " \n", "plans", "[]"] {
            let reply = await road.staff("plans/apply", ["catalogue": .string(text)])
            #expect(reply.exit == .failed, "\(reply)")
        }
    }

    @Test func `a service that is of the type system only later is not opened`() async throws {
        let road = try await Road()
        road.wire.script(Wire.shopOfTypeSystem)
        let subscriber = try await road.signUp()
        #expect(try await road.claim(subscriber.reference).status == 202)
        let sentence = try await road.grant(of: subscriber).problem?.sentence
        #expect(sentence?.hasPrefix("The service shop is the platform's own") == true)
        #expect(try road.platformCounts() == [0, 0, 0])
    }

    @Test func `a dry run says what would be and changes nothing`() async throws {
        let road = try await Road()
        let before = try await road.audit()
        let reply = await road.apply(Catalogues.both, ["dry_run": true])
        #expect(reply.exit == .done)
        #expect(reply.message == "Nothing was changed.")
        #expect(reply.body["dry_run"] == true)
        #expect(
            reply.body["plans"]?.array?.compactMap { $0["change"]?.string } == [
                "unchanged", "added",
            ]
        )
        #expect(
            try await road.read { try $0.latestPlans() }.map(\.plan.id) == ["pro"].map(Plan.ID.init)
        )
        #expect(try await road.audit() == before)
    }

    @Test func `a reply says what the limits of a plan cost`() async throws {
        let road = try await Road(applying: nil)
        let line = await road.apply(Catalogues.pro).body["plans"]?[0]
        #expect(line?["limits"] == 1)
        #expect(line?["call_ms_per_1000_subscribers"]?.int == 36)
    }

    @Test func `a plan that leaves the file is retired, and its subscribers stay`() async throws {
        let road = try await Road(applying: Catalogues.both)
        let (subscriber, token, key) = try await road.claimed()
        let reply = await road.apply(Catalogues.of(Catalogues.plan("max", price: "price_max")))
        let line = try #require(
            reply.body["plans"]?.array?.first { $0["change"] == "retired" }
        )
        #expect(line["id"] == "pro" && line["staying"] == 1)
        let listed = await road.staff("plans/list").body["plans"]?.array
        #expect(listed?.first { $0["id"] == "pro" }?["retired_at"]?.string != nil)
        road.pass(.seconds(3_600))
        try await road.work()
        #expect(try road.use(key) == 200)
        // Nor does the next payment end them.
        try await road.deliver(subscriber.changed("updated", after: 9, status: "active"))
        try await road.deliver(subscriber.paid(after: 10))
        try await road.work()
        #expect(try await road.key(token).json["key"]?.string == key)
    }

    @Test func `subscribers stay on their version until they are moved`() async throws {
        let road = try await Road()
        let (subscriber, token, key) = try await road.claimed()
        let faster = Catalogues.of(Catalogues.plan("pro", price: "price_pro", rate: 7))
        let applied = await road.apply(faster)
        #expect(applied.body["plans"]?[0]?["version"] == 2)
        #expect(applied.body["plans"]?[0]?["staying"] == 1)
        #expect(applied.body["moved"] == 0)
        try await road.work()
        #expect(try await road.key(token).json["limits"]?[0]?["rate"] == 5)

        let moved = await road.apply(faster, ["move": ["pro"]])
        #expect(moved.body["moved"] == 1)
        try await road.work()
        #expect(try await road.key(token).json["limits"]?[0]?["rate"] == 7)
        #expect(try await road.grant(of: subscriber).observed.limits.map(\.rate) == [7])
        #expect(try await road.key(token).json["key"]?.string == key)
        #expect(try road.platformCounts() == [1, 1, 1])
    }

    @Test func `a move of a plan that the file has not is refused, and nothing is applied`()
        async throws
    {
        let road = try await Road()
        let reply = await road.apply(Catalogues.both, ["move": ["gold"]])
        #expect(reply.exit == .usage)
        #expect(reply.message == "--move gold: the file has no such plan.")
        #expect(try await road.read { try $0.latestPlans() }.count == 1)
    }

    @Test func `plans are shown as a catalogue writes them`() async throws {
        let road = try await Road()
        let shown = await road.staff("plans/show", ["id": "pro"])
        let again = await road.apply(["plans": .array([try #require(shown.body["plan"])])])
        #expect(again.body["plans"]?[0]?["change"] == "unchanged")
        #expect(await road.staff("plans/show", ["id": "gold"]).exit == .notFound)
    }
}
