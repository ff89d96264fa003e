import Foundation
import HTTP
import JSON
import Subscriptions
import Testing

@testable import Service

/// Deliveries that are acknowledged, and what becomes of them.
struct WebhookAcceptedTests {
    @Test func `a delivery is stored and acknowledged with its number`() async throws {
        let road = try await Road()
        let body = Subscriber(signedUpAt: road.now).signUp[0].serialized()
        let response = try await road.deliver(body)
        #expect(
            response.transcript == """
                200
                Content-Type: application/json
                {"event":1,"status":"stored"}
                """
        )
        let events = try await road.events()
        #expect(events.map(\.state) == [.pending])
        #expect(events.first?.body == body)
    }

    @Test func `a redelivery is 200 and known, and stays one row`() async throws {
        let road = try await Road()
        let event = Subscriber(signedUpAt: road.now).signUp[0]
        try await road.deliver(event)
        try await road.work()
        road.pass(.seconds(3_600))
        let again = try await road.deliver(event)
        #expect(again.status == 200)
        #expect(again.json == ["event": 1, "status": "known"])
        #expect(try await road.events().map(\.state) == [.applied])
    }

    @Test(arguments: ["not json", "", "[]", "{}", "{\"id\":\"evt_1\"", "{\"id\":7,\"type\":\"x\"}"])
    func `what is rightly signed but no event is stored as unparsed`(
        _ text: String
    ) async throws {
        let road = try await Road()
        let response = try await road.deliver(Array(text.utf8))
        #expect(response.status == 200)
        try await road.work()
        let events = try await road.events()
        #expect(events.map(\.state) == [.unparsed])
        #expect(events.first?.body == Array(text.utf8))
        #expect(events.first?.eventID.hasPrefix("sha256-") == true)
        #expect(try await road.deliver(Array(text.utf8)).json["status"] == "known")
        let replay = await road.staff("events/replay", ["id": "1"])
        #expect(replay.exit == .refused)
    }

    @Test func `an event of an unknown type is stored and ignored`() async throws {
        let road = try await Road()
        let event = Subscriber(signedUpAt: road.now)
            .event("payout.paid", 0, ["id": "po_1", "object": "payout"])
        #expect(try await road.deliver(event).status == 200)
        try await road.work()
        let events = try await road.events()
        #expect(events.map(\.state) == [.ignored])
        #expect(events.first?.note == "Events of the type payout.paid do not concern access.")
    }

    @Test func `an event of a known type that cannot be read is parked and says where`()
        async throws
    {
        let road = try await Road()
        let event = Subscriber(signedUpAt: road.now)
            .event("customer.subscription.updated", 0, ["object": "subscription"])
        #expect(try await road.deliver(event).status == 200)
        try await road.work()
        let events = try await road.events(.parked)
        #expect(events.first?.need?.kind == .malformed)
        #expect(events.first?.note == "data.object.status is missing.")
        #expect(road.log.about("event.parked", level: .error).count == 1)
    }

    @Test func `an event of the other mode is parked and touches nothing`() async throws {
        let road = try await Road()
        var subscriber = Subscriber(signedUpAt: road.now)
        subscriber.isLive = true
        for event in subscriber.signUp {
            #expect(try await road.deliver(event).status == 200)
        }
        let calls = road.wire.count
        try await road.work()
        let events = try await road.events()
        #expect(events.allSatisfy { $0.state == .parked && $0.need?.kind == .otherMode })
        #expect(events.allSatisfy { $0.mode == .live })
        #expect(try await road.read { try $0.subscriptions(after: nil, limit: 9) }.isEmpty)
        #expect(road.wire.count == calls)
        #expect(road.log.about("event.parked", level: .error).count == 4)
    }

    @Test func `a price of no plan parks, until the plans apply that adds it`() async throws {
        let road = try await Road()
        let subscriber = try await road.signUp("max", price: "price_max")
        let parked = try await road.events(.parked)
        #expect(
            parked.map(\.type) == [
                "customer.subscription.created", "customer.subscription.updated",
            ]
        )
        #expect(parked.allSatisfy { $0.need?.kind == .unknownPrice })
        #expect(road.log.about("event.parked", level: .error).count == 2)
        let status = await road.staff("status")
        #expect(status.body.at("events", "parked") == 2)
        #expect(status.body["parked"]?[0]?["note"]?.string?.contains("price_max") == true)
        #expect(try await road.claim(subscriber.reference).status == 202)

        let same = await road.apply(Catalogues.pro)
        #expect(same.body["returning_events"] == 0)
        let dry = await road.apply(Catalogues.both, ["dry_run": true])
        #expect(dry.body["returning_events"] == 2)
        #expect(try await road.events(.parked).count == 2)

        let applied = await road.apply(Catalogues.both)
        #expect(applied.exit == .done)
        #expect(applied.body["returning_events"] == 2)
        try await road.work()
        #expect(try await road.events(.parked).isEmpty)
        let claim = try await road.claim(subscriber.reference)
        let key = try #require(claim.json["key"]?.string)
        #expect(try road.use(key) == 200)
    }

    @Test func `an event that was applied has its effect once when it is replayed`() async throws {
        let road = try await Road()
        let (subscriber, _, key) = try await road.claimed()
        let before = try await road.grant(of: subscriber)
        for number in 1...4 {
            let reply = await road.staff("events/replay", ["id": .string("\(number)")])
            #expect(reply.exit == .done)
        }
        try await road.work()
        #expect(try await road.grant(of: subscriber).desired == before.desired)
        #expect(try road.use(key) == 200)
    }
}
