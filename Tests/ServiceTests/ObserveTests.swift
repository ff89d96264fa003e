import Foundation
import HTTP
import JSON
import Subscriptions
import Testing
import Transport

@testable import Service

/// `serve --observe`: everything is taken and decided, and nothing is written to the platform.
struct ObserveTests {
    /// What was asked of the platform, but for logins.
    private func writes(_ road: Road) -> Lines {
        let writes = Lines()
        road.wire.script { request, _ in
            if request.method != "GET", !request.path.hasSuffix("/session") {
                writes.add("\(request.method) \(request.path)")
            }
            return nil
        }
        return writes
    }

    @Test func `everything is accepted and stored, and nothing is written to the platform`()
        async throws
    {
        let road = try await Road(isObserving: true)
        let writes = writes(road)
        let subscriber = Subscriber(signedUpAt: road.now)
        for event in subscriber.signUp {
            #expect(try await road.deliver(event).status == 200)
        }
        let workers = Task { await road.tollgate.runWorkers() }
        let waits = Waits(changed: road.tollgate.changed)
        let isApplied = try await waits.first(within: .seconds(60)) { isLast -> Bool? in
            let events = try await road.events()
            return events.allSatisfy { $0.state == .applied } ? true : isLast ? false : nil
        }
        #expect(isApplied == true)
        let grant = try await road.grant(of: subscriber)
        #expect(grant.desired.access == .active && grant.observed == ObservedGrant())
        #expect(try await road.claim(subscriber.reference).status == 202)

        let query: JSONValue = ["query": "ada@example.com", "reason": "leaked"]
        let revoked = await road.staff("keys/revoke", query)
        #expect(revoked.exit == .notYetProved)
        #expect(revoked.message?.contains("only observes") == true)
        #expect(try await road.grant(of: subscriber).desired.access == .ended)
        #expect(await road.staff("keys/restore", query).exit == .notYetProved)
        let repair = await road.staff("grants/repair")
        #expect(repair.exit == .refused)
        #expect(await road.staff("grants/drift").exit == .done)
        let status = await road.staff("status")
        #expect(status.exit == .done)
        #expect(status.body["observing"] == true)
        workers.cancel()
        await workers.value
        #expect(writes.all == [])
    }

    @Test(arguments: ["POST", "PATCH", "PUT", "DELETE"])
    func `whatever tries to write is stopped before it leaves`(_ method: String) async throws {
        let road = try await Road()
        let sender = ReadOnlySender(sender: road.wire)
        let url = try #require(URL(string: "http://127.0.0.1:8081/api/v2/system/role"))
        let before = road.wire.count
        await #expect(throws: TransportError.invalidAddress) {
            try await sender.send(ClientRequest(method: method, url: url))
        }
        #expect(road.wire.count == before)
        #expect(try await sender.send(ClientRequest(method: "GET", url: url)).status == 400)
    }
}
