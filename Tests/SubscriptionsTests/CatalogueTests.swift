import JSON
import Subscriptions
import Testing

struct CatalogueTests {
    /// The example of the README, word for word.
    static let example = """
        { "plans": [ {
          "id": "pro", "name": "Pro", "prices": { "stripe": ["price_1PgafmB7WZ01zgkW"] },
          "access": [
            { "service": "shop", "component": "_table/customers/*", "verbs": ["GET"] } ],
          "limits": [ { "rate": 100000, "period": "month" } ],
          "grace": { "past_due": "3d", "rotation": "24h" },
          "refund": "end", "dispute": "suspend" } ] }
        """

    @Test func `the example is read`() throws {
        let catalogue = try Catalogue(parsing: Self.example.utf8)
        let plan = try #require(catalogue.plans.first)
        #expect(catalogue.plans.count == 1)
        #expect(plan.id == Plan.ID("pro"))
        #expect(plan.name == "Pro")
        #expect(plan.prices == [.stripe: ["price_1PgafmB7WZ01zgkW"]])
        let rule = AccessRule(service: "shop", component: "_table/customers/*", verbs: [.get])
        #expect(plan.access == [rule])
        #expect(plan.limits == [RateLimit(rate: 100_000, period: .month)])
        #expect(plan.pastDueGrace == .seconds(3 * 86_400))
        #expect(plan.rotationGrace == .seconds(86_400))
        #expect(plan.refund == .end)
        #expect(plan.dispute == .suspend)
    }

    @Test func `what is left out has the example's values`() throws {
        let policies = """
            ],
              "grace": { "past_due": "3d", "rotation": "24h" },
              "refund": "end", "dispute": "suspend" }
            """
        let short = Self.example.replacing(policies, with: "] }")
        #expect(!short.contains("grace"))
        #expect(try Catalogue(parsing: short.utf8) == Catalogue(parsing: Self.example.utf8))
    }

    @Test func `verbs are the platform's bits`() {
        let masks = Verb.allCases.map(\.mask)
        #expect(masks == [1, 2, 4, 8, 16])
        #expect(AccessRule(service: "s", component: "*", verbs: [.get, .patch]).verbMask == 9)
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let path: String
        let old: String
        let new: String

        init(_ name: String, at path: String, _ old: String, _ new: String) {
            testDescription = name
            self.path = path
            self.old = old
            self.new = new
        }
    }

    private static let verbs = #"["GET"]"#
    private static let component = #""_table/customers/*""#
    private static let service = #""shop""#
    private static let limit = #"{ "rate": 100000, "period": "month" }"#
    private static let limits = #""limits": [ { "rate": 100000, "period": "month" } ],"#
    private static let rule = "plans[0].access[0]"

    static let refusals: [Refusal] = [
        .init("no JSON", at: "", "{ \"plans\"", "plans"),
        .init("unknown field of the file", at: "version", "{ \"plans\"", #"{"version":1,"plans""#),
        .init(
            "unknown field of a plan",
            at: "plans[0].colour",
            #""refund""#,
            #""colour":1,"refund""#
        ),
        .init("unknown field of a rule", at: "\(rule).x", #""service""#, #""x":1,"service""#),
        .init("unknown field of a limit", at: "plans[0].limits[0].x", #""rate""#, #""x":1,"rate""#),
        .init(
            "unknown field of the grace",
            at: "plans[0].grace.x",
            #""past_due""#,
            #""x":1,"past_due""#
        ),
        .init("the service system", at: "\(rule).service", service, #""system""#),
        .init("all services", at: "\(rule).service", service, #""*""#),
        .init("no service", at: "\(rule).service", service, #""""#),
        .init("upper case reaches the same service", at: "\(rule).service", service, #""System""#),
        .init("* in the middle", at: "\(rule).component", component, #""_table/*/x""#),
        .init("* without /", at: "\(rule).component", component, #""_table/cust*""#),
        .init("* twice", at: "\(rule).component", component, #""_table/**""#),
        .init("* after a *", at: "\(rule).component", component, #""_table/*/*""#),
        .init("a bare *", at: "\(rule).component", component, #""*""#),
        .init("/ and *", at: "\(rule).component", component, #""/*""#),
        .init("up", at: "\(rule).component", component, #""_table/../x""#),
        .init("a blank", at: "\(rule).component", component, #""_table/a b""#),
        .init(
            "whole service of a part",
            at: "\(rule).component",
            component,
            #""_table/*", "whole_service": true"#
        ),
        .init("no verb", at: "\(rule).verbs", verbs, "[]"),
        .init("another verb", at: "\(rule).verbs[1]", verbs, #"["GET", "HEAD"]"#),
        .init("a verb in lower case", at: "\(rule).verbs[0]", verbs, #"["get"]"#),
        .init("no rule", at: "plans[0].access", #""access": ["#, #""access": [], "x": ["#),
        .init("rate 0", at: "plans[0].limits[0].rate", "100000", "0"),
        .init("rate -1", at: "plans[0].limits[0].rate", "100000", "-1"),
        .init("rate 2^31", at: "plans[0].limits[0].rate", "100000", "2147483648"),
        .init("half a call", at: "plans[0].limits[0].rate", "100000", "0.5"),
        .init("a rate as text", at: "plans[0].limits[0].rate", "100000", #""7""#),
        .init("a rate as truth", at: "plans[0].limits[0].rate", "100000", "true"),
        .init("another period", at: "plans[0].limits[0].period", #""month""#, #""year""#),
        .init(
            "two limits of one period",
            at: "plans[0].limits[1]",
            limit,
            #"{ "rate": 1, "period": "month" }, { "rate": 2, "period": "month" }"#
        ),
        .init(
            "two limits of one period and verb",
            at: "plans[0].limits[1]",
            limit,
            #"{"rate":1,"period":"day","verb":"GET"}, {"rate":2,"period":"day","verb":"GET"}"#
        ),
        .init("no limits", at: "plans[0].limits", limits, ""),
        .init("empty limits", at: "plans[0].limits", limits, #""limits": [],"#),
        .init(
            "limits and unlimited",
            at: "plans[0].limits",
            limits,
            #"\#(limits) "unlimited": true,"#
        ),
        .init(
            "a price twice",
            at: "plans[0].prices.stripe[1]",
            #"zgkW"]"#,
            #"zgkW", "price_1PgafmB7WZ01zgkW"]"#
        ),
        .init("a price with a blank", at: "plans[0].prices.stripe[0]", "zgkW", "zg kW"),
        .init("no prices", at: "plans[0].prices", #""prices": {"#, #""price": {"#),
        .init("no id", at: "plans[0].id", #""id": "pro""#, #""id": """#),
        .init("an id in upper case", at: "plans[0].id", #""id": "pro""#, #""id": "Pro""#),
        .init("no name", at: "plans[0].name", #""Pro""#, "null"),
        .init("a grace in weeks", at: "plans[0].grace.past_due", "3d", "1w"),
        .init("a grace over a year", at: "plans[0].grace.rotation", "24h", "366d"),
        .init("another policy", at: "plans[0].refund", #""refund": "end""#, #""refund": "pause""#),
        .init("another policy of disputes", at: "plans[0].dispute", "suspend", "sleep"),
    ]

    @Test(arguments: refusals)
    func `a fault is refused with its path`(_ refusal: Refusal) throws {
        let text = Self.example.replacing(refusal.old, with: refusal.new, maxReplacements: 1)
        try #require(text != Self.example)
        let error = #expect(throws: CatalogueError.self) { try Catalogue(parsing: text.utf8) }
        #expect(error?.path == refusal.path, "\(error?.reason ?? "")")
        #expect(error?.reason.isEmpty == false)
    }

    @Test func `a price in two plans is refused in the second one`() throws {
        let plans = [Plan.make("basic"), Plan.make("pro")]
        let error = #expect(throws: CatalogueError.self) { try Catalogue.make(plans) }
        #expect(error?.path == "plans[1].prices.stripe[0]")
        #expect(error?.reason.contains("basic") == true)
    }

    @Test func `two plans of one name are refused`() throws {
        let plans = [Plan.make("pro", prices: ["a"]), Plan.make("pro", prices: ["b"])]
        let error = #expect(throws: CatalogueError.self) { try Catalogue.make(plans) }
        #expect(error?.path == "plans[1].id")
    }

    @Test func `prices of a provider that is not known are refused with their place`() throws {
        let text = Self.example.replacing(#""stripe": ["#, with: #""strype": ["#)
        let error = #expect(throws: CatalogueError.self) { try Catalogue(parsing: text.utf8) }
        #expect(error?.path == "plans[0].prices.strype")
        #expect(error?.reason.contains("stripe, paddle, lemonsqueezy, polar, standard") == true)
    }

    @Test func `one price id of two providers is no fault`() throws {
        let text = Self.example.replacing(
            #"zgkW"]"#,
            with: #"zgkW"], "paddle": ["price_1PgafmB7WZ01zgkW"]"#
        )
        #expect(try Catalogue(parsing: text.utf8).plans.first?.prices.count == 2)
    }

    @Test(arguments: [
        (#""_table/customers/*""#, #""*", "whole_service": true"#),
        (#""_table/customers/*""#, #""_table/customers""#),
        (#"{ "rate": 100000, "period": "month" }"#, #"{ "rate": 1, "period": "minute" }"#),
        (#"100000"#, "2147483647"),
        (
            #"{ "rate": 100000, "period": "month" }"#,
            #"{"rate":9,"period":"day"}, {"rate":1,"period":"day","verb":"POST"}"#
        ),
        (#""limits": [ { "rate": 100000, "period": "month" } ],"#, #""unlimited": true,"#),
        (#"["GET"]"#, #"["DELETE", "GET", "PATCH", "POST", "PUT"]"#),
        (#""end""#, #""keep""#), ("3d", "0s"), ("3d", "90m"), ("24h", "2d"),
        (#"["price_1PgafmB7WZ01zgkW"]"#, "[]"),
    ])
    func `a plan comes back from what it writes`(_ old: String, _ new: String) throws {
        let text = Self.example.replacing(old, with: new, maxReplacements: 1)
        try #require(text != Self.example)
        let plan = try #require(try Catalogue(parsing: text.utf8).plans.first)
        #expect(try Plan(catalogue: plan.catalogue, path: "plan") == plan)
        let stored = try JSONValue(parsing: plan.catalogue.serialized())
        #expect(try Plan(catalogue: stored, path: "plan") == plan)
    }

    @Test(arguments: [
        ("0s", 0), ("90s", 90), ("30m", 1_800), ("24h", 86_400), ("3d", 259_200), ("007d", 604_800),
    ])
    func `a short time is read`(_ text: String, _ seconds: Int) throws {
        let duration = try #require(Duration(short: text))
        #expect(duration == .seconds(seconds))
        #expect(Duration(short: duration.short) == duration)
    }

    @Test(arguments: [
        "", "s", "3", "3w", "-3d", "+3d", "3 d", "3.5d", "1d2h", "٣d", "99999999999999999999s",
        "9223372036854775807d",
    ])
    func `no other time is read`(_ text: String) {
        #expect(Duration(short: text) == nil)
    }

    @Test func `a time is written in its largest unit`() {
        let times = [0, 59, 60, 3_600, 86_400, 172_800, 5_400, 61]
        let texts = times.map { Duration.seconds($0).short }
        #expect(texts == ["0s", "59s", "1m", "1h", "24h", "2d", "90m", "61s"])
    }
}
