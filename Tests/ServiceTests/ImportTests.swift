import Foundation
import JSON
import Subscriptions
import Testing
import Transport

@testable import Service

/// How a file of existing customers is read.
struct ImportFileTests {
    private func file(_ text: String) -> ImportFile { ImportFile(parsing: Array(text.utf8)) }

    @Test func `a file says who has what, in any order of columns`() throws {
        let file = file(
            """
            Plan, EMAIL ,provider,customer,subscription,paid_until\r
            pro,Ada@Example.com,,,,2026-12-31\r
            \r
            max,bob@example.com,stripe,cus_1,sub_1,2026-12-31T12:00:00Z\r
            pro,"cy""d@example.com",Manual,,"second, for cyd",\r

            """
        )
        #expect(file.refusals == [])
        #expect(file.lines.map(\.number) == [2, 4, 5])
        let (ada, bob, cyd) = (file.lines[0], file.lines[1], file.lines[2])
        #expect(ada.provider == .manual && ada.customer == "ada@example.com")
        #expect(ada.subscription == "ada@example.com/pro" && ada.plan == Plan.ID("pro"))
        #expect(ada.paidUntil == Date(timeIntervalSince1970: 1_798_761_600), "the end of the day")
        #expect(bob.provider == .stripe && bob.customer == "cus_1" && bob.subscription == "sub_1")
        #expect(bob.paidUntil == Date(timeIntervalSince1970: 1_798_718_400))
        #expect(cyd.email == "cy\"d@example.com" && cyd.subscription == "second, for cyd")
        #expect(cyd.paidUntil == nil)
    }

    @Test(arguments: [
        ("", 1, "is empty"), ("plan\npro", 1, "columns email and plan must be there"),
        ("email,plan,colour\na@b.c,pro,red", 1, "no column colour"),
        ("email,plan,email\n", 1, "names a column twice"),
        ("email,plan\na@b.c", 2, "has 1 fields and the first line names 2"),
        ("email,plan\nnobody,pro", 2, "no e-mail address"),
        ("email,plan\na b@c.d,pro", 2, "no e-mail address"),
        ("email,plan\na@b.c,", 2, "plan is empty"),
        ("email,plan,provider\na@b.c,pro,paypal", 2, "none of those that are set up"),
        ("email,plan,provider,customer\na@b.c,pro,stripe,cus_1", 2, "subscription is empty"),
        ("email,plan,paid_until\na@b.c,pro,31.12.2026", 2, "neither a day"),
        ("email,plan,paid_until\na@b.c,pro,2026-13-31", 2, "neither a day"),
        ("email,plan\n\"a@b.c,pro", 2, "never closed"),
        ("email,plan\na@b.c,pro\n\"x\"y,pro", 3, "between a quote and a comma"),
        ("email,plan\na@b.c,pr\"o", 2, "inside a field"),
        ("email,plan\na@b.c,pro\nA@b.c,pro", 3, "Line 2 is about the same subscription"),
        ("email,plan\na@b.c,p\u{7}ro", 2, "control character"),
        ("email,plan,app\na@b.c,pro,twelve", 2, "no id of an app"),
        ("email,plan,app\na@b.c,pro,0", 2, "no id of an app"),
        ("email,plan,app\na@b.c,pro,-3", 2, "no id of an app"),
        ("email,plan,app\na@b.c,pro,99999999999999999999", 2, "no id of an app"),
        ("email,plan,app\na@b.c,pro,5\nb@b.c,pro,05", 3, "Line 2 names the same app"),
    ])
    func `a line that cannot be read is refused with its number and one sentence`(
        _ text: String,
        _ line: Int,
        _ sentence: String
    ) {
        let file = file(text)
        #expect(file.refusals.map(\.line) == [line])
        #expect(file.refusals.first?.sentence.contains(sentence) == true)
        #expect(file.refusals.first?.sentence.hasSuffix(".") == true)
    }

    @Test func `bytes that are no text are refused`() {
        let file = ImportFile(parsing: Array("email,plan\na@b.c,".utf8) + [0xFF, 0x0A])
        #expect(file.refusals.map(\.line) == [2] && file.lines.isEmpty)
    }

    @Test func `what stands before a fault of the text is read`() {
        let file = file("email,plan\na@b.c,pro\n\"open")
        #expect(file.lines.count == 1 && file.refusals.map(\.line) == [3])
    }
}

/// `subscriptions import`.
struct ImportTests {
    private func arguments(_ text: String, _ more: JSONValue = [:]) -> JSONValue {
        let file = ImportFile(parsing: Array(text.utf8))
        #expect(file.refusals == [])
        let page = file.page(0..<file.count)
        return .object(page.merging(more.object ?? [:]) { _, last in last })
    }

    private static let two = """
        email,plan,provider,customer,subscription,paid_until
        ada@example.com,pro,stripe,cus_ada,sub_ada,
        bob@example.com,pro,,,,2027-01-31
        """

    private func counts(_ reply: StaffReply) -> [Int?] {
        ["new", "changed", "known"].map { reply.body[$0]?.int }
    }

    @Test func `imported customers get keys, and the same file again changes nothing`()
        async throws
    {
        let road = try await Road()
        let first = await road.staff("subscriptions/import", arguments(Self.two))
        #expect(first.exit == .done && counts(first) == [2, 0, 0])
        #expect(first.body["under_way"]?.int == 2)
        let waited = await road.staff("subscriptions/import", ["wait": 60])
        #expect(waited.body["under_way"]?.int == 0)
        let before = (calls: road.wire.count, audit: try await road.audit())
        let again = await road.staff("subscriptions/import", arguments(Self.two))
        #expect(counts(again) == [0, 0, 2])
        try await road.work()
        #expect(road.wire.count == before.calls)
        #expect(try await road.audit() == before.audit)

        for email in ["ada@example.com", "bob@example.com"] {
            let reference = await road.staff("claims/create", ["query": .string(email)])
            let claim = try await road.claim(
                reference.body["reference"]?.string ?? "",
                provider: "tollgate"
            )
            let key = try #require(claim.json["key"]?.string)
            #expect(try road.use(key) == 200)
        }
        #expect(try await road.audit().count { $0 == "subscription.imported" } == 2)
    }

    @Test func `a dry run says what it would do and changes nothing`() async throws {
        let road = try await Road()
        let dry = await road.staff("subscriptions/import", arguments(Self.two, ["dry_run": true]))
        #expect(dry.exit == .done && counts(dry) == [2, 0, 0])
        #expect(try await road.read { try $0.subscriptions(after: nil, limit: 9) }.isEmpty)
    }

    @Test func `a bad line is refused, and the others are taken`() async throws {
        let road = try await Road()
        let reply = await road.staff(
            "subscriptions/import",
            arguments(
                """
                email,plan,provider,customer,subscription
                ada@example.com,pro,,,
                bob@example.com,gold,,,
                cyd@example.com,pro,paddle,ctm_1,sub_1
                """
            )
        )
        #expect(counts(reply) == [1, 0, 0])
        let refused = reply.body["refused"]?.array ?? []
        #expect(refused.map { $0["line"]?.int } == [3, 4])
        #expect(refused[0]["sentence"]?.string?.contains("no plan gold") == true)
        #expect(refused[1]["sentence"]?.string?.contains("set up here: manual, stripe") == true)
        let known = try await road.read { try $0.subscriptions(after: nil, limit: 9) }
        #expect(known.map(\.providerID) == ["ada@example.com/pro"])
    }

    @Test func `a manual subscription ends on its date, and a later date brings it back`()
        async throws
    {
        let road = try await Road()
        func until(_ days: Double) -> JSONValue {
            let date = road.now.addingTimeInterval(days * 86_400).formatted(.iso8601)
            return arguments("email,plan,paid_until\nada@example.com,pro,\(date)")
        }
        await road.staff("subscriptions/import", until(10))
        try await road.work()
        func access() async throws -> Access? {
            try await road.read { reader in
                try reader.subscriptions(matching: "ada@example.com", limit: 1).first
                    .flatMap { try reader.grant($0.id)?.desired.access }
            }
        }
        #expect(try await access() == .active)
        road.pass(.seconds(15 * 86_400))
        try await road.work()
        #expect(try await access() == .suspended)
        let later = await road.staff("subscriptions/import", until(30))
        #expect(counts(later) == [0, 1, 0])
        #expect(try await access() == .active)
    }

    @Test func `what the provider tells afterwards outweighs the file`() async throws {
        let road = try await Road(applying: Catalogues.both)
        await road.staff("subscriptions/import", arguments(Self.two))
        let ada = Subscriber(signedUpAt: road.now)
        try await road.deliver(
            ada.changed("updated", after: 1, status: "active", price: "price_max")
        )
        try await road.work()
        let subscription = try #require(
            try await road.read {
                try $0.subscription(provider: .stripe, mode: .test, providerID: "sub_ada")
            }
        )
        #expect(subscription.plan?.id == Plan.ID("max"))
        #expect(counts(await road.staff("subscriptions/import", arguments(Self.two))) == [0, 0, 2])
        try await road.deliver(ada.changed("deleted", after: 9, status: "canceled"))
        try await road.work()
        #expect(try await road.grant(of: ada).desired.access == .ended)
        #expect(counts(await road.staff("subscriptions/import", arguments(Self.two))) == [0, 0, 2])
        #expect(try await road.grant(of: ada).desired.access == .ended)
    }

    @Test func `a plan that counts months needs a date where no provider tells one`() async throws {
        let plan = Catalogues.plan("pro", price: "price_pro").object ?? [:]
        let monthly = plan.merging(["limits": [["rate": 5, "period": "month"]]]) { $1 }
        let road = try await Road(applying: Catalogues.of(.object(monthly)))
        let reply = await road.staff(
            "subscriptions/import",
            arguments("email,plan\nada@example.com,pro")
        )
        #expect("\(reply.body["refused"] ?? [])".contains("say paid_until"))
    }

    @Test func `while the platform is down keys wait, and come without another import`()
        async throws
    {
        let road = try await Road()
        road.wire.fail(.connectionRefused)
        await road.staff("subscriptions/import", arguments(Self.two))
        try await road.work()
        let stuck = await road.staff("subscriptions/import", [:])
        #expect(stuck.body["under_way"]?.int == 2 && stuck.body["stuck"]?.int == 2)
        road.wire.fail(nil)
        road.pass(.seconds(600))
        try await road.work()
        #expect(await road.staff("subscriptions/import", [:]).body["under_way"]?.int == 0)
    }

    @Test(
        arguments: [
            ["records": [["line": 1]]], ["records": [["line": 2, "fields": ["a", 1]]]],
            ["columns": ["email"], "records": [["line": 2, "fields": ["a@b.c"]]]],
        ] as [JSONValue]
    )
    func `arguments that no command sends change nothing`(_ arguments: JSONValue) async throws {
        let road = try await Road()
        let reply = await road.staff("subscriptions/import", arguments)
        #expect(reply.exit == .usage || reply.body["refused"]?.array?.isEmpty == false)
        #expect(try await road.read { try $0.subscriptions(after: nil, limit: 9) }.isEmpty)
    }
}
