import Foundation
import HTTP
import JSON
import SQLite
import Storage
import Subscriptions
import Synchronization
import Testing
import Webhooks

@testable import Service

/// A store that cannot write, or cannot write for now: nothing is acknowledged and nothing shown.
struct StoreDownTests {
    private struct FullInbox: DeliveryInbox {
        func store(
            _ delivery: Delivery,
            receivedAt: Date,
            completion: @escaping @Sendable (Result<StoredDelivery, any Error>) -> Void
        ) {
            completion(.failure(DatabaseUnavailable.busy(queued: 4_096)))
        }
    }

    @Test func `a delivery that cannot be stored is 503 and to be sent again`() async throws {
        let road = try await Road()
        let route = WebhookRoute(
            endpoints: road.tollgate.endpoints,
            inbox: FullInbox(),
            mode: .test,
            now: { road.now },
            log: road.tollgate.surroundings.log,
            arrived: Bell()
        )
        var router = Router()
        router.on("POST", "/webhooks/{provider}", .completion(route.respond))
        let body = Subscriber(signedUpAt: road.now).signUp[0].serialized()
        let response = await router.respond(
            to: try HTTPRequest(
                method: "POST",
                target: "/webhooks/stripe",
                headers: ["Stripe-Signature": Road.signature(body, at: road.now)],
                body: body,
                id: "request-1"
            )
        )
        #expect(
            response.transcript == """
                503
                Cache-Control: no-store
                Content-Type: application/problem+json
                Retry-After: 5
                {"detail":"The event could not be stored and is not acknowledged.",\
                "request_id":"request-1","status":503,"title":"Try again shortly",\
                "type":"urn:tollgate:problem:unavailable"}
                """
        )
        #expect(road.log.about("webhook.not_stored", level: .error).count == 1)
    }

    @Test func `a full disk acknowledges nothing, loses nothing, and passes`() async throws {
        let road = try await Road()
        let (subscriber, token, key) = try await road.claimed()
        try await road.fillDisk()
        var refused: [JSONValue] = []
        for after in 100..<200 {
            let event = subscriber.paid(after: after)
            let response = try await road.deliver(event)
            guard response.status != 200 else { continue }
            #expect(response.status == 503)
            #expect(response.headers["Retry-After"] == "5")
            refused.append(event)
        }
        #expect(!refused.isEmpty)
        let stored = try await road.events()
        for event in refused {
            #expect(!stored.contains { $0.eventID == event["id"]?.string })
        }
        // What needs no write goes on.
        #expect(try await road.key(token).json["key"]?.string == key)

        try await road.emptyDisk()
        for event in refused {
            #expect(try await road.deliver(event).json["status"] == "stored")
        }
        try await road.work()
        #expect(try await road.events(.pending).isEmpty)
        #expect(try road.use(key) == 200)
    }

    @Test func `a full disk is told by readiness and an alarm until a write succeeds again`()
        async throws
    {
        let road = try await Road()
        let subscriber = try await road.signUp()
        func readiness() async throws -> String {
            let answer = try await road.request("GET", "/readyz")
            return "\(answer.status) \(answer.text)"
        }
        func look() async { await road.tollgate.disk.look(at: road.tollgate.store) }
        #expect(try await readiness() == "200 ready\n")
        try await road.fillDisk()
        for after in 100..<200 { try await road.deliver(subscriber.paid(after: after)) }
        #expect(try await readiness() == "503 full\n")
        await road.tollgate.caretaker.tick()
        let alarm = try #require(road.log.about("alarm", level: .error).first)
        #expect(alarm.contains("The disk under the database is full"))
        let alarms = await road.staff("status").body["alarms"]?.array ?? []
        #expect(alarms.first?.string == DiskWatch.Trouble.full.sentence)
        // Nothing that succeeds without a new page is taken for room.
        try await road.deliver(subscriber.signUp[0])
        await look()
        #expect(try await readiness() == "503 full\n")
        try await road.emptyDisk()
        let before = try await road.events().count
        await look()
        #expect(try await readiness() == "200 ready\n")
        #expect(try await road.events().count == before)
    }

    @Test func `a delivery that is stored ends a full disk`() async throws {
        let road = try await Road()
        road.tollgate.disk.note(Road.Gate.full)
        #expect(try await road.request("GET", "/readyz").status == 503)
        _ = try await road.signUp()
        #expect(try await road.request("GET", "/readyz").status == 200)
    }

    @Test func `a database that has failed is never ready again`() async throws {
        let road = try await Road()
        road.tollgate.disk.note(DatabaseUnavailable.busy(queued: 9))
        #expect(try await road.request("GET", "/readyz").status == 200)
        road.tollgate.disk.note(DatabaseUnavailable.failed(Road.Gate.full))
        _ = try await road.signUp()
        #expect(try await road.request("GET", "/readyz").text == "failed\n")
    }

    @Test func `a full disk uses no claim up and shows no key`() async throws {
        let road = try await Road()
        let subscriber = try await road.signUp()
        let full = Road.Gate()
        let route = road.claimRoute(store: full.store(road.tollgate.store))
        full.close()
        let refused = await route.respond(to: try road.claimRequest(subscriber.reference))
        #expect(refused.status == 503)
        #expect(refused.headers["Retry-After"] == "5")
        #expect(refused.json["key"] == nil && refused.json["lookup_token"] == nil)
        full.open()
        let taken = await route.respond(to: try road.claimRequest(subscriber.reference))
        #expect(taken.status == 200)
        #expect(taken.json["key"] != nil)
    }

    @Test func `an event that meets a full disk waits; it is not parked`() async throws {
        let road = try await Road()
        let subscriber = Subscriber(signedUpAt: road.now)
        for event in subscriber.signUp { try await road.deliver(event) }
        let full = Road.Gate()
        let worker = InboxWorker(
            store: full.store(road.tollgate.store),
            desk: road.tollgate.worker.desk,
            endpoints: road.tollgate.endpoints,
            now: { road.now },
            log: road.tollgate.surroundings.log,
            notify: {}
        )
        // As many failures as the worker takes before it gives an event up, and no more.
        full.close(for: InboxWorker.triesMax)
        await #expect(throws: (any Error).self) { try await worker.drain() }
        #expect(try await road.events(.pending).count == 4)
        full.open()
        try await road.work()
        #expect(try await road.events(.applied).count == 4)
    }

    @Test func `an event that breaks the database's rules is parked and keeps nobody waiting`()
        async throws
    {
        let road = try await Road()
        let subscriber = Subscriber(signedUpAt: road.now)
        for event in subscriber.signUp { try await road.deliver(event) }
        let gate = Road.Gate()
        let worker = InboxWorker(
            store: gate.store(road.tollgate.store),
            desk: road.tollgate.worker.desk,
            endpoints: road.tollgate.endpoints,
            now: { road.now },
            log: road.tollgate.surroundings.log,
            notify: {}
        )
        gate.close(for: InboxWorker.triesMax, with: Road.Gate.constraint)
        while try await worker.drain() > 0 {}
        #expect(try await road.events().map(\.state) == [.parked, .applied, .applied, .applied])
        let reply = await road.staff("events/replay", ["id": "1"])
        #expect(reply.exit == .done)
    }
}

extension Road {
    /// Stands before the writes of a store, and lets them fail as long as it is closed.
    final class Gate: Sendable {
        static let full = SQLiteError(code: 13, operation: "step", message: "disk is full")
        static let constraint = SQLiteError(code: 19, operation: "step", message: "constraint")

        private let failures = Mutex<(left: Int, error: any Error)>((0, full))

        func close(for count: Int = .max, with error: any Error = full) {
            failures.withLock { $0 = (count, error) }
        }

        func open() { close(for: 0) }

        func store(_ store: any Store) -> any Store { GatedStore(store: store, gate: self) }

        fileprivate func pass() throws {
            try failures.withLock { failures in
                guard failures.left > 0 else { return }
                failures.left -= 1
                throw failures.error
            }
        }
    }

    private struct GatedStore: Store {
        let store: any Store
        let gate: Gate

        func read<T: Sendable>(
            _ body: @escaping @Sendable (any StoreReader) throws -> T
        ) async throws -> T { try await store.read(body) }

        func write<T: Sendable>(
            _ body: @escaping @Sendable (any StoreTransaction) throws -> T
        ) async throws -> T {
            try gate.pass()
            return try await store.write(body)
        }
    }

    /// Leaves the database no page to grow by.
    func fillDisk() async throws {
        try await tollgate.store.database.write { connection in
            let pages = try connection.first("PRAGMA page_count") { try $0[0] as Int } ?? 0
            _ = try connection.first("PRAGMA max_page_count = \(pages)") { _ in }
        }
    }

    func emptyDisk() async throws {
        try await tollgate.store.database.write { connection in
            _ = try connection.first("PRAGMA max_page_count = 1000000") { _ in }
        }
    }

    var answer: KeyAnswer {
        KeyAnswer(
            keyRing: tollgate.configuration.keyRing,
            mode: .test,
            baseURL: tollgate.configuration.baseURL,
            now: { self.now }
        )
    }

    func claimRoute(store: any Store, changed: Bell = Bell()) -> ClaimRoute {
        ClaimRoute(
            desk: ClaimDesk(access: tollgate.access, window: .seconds(3_600)),
            lookups: tollgate.store,
            store: store,
            plans: PlanCache(store: store),
            answer: answer,
            waits: Waits(changed: changed),
            now: { self.now },
            log: tollgate.surroundings.log
        )
    }

    func claimRequest(_ reference: String, wait: Int64 = 0) throws -> HTTPRequest {
        try HTTPRequest(
            method: "POST",
            target: "/v1/claims",
            body: ([
                "provider": "stripe", "reference": .string(reference), "wait": .integer(wait),
            ] as JSONValue).serialized()
        )
    }
}
