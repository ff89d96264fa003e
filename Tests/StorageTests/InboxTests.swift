import Subscriptions
import Testing

struct InboxTests {
    @Test(arguments: StoreFactory.all)
    func `a delivery comes back as it was received`(_ factory: StoreFactory) async throws {
        let store = try factory.make()
        let delivery = Delivery.make(body: [0, 0xff, 0x0a])
        let stored = try await store.store(delivery, receivedAt: .at(5))
        #expect(stored.isNew)
        let event = try await store.read { try $0.event(stored.number) }
        #expect(
            event
                == InboxEvent(
                    number: stored.number,
                    provider: .stripe,
                    mode: .test,
                    eventID: "evt_1",
                    type: "invoice.paid",
                    body: [0, 0xff, 0x0a],
                    occurredAt: .at(0),
                    receivedAt: .at(5),
                    state: .pending
                )
        )
    }

    @Test(arguments: StoreFactory.all)
    func `a delivery that is known changes nothing`(_ factory: StoreFactory) async throws {
        let store = try factory.make()
        let first = try await store.store(.make(), receivedAt: .at(1))
        let again = try await store.store(.make(body: [1]), receivedAt: .at(2))
        #expect(again == StoredDelivery(number: first.number, isNew: false))
        let events = try await store.read { try $0.events(state: nil, before: nil, limit: 10) }
        #expect(events.map(\.receivedAt) == [.at(1)])
    }

    @Test(arguments: StoreFactory.all)
    func `one id of two providers or modes is two events`(_ factory: StoreFactory) async throws {
        let store = try factory.make()
        let deliveries = [
            Delivery.make(), .make(mode: .live), .make(provider: Provider(rawValue: "paddle")),
        ]
        for delivery in deliveries {
            #expect(try await store.store(delivery).isNew)
        }
        #expect(try await store.read { try $0.events(eventID: "evt_1") }.count == 3)
        #expect(try await store.read { try $0.events(eventID: "evt_2") }.isEmpty)
    }

    @Test(arguments: StoreFactory.all)
    func `an unreadable delivery is unparsed and not pending`(_ factory: StoreFactory) async throws
    {
        let store = try factory.make()
        let stored = try await store.store(.make(isReadable: false))
        #expect(try await store.read { try $0.event(stored.number) }?.state == .unparsed)
        #expect(try await store.read { try $0.pendingEvents(limit: 10) }.isEmpty)
    }

    @Test(arguments: StoreFactory.all)
    func `pending events come in order of arrival`(_ factory: StoreFactory) async throws {
        let store = try factory.make()
        for id in ["c", "a", "b"] { _ = try await store.store(.make(id)) }
        let pending = try await store.read { try $0.pendingEvents(limit: 2) }
        #expect(pending.map(\.eventID) == ["c", "a"])
    }

    @Test(arguments: StoreFactory.all)
    func `a lane has the pending events of its providers alone`(_ factory: StoreFactory)
        async throws
    {
        let store = try factory.make()
        for (id, provider) in [
            ("a", Provider.polar), ("b", .stripe), ("c", .polar), ("d", .paddle),
        ] {
            _ = try await store.store(.make(id, provider: provider))
        }
        func ids(_ lane: InboxLane) async throws -> [String] {
            try await store.read { try $0.pendingEvents(in: lane, limit: 9) }.map(\.eventID)
        }
        #expect(try await ids(.all) == ["a", "b", "c", "d"])
        #expect(try await ids(.only(.polar)) == ["a", "c"])
        #expect(try await ids(.except([.polar, .paddle])) == ["b"])
        #expect(try await ids(.except([])) == ["a", "b", "c", "d"])
    }

    @Test(arguments: StoreFactory.all)
    func `an event is marked with all that is known of it`(_ factory: StoreFactory) async throws {
        let store = try factory.make()
        try await store.seed(.one)
        let stored = try await store.store(.make())
        let marked = try await store.write { tx in
            var event = try #require(try tx.event(stored.number))
            event.state = .parked
            event.need = Need(.unknownPrice, subject: "price_9 price_8", reason: "No plan has it.")
            event.note = "No plan has it."
            event.subscriptionID = .one
            event.handledAt = .at(9)
            try tx.update(event)
            return event
        }
        #expect(try await store.read { try $0.event(stored.number) } == marked)
        let parked = try await store.read { try $0.parkedEvents(.unknownPrice, limit: 10) }
        #expect(parked == [marked])
        #expect(try await store.read { try $0.parkedEvents(.ambiguous, limit: 10) }.isEmpty)
        for (kind, subject, found) in [
            (Need.Kind.unknownPrice, "price_9 price_8", [marked]), (.unknownPrice, "price_9", []),
            (.ambiguous, "price_9 price_8", []),
        ] {
            let events = try await store.read {
                try $0.parkedEvents(kind, subject: subject, limit: 10)
            }
            #expect(events == found)
        }
        #expect(try await store.read { try $0.events(about: .one, limit: 10) } == [marked])
        #expect(try await store.read { try $0.events(about: .two, limit: 10) }.isEmpty)
    }

    @Test(arguments: StoreFactory.all)
    func `a parked event that comes back needs nothing`(_ factory: StoreFactory) async throws {
        let store = try factory.make()
        let number = try await store.store(.make()).number
        for state in [InboxEvent.State.parked, .pending] {
            try await store.write { tx in
                var event = try #require(try tx.event(number))
                event.state = state
                event.need = state == .parked ? Need(.ambiguous, reason: "Two plans.") : nil
                try tx.update(event)
            }
        }
        #expect(try await store.read { try $0.parkedEvents(.ambiguous, limit: 10) }.isEmpty)
        #expect(try await store.read { try $0.pendingEvents(limit: 10) }.map(\.need) == [nil])
    }

    @Test(arguments: StoreFactory.all)
    func `events are listed newest first, a page at a time`(_ factory: StoreFactory) async throws {
        let store = try factory.make()
        for index in 1...5 { _ = try await store.store(.make("evt_\(index)")) }
        let page = try await store.read { try $0.events(state: .pending, before: nil, limit: 2) }
        #expect(page.map(\.eventID) == ["evt_5", "evt_4"])
        let last = try #require(page.last).number
        let next = try await store.read { try $0.events(state: nil, before: last, limit: 2) }
        #expect(next.map(\.eventID) == ["evt_3", "evt_2"])
        #expect(
            try await store.read { try $0.events(state: .applied, before: nil, limit: 9) }.isEmpty
        )
    }

    @Test(arguments: StoreFactory.all)
    func `events are counted by state`(_ factory: StoreFactory) async throws {
        let store = try factory.make()
        _ = try await store.store(.make("a"))
        _ = try await store.store(.make("b"))
        _ = try await store.store(.make("c", isReadable: false))
        #expect(try await store.read { try $0.eventCounts() } == [.pending: 2, .unparsed: 1])
    }

    @Test(arguments: StoreFactory.all)
    func `a write that throws leaves nothing`(_ factory: StoreFactory) async throws {
        struct Refusal: Error {}
        let store = try factory.make()
        await #expect(throws: Refusal.self) {
            try await store.write { tx in
                _ = try tx.insert(.make(), receivedAt: .at(0))
                throw Refusal()
            }
        }
        #expect(try await store.read { try $0.eventCounts() }.isEmpty)
    }

    @Test(arguments: StoreFactory.all)
    func `an event that is not there cannot be marked`(_ factory: StoreFactory) async throws {
        let store = try factory.make()
        let event = try await store.write { tx in
            try tx.event(try tx.insert(.make(), receivedAt: .at(0)).number)
        }
        let other = try factory.make()
        await #expect(throws: (any Error).self) {
            try await other.write { try $0.update(try #require(event)) }
        }
    }
}
