import Foundation
import JSON
import Subscriptions
import Testing

@testable import Service

@Suite struct ReconcileTests {
    private func road(_ names: String...) async throws -> (Road, FakeAPI, [Subscriber]) {
        let road = try await Road(setting: RefetchTests.setting)
        let stripe = road.wire.stripe
        var subscribers: [Subscriber] = []
        for name in names {
            let subscriber = Subscriber(name: name, signedUpAt: road.now)
            stripe.set(subscriber.object("active"))
            for object in subscriber.money() { stripe.set(object) }
            for event in subscriber.signUp { try await road.deliver(event) }
            subscribers.append(subscriber)
        }
        try await road.work()
        return (road, stripe, subscribers)
    }

    private func reconcile(_ road: Road, _ arguments: JSONValue = [:]) async -> StaffReply {
        await road.staff("reconcile", arguments)
    }

    @Test func `it prints what differs and why, and takes Stripe's word`() async throws {
        let (road, stripe, all) = try await road("ada", "bob", "cyd")
        road.pass(.seconds(60))
        stripe.set(all[0].object("canceled"))
        stripe.set(all[1].object("past_due"))
        let new = Subscriber(name: "dan", signedUpAt: road.now)
        stripe.set(new.object("active"))
        stripe.set(Subscriber(name: "eve", price: "price_x", signedUpAt: road.now).object("active"))
        let dry = await reconcile(road, ["dry_run": true])
        #expect(try await road.grant(of: all[0]).desired.access == .active)
        let wet = await reconcile(road)
        for reply in [dry, wet] {
            let rows = reply.body["differences"]?.array ?? []
            #expect(rows.map { $0["kind"]?.string } == ["changed", "changed", "new", "problem"])
            #expect(rows[0]["access_after"]?.string == "ended")
            #expect(rows[0]["fields"]?.array?.first?["theirs"]?.string == "canceled")
            #expect(rows[1]["fields"]?.array?.first?["ours"]?.string == "active")
            #expect(rows[3]["reason"]?.string?.contains("price_x") == true)
            #expect(reply.body["done"]?.bool == true)
            #expect(reply.body["compared"]?.int == 5)
        }
        #expect(try await road.grant(of: all[0]).desired.access == .ended)
        #expect(try await road.grant(of: new).desired.access == .active)
        let again = await reconcile(road)
        #expect(again.body["changed"]?.int == 0)
        #expect(try await road.audit().count { $0 == "subscription.reconciled" } == 3)
    }

    @Test func `a listing that breaks off ends nobody and goes on where it was`() async throws {
        let (road, stripe, all) = try await road("ada", "bob", "cyd")
        road.pass(.seconds(60))
        stripe.setPageSize(1)
        let first = await reconcile(road)
        #expect(first.body["done"]?.bool == false)
        stripe.script(500, 500, 500, 500)
        let failed = await reconcile(road)
        #expect(failed.exit == .failed)
        #expect(failed.message?.contains("run it again to go on after 1") == true)
        for subscriber in all {
            #expect(try await road.grant(of: subscriber).desired.access == .active)
        }
        let before = stripe.requests.count
        var reply = await reconcile(road)
        #expect(reply.body["resumed"]?.bool == true)
        while reply.body["done"]?.bool == false { reply = await reconcile(road) }
        #expect(reply.body["compared"]?.int == 3)
        #expect(stripe.requests.count == before + 2)
    }

    @Test func `what Stripe no longer lists is asked for, and only its word ends it`() async throws
    {
        let (road, stripe, all) = try await road("ada", "bob")
        road.pass(.seconds(60))
        stripe.remove("/v1/subscriptions/sub_bob")
        let reply = await reconcile(road)
        let rows = reply.body["differences"]?.array ?? []
        #expect(rows.map { $0["provider_id"]?.string } == ["sub_bob"])
        #expect(rows.first?["reason"]?.string?.contains("does not know it") == true)
        #expect(try await road.grant(of: all[1]).desired.access == .active)
    }

    @Test func `a dry run asks for what was not listed too, and changes nothing`() async throws {
        let (road, stripe, all) = try await road("ada", "bob", "cyd", "dan")
        road.pass(.seconds(60))
        stripe.setPageSize(1)
        stripe.set(all[1].object("canceled"))
        stripe.unlist("sub_bob")
        stripe.remove("/v1/subscriptions/sub_dan")
        for isDry in [true, false] {
            var arguments: [String: JSONValue] = ["dry_run": .bool(isDry)]
            var rows: [JSONValue] = []
            var reply: StaffReply
            repeat {
                reply = await reconcile(road, .object(arguments))
                rows += reply.body["differences"]?.array ?? []
                for name in ["cursor", "compared", "changed"] {
                    arguments[name] = reply.body[name] ?? .null
                }
            } while reply.body["done"]?.bool == false
            let found = rows.map {
                "\($0["provider_id"]?.string ?? "") \($0["kind"]?.string ?? "")"
            }
            #expect(Set(found) == ["sub_bob changed", "sub_dan problem"] && found.count == 2)
            #expect(reply.body["changed"]?.int == 1)
            #expect(try await road.grant(of: all[1]).desired.access == (isDry ? .active : .ended))
            #expect(try await road.grant(of: all[3]).desired.access == .active)
        }
    }

    @Test(arguments: [true, false])
    func `all that is missing is asked for, however many are read at once`(
        isDry: Bool
    ) async throws {
        let (road, stripe, all) = try await road("ada", "bob", "cyd")
        road.pass(.seconds(60))
        for subscriber in all {
            stripe.set(subscriber.object("canceled"))
            stripe.unlist("sub_\(subscriber.name)")
        }
        var reconciler = try #require(road.tollgate.caretaker.reconcilers[.stripe])
        reconciler.batch = 1
        let run = try await reconciler.begin(isAnew: true)
        let page = try await reconciler.page(of: run, actor: "test", isDry: isDry)
        #expect(page.differences.map(\.kind) == [.changed, .changed, .changed])
        #expect(page.run.finishedAt != nil)
    }

    @Test func `parked events whose cause is gone are applied`() async throws {
        let (road, stripe, _) = try await road("ada")
        let bob = Subscriber(name: "bob", signedUpAt: road.now)
        stripe.script(500, 500, 500, 500)
        try await road.deliver(bob.changed("updated", after: 0, status: "active"))
        try await road.work()
        #expect(try await road.events(.parked).count == 1)
        stripe.set(bob.object("active"))
        let reply = await reconcile(road)
        #expect(reply.body["returned"]?.int == 1)
        try await road.work()
        #expect(try await road.events(.parked).isEmpty)
        #expect(try await road.grant(of: bob).desired.access == .active)
    }

    @Test func `the scheduled run comes once a day and again soon after a failure`() async throws {
        let (road, stripe, all) = try await road("ada")
        let caretaker = road.tollgate.caretaker
        await caretaker.tick()
        #expect(road.log.about("reconciled", level: .info).count == 1)
        stripe.set(all[0].object("unpaid"))
        road.pass(.seconds(86_399))
        await caretaker.tick()
        #expect(try await road.grant(of: all[0]).desired.access == .active)
        road.pass(.seconds(1))
        stripe.script(500, 500, 500, 500)
        await caretaker.tick()
        #expect(road.log.about("reconcile.failed", level: .error).count == 1)
        road.pass(.seconds(600))
        await caretaker.tick()
        #expect(try await road.grant(of: all[0]).desired.access == .suspended)
    }

    @Test func `without a key for the API it says what to set`() async throws {
        let road = try await Road()
        let reply = await reconcile(road)
        #expect(reply.exit == .usage)
        #expect(reply.message?.contains("STRIPE_API_KEY") == true)
    }
}
