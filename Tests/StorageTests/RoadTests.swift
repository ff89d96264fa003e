import Digest
import Foundation
import JSON
import Subscriptions
import Testing

/// The desks of the domain on a real store: every reference they make must be there in time.
struct RoadTests {
    private let access: AccessDesk
    private let events: EventDesk
    private let claims: ClaimDesk

    init() throws {
        let master = try #require(MasterKey(hex: String(repeating: "0b", count: 32)))
        access = AccessDesk(
            mode: .test,
            keyRing: KeyRing(current: master),
            random: { count in (0..<count).map { _ in UInt8.random(in: .min ... .max) } }
        )
        events = EventDesk(access: access, claimWindow: .seconds(3_600))
        claims = ClaimDesk(access: access, window: .seconds(3_600))
    }

    private func payment(_ id: String, _ change: PaymentEvent.Change) -> PaymentEvent {
        PaymentEvent(
            provider: .stripe,
            mode: .test,
            id: id,
            type: "any",
            occurredAt: .at(1),
            change: change
        )
    }

    private var signUp: [PaymentEvent] {
        [
            payment(
                "evt_checkout",
                .checkout(
                    Checkout(
                        reference: "cs_1",
                        subscriptionID: "sub_1",
                        customerID: "cus_1",
                        email: "ada@example.com",
                        payment: .paid
                    )
                )
            ),
            payment(
                "evt_created",
                .subscription(
                    SubscriptionSnapshot(
                        id: "sub_1",
                        customerID: "cus_1",
                        status: .active,
                        items: [SubscriptionItem(price: "price_1", periodEnd: .at(86_400))]
                    )
                )
            ),
            payment(
                "evt_paid",
                .payment(
                    Payment(
                        subscriptionID: "sub_1",
                        customerID: "cus_1",
                        email: nil,
                        succeeded: true,
                        periodEnd: .at(86_400)
                    )
                )
            ),
        ]
    }

    private func apply(_ event: PaymentEvent, to store: any AnyStore) async throws -> InboxEvent? {
        let stored = try await store.store(.make(event.id))
        return try await store.write { tx in
            let stored = try #require(try tx.event(stored.number))
            return try events.handle(stored, .event(event), in: tx, now: .at(2))?.event
        }
    }

    @Test(arguments: StoreFactory.all, [[0, 1, 2], [2, 1, 0], [1, 0, 2], [2, 0, 1]])
    func `a sign-up in any order gives a grant, a key row and a claim`(
        _ factory: StoreFactory,
        _ order: [Int]
    ) async throws {
        let store = try factory.make()
        try await store.write { try $0.insert(PlanVersion.make()) }
        for index in order {
            let event = try await apply(signUp[index], to: store)
            #expect(event?.state == .applied)
        }
        let subscription = try #require(
            try await store.read {
                try $0.subscription(provider: .stripe, mode: .test, providerID: "sub_1")
            }
        )
        let grant = try await store.read { try $0.grant(subscription.id) }
        #expect(grant?.desired.access == .active)
        #expect(grant?.desired.generation == 1)
        #expect(try await store.read { try $0.dueGrants(.at(2), limit: 9) } == [grant])
        #expect(try await store.read { try $0.keys(subscription.id) }.count == 1)
        #expect(
            try await store.read { try $0.subscriptions(matching: "ada@example.com", limit: 9) }
                == [subscription]
        )
    }

    @Test(arguments: StoreFactory.all)
    func `a claim gives a token that looks the key up, and a hold withholds it`(
        _ factory: StoreFactory
    ) async throws {
        let store = try factory.make()
        try await store.write { try $0.insert(PlanVersion.make()) }
        for event in signUp { _ = try await apply(event, to: store) }
        try await show(store)
        let outcome = try await store.write { tx in
            try claims.claim(
                provider: .stripe,
                reference: "cs_1",
                idempotencyKey: nil,
                in: tx,
                now: .at(4)
            )
        }
        guard case .exchanged(let token, let id) = outcome else {
            Issue.record("the claim was not exchanged: \(outcome)")
            return
        }
        let digest = SHA256.hash(token.utf8)
        let lookup = try #require(try store.lookup(tokenDigest: digest))
        let key = try #require(lookup.key)
        #expect(lookup.access == .active)
        let text = try access.keyRing.text(of: key, mode: .test)
        #expect(text.hasSuffix(key.lastFour))
        let found = try await store.read {
            try $0.subscription(keyDigest: SHA256.hash(text.utf8))
        }
        #expect(found?.id == id)

        try await store.write { tx in
            _ = try HoldDesk(access: access).place(
                .revoked,
                on: try #require(try tx.subscription(id)),
                reason: "shared in public",
                actor: "staff:ada",
                in: tx,
                now: .at(5)
            )
        }
        #expect(try store.lookup(tokenDigest: digest)?.access == .ended)
        #expect(
            try await store.read { try $0.unprovedRevocations(limit: 9) }.map(\.subscriptionID)
                == [id]
        )
        let actions = try await store.read { try $0.audit(id, limit: 99) }.map(\.action)
        #expect(actions.contains("hold.placed"))
        #expect(actions.contains("claim.used"))
    }

    @Test(arguments: StoreFactory.all)
    func `a catalogue that adds a price brings its parked event back`(
        _ factory: StoreFactory
    ) async throws {
        let store = try factory.make()
        let event = try await apply(signUp[1], to: store)
        #expect(event?.state == .parked)
        let catalogue = try Catalogue(
            parsing: JSONValue.object(["plans": [PlanVersion.make().plan.catalogue]]).serialized()
        )
        let change = try await store.write { tx in
            try CatalogueDesk(access: access)
                .apply(catalogue, actor: "staff:ada", in: tx, now: .at(3))
        }
        #expect(change.returning == [event?.number])
        #expect(try await store.read { try $0.pendingEvents(limit: 9) }.count == 1)
        #expect(
            try await store.read { try $0.latestPlans() }.map(\.plan) == [PlanVersion.make().plan]
        )
    }

    /// What the provisioner does once limits are read back and the key is proved alive.
    private func show(_ store: any AnyStore) async throws {
        try await store.write { tx in
            var grant = try #require(try tx.dueGrants(.at(9), limit: 1).first)
            grant.observed.shownGeneration = 1
            grant.observed.verifiedAt = .at(3)
            try tx.save(grant)
            var key = try #require(try tx.key(grant.subscriptionID, generation: 1))
            key.shownAt = .at(3)
            try tx.update(key)
        }
    }
}
