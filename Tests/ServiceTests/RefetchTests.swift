import Foundation
import HTTP
import JSON
import Subscriptions
import Testing
import Transport

@testable import Service

@Suite struct RefetchTests {
    static let setting = ["STRIPE_API_KEY": FakeAPI.key]

    private func road() async throws -> (Road, FakeAPI) {
        let road = try await Road(setting: Self.setting)
        return (road, road.wire.stripe)
    }

    private func ada(_ road: Road) -> Subscriber { Subscriber(signedUpAt: road.now) }

    /// A subscriber who has paid and holds the key.
    private func signUp(_ road: Road, _ stripe: FakeAPI) async throws -> (Subscriber, String) {
        let ada = ada(road)
        stripe.set(ada.object("active"))
        for object in ada.money() { stripe.set(object) }
        let (subscriber, _, key) = try await road.claimed()
        return (subscriber, key)
    }

    @Test func `an old word brings what holds now`() async throws {
        let (road, stripe) = try await road()
        let ada = ada(road)
        stripe.set(ada.object("active"))
        try await road.deliver(ada.changed("created", after: 0, status: "incomplete"))
        try await road.work()
        #expect(try await road.grant(of: ada).desired.access == .active)
        #expect(stripe.requests == ["/v1/subscriptions/sub_ada?expand%5B%5D=latest_invoice"])
    }

    @Test func `an end is taken without asking`() async throws {
        let (road, stripe) = try await road()
        let (ada, _) = try await signUp(road, stripe)
        let before = stripe.requests.count
        try await road.deliver(ada.changed("deleted", after: 9, status: "canceled"))
        try await road.work()
        #expect(try await road.grant(of: ada).desired.access == .ended)
        #expect(stripe.requests.count == before)
    }

    @Test func `one object is asked for once for all events that wait`() async throws {
        let (road, stripe) = try await road()
        let ada = ada(road)
        stripe.set(ada.object("active"))
        for after in 0..<5 {
            try await road.deliver(ada.changed("updated", after: after, status: "past_due"))
        }
        try await road.work()
        #expect(stripe.requests.count == 1)
        #expect(try await road.events(.pending).isEmpty)
    }

    @Test func `a provider that gives no answer is not waited for by every event`() async throws {
        let (road, stripe) = try await road()
        let all = (0..<40).map { Subscriber(name: "s\($0)", signedUpAt: road.now) }
        for subscriber in all {
            stripe.set(subscriber.object("active"))
            try await road.deliver(subscriber.changed("updated", after: 0, status: "active"))
        }
        for _ in 0..<1_000 { stripe.script(500) }
        try await road.work()
        #expect(stripe.requests.count <= InboxWorker.fetchesMax * ProviderAPI.attemptsMax)
        #expect(try await road.events(.parked).count == 40)
        stripe.forgetScript()
        // The pause is as long as the attempts took, which by chance is more than a minute.
        road.pass(.seconds(600))
        try await road.tollgate.caretaker.retryParked()
        try await road.work()
        #expect(try await road.events(.applied).count == 40)
    }

    @Test func `a thin event is fetched`() async throws {
        let (road, stripe) = try await road()
        let ada = ada(road)
        stripe.set(ada.object("active"))
        try await road.deliver(
            ada.thin("customer.subscription.updated", id: ada.subscription, kind: "subscription")
        )
        try await road.work()
        #expect(try await road.grant(of: ada).desired.access == .active)
    }

    @Test func `a full refund ends the key, a partial one does not`() async throws {
        let (road, stripe) = try await road()
        let (ada, key) = try await signUp(road, stripe)
        for object in ada.money(refunded: 900) { stripe.set(object) }
        try await road.deliver(ada.refunded(after: 60, amount: 900))
        try await road.work()
        #expect(try road.use(key) == 200)
        for object in ada.money(refunded: 2_900) { stripe.set(object) }
        try await road.deliver(ada.refunded(after: 90))
        try await road.work()
        #expect(try await road.grant(of: ada).desired.access == .ended)
        #expect(try road.use(key) == 400)
    }

    @Test func `a dispute puts the key to sleep and a win wakes it`() async throws {
        let (road, stripe) = try await road()
        let (ada, key) = try await signUp(road, stripe)
        stripe.set(ada.dispute("needs_response"))
        try await road.deliver(ada.event("charge.dispute.created", 60, ada.dispute("")))
        try await road.work()
        #expect(try road.use(key) == 403)
        stripe.set(ada.dispute("won"))
        try await road.deliver(ada.event("charge.dispute.closed", 90, ada.dispute("")))
        try await road.work()
        #expect(try road.use(key) == 200)
    }

    @Test func `a warning of fraud is an alarm and changes nothing`() async throws {
        let (road, stripe) = try await road()
        let (ada, key) = try await signUp(road, stripe)
        let warning: JSONValue = [
            "id": "issfr_1", "object": "radar.early_fraud_warning", "charge": "ch_ada",
            "fraud_type": "misc",
        ]
        try await road.deliver(ada.event("radar.early_fraud_warning.created", 60, warning))
        try await road.work()
        #expect(try road.use(key) == 200)
        #expect(road.log.about("event.warned", level: .error).count == 1)
        #expect(try await road.audit().contains("payment.warned"))
    }

    @Test func `without an API key a refund is parked with an alarm and nothing is guessed`()
        async throws
    {
        let road = try await Road()
        let (ada, _, key) = try await road.claimed()
        try await road.deliver(ada.refunded(after: 60))
        try await road.work()
        let parked = try #require(try await road.events(.parked).first)
        #expect(parked.need?.kind == .refetch)
        #expect(try road.use(key) == 200)
        let alarms = await road.staff("status").body["alarms"]?.array ?? []
        #expect(alarms.contains { $0.string?.contains("set its key (STRIPE_API_KEY)") == true })
        await road.tollgate.caretaker.tick()
        #expect(road.log.about("alarm", level: .error).count == 1)
    }

    @Test func `a busy Stripe is waited for as long as it says`() async throws {
        let (road, stripe) = try await road()
        let ada = ada(road)
        stripe.set(ada.object("active"))
        stripe.script(429, headers: ["retry-after": "7"])
        try await road.deliver(ada.changed("updated", after: 0, status: "active"))
        let before = road.now
        while try await road.tollgate.worker.drain() > 0 {}
        #expect(road.now.timeIntervalSince(before) == 7)
        #expect(try await road.grant(of: ada).desired.access == .active)
    }

    @Test func `Stripe in trouble parks the event, which comes back by itself`() async throws {
        let (road, stripe) = try await road()
        let ada = ada(road)
        let caretaker = road.tollgate.caretaker
        await caretaker.tick()
        stripe.set(ada.object("active"))
        stripe.script(.failure(.timedOut), .failure(.connectionLost))
        stripe.script(500, 503)
        try await road.deliver(ada.changed("updated", after: 0, status: "active"))
        try await road.work()
        let parked = try #require(try await road.events(.parked).first)
        #expect(parked.need?.reason.contains("503") == true)
        await caretaker.tick()
        #expect(try await road.events(.parked).count == 1)
        road.pass(.seconds(61))
        await caretaker.tick()
        try await road.work()
        #expect(try await road.events(.parked).isEmpty)
        #expect(try await road.grant(of: ada).desired.access == .active)
    }

    @Test func `an answer that cannot be read is an alarm and is asked for again`() async throws {
        let (road, stripe) = try await road()
        let ada = ada(road)
        stripe.set(ada.object("active", ["status": 5]))
        try await road.deliver(ada.changed("updated", after: 0, status: "active"))
        try await road.work()
        let parked = try #require(try await road.events(.parked).first)
        #expect(parked.need?.kind == .refetch)
        #expect(parked.need?.subject == ada.subscription)
        let alarms = await road.staff("status").body["alarms"]?.array ?? []
        #expect(
            alarms.contains {
                $0.string?.contains("The provider's answer cannot be read: status is not") == true
            }
        )
        stripe.set(ada.object("active"))
        road.pass(.seconds(61))
        await road.tollgate.caretaker.tick()
        try await road.work()
        #expect(try await road.events(.parked).isEmpty)
        #expect(try await road.grant(of: ada).desired.access == .active)
    }

    @Test(arguments: [401, 403, 404, 400])
    func `a refusal is said without the key and grants nothing`(_ status: Int) async throws {
        let (road, stripe) = try await road()
        let ada = ada(road)
        stripe.set(ada.object("active"))
        stripe.script(status)
        try await road.deliver(ada.changed("updated", after: 0, status: "active"))
        try await road.work()
        let parked = try #require(try await road.events(.parked).first)
        #expect(parked.need?.kind == .refetch)
        #expect(parked.subscriptionID == nil)
        #expect(!(road.log.all + road.answers.all).contains { $0.contains(FakeAPI.key) })
    }

    @Test func `silence of a provider that used to talk is an alarm, said once an hour`()
        async throws
    {
        let road = try await Road(setting: ["STRIPE_SILENCE": "2h"])
        let caretaker = road.tollgate.caretaker
        await caretaker.tick()
        _ = try await road.signUp()
        road.pass(.seconds(7_201))
        for _ in 0..<3 { await caretaker.tick() }
        #expect(road.log.about("alarm", level: .error).count == 1)
        let alarms = await road.staff("status").body["alarms"]?.array ?? []
        #expect(alarms.first?.string?.contains("has been silent since") == true)
        road.pass(.seconds(3_600))
        await caretaker.tick()
        #expect(road.log.about("alarm", level: .error).count == 2)
    }

    @Test func `a signing secret counts from its first to its last moment`() async throws {
        let first = "whsec_first_0123456789abcdef"
        let second = "whsec_second_0123456789abcdef"
        func time(_ seconds: Double) -> String {
            Road.start.addingTimeInterval(seconds).formatted(.iso8601)
        }
        let road = try await Road(setting: [
            "STRIPE_WEBHOOK_SECRET": "\(first);not-after=\(time(100)), "
                + "\(second);not-before=\(time(50));not-after=\(time(200))"
        ])
        let body = ada(road).checkedOut(after: 0).serialized()
        let rows: [(Double, String, Int)] = [
            (0, first, 200), (0, second, 400), (50, second, 200), (99, first, 200),
            (100, first, 400), (199, second, 200), (200, second, 400),
        ]
        for (moment, secret, status) in rows {
            road.pass(.seconds(moment - road.now.timeIntervalSince(Road.start)))
            let signature = Road.signature(body, at: road.now, secret: secret)
            #expect(try await road.deliver(body, signature: signature).status == status)
        }
        let alarms = await road.staff("status").body["alarms"]?.array ?? []
        #expect(alarms.contains { $0.string?.contains("No signing secret") == true })
    }
}
