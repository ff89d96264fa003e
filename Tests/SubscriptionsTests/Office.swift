import Simulation
import Subscriptions
import Testing

import struct Foundation.Date

/// All desks over one transaction, with a clock that the test moves.
final class Office {
    let tx = MemoryTransaction()
    let access: AccessDesk
    let events: EventDesk
    let claims: ClaimDesk
    let holds: HoldDesk
    let catalogues: CatalogueDesk
    var now = start
    private var readings: [Int64: EventReading] = [:]
    /// Whether somebody may have waited for what the last event that was delivered has changed.
    private(set) var isHeard = false

    init(mode: Mode = .live, plans: Plan...) throws {
        access = AccessDesk(
            mode: mode,
            keyRing: KeyRing(current: try .make()),
            random: makeRandom()
        )
        events = EventDesk(access: access, claimWindow: .seconds(3_600))
        claims = ClaimDesk(access: access, window: .seconds(3_600))
        holds = HoldDesk(access: access)
        catalogues = CatalogueDesk(access: access)
        for plan in plans { try tx.insert(.make(plan)) }
    }

    /// Stores an event and gives it its effect.
    @discardableResult
    func deliver(
        _ change: PaymentEvent.Change,
        occurredAt: Date = start,
        mode: Mode = .live
    ) throws -> InboxEvent {
        let id = "evt_\(readings.count + 1)"
        let event = PaymentEvent(
            provider: .stripe,
            mode: mode,
            id: id,
            type: "test",
            occurredAt: occurredAt,
            change: change
        )
        return try deliver(.event(event), id: id, mode: mode)
    }

    @discardableResult
    func deliver(_ reading: EventReading, id: String, mode: Mode = .live) throws -> InboxEvent {
        let stored = try tx.insert(
            Delivery(
                provider: .stripe,
                mode: mode,
                eventID: id,
                type: "test",
                occurredAt: nil,
                body: [],
                isReadable: true
            ),
            receivedAt: now
        )
        readings[stored.number] = reading
        let event = try #require(try tx.event(stored.number))
        let handled = try #require(try events.handle(event, reading, in: tx, now: now))
        isHeard = handled.isHeard
        return handled.event
    }

    /// Gives every pending event its effect.
    func work() throws {
        for event in try tx.pendingEvents(limit: 100) {
            let reading = try #require(readings[event.number])
            _ = try events.handle(event, reading, in: tx, now: now)
        }
    }

    func subscription() throws -> Subscription {
        let found = try tx.subscription(provider: .stripe, mode: .live, providerID: "sub_1")
        return try #require(found)
    }

    func grant() throws -> Grant { try #require(try tx.grant(try subscription().id)) }

    /// What the provisioner does once limits are read back and the key was proved alive.
    func show() throws {
        var grant = try grant()
        grant.observed.shownGeneration = grant.desired.generation
        try tx.save(grant)
        let id = grant.subscriptionID
        var key = try #require(try tx.key(id, generation: grant.desired.generation))
        key.shownAt = key.shownAt ?? now
        try tx.update(key)
    }

    @discardableResult
    func hold(_ kind: Hold.Kind) throws -> Grant {
        try holds.place(
            kind,
            on: try subscription(),
            reason: "abuse",
            actor: "staff:root",
            in: tx,
            now: now
        )
    }

    @discardableResult
    func lift(_ kind: Hold.Kind) throws -> Grant {
        try holds.lift(
            kind,
            on: try subscription(),
            reason: "settled",
            actor: "staff:root",
            in: tx,
            now: now
        ).grant
    }

    func claim(
        _ reference: String = "cs_1",
        provider: Provider = .stripe,
        idempotencyKey: String? = nil
    ) throws -> ClaimOutcome {
        try claims.claim(
            provider: provider,
            reference: reference,
            idempotencyKey: idempotencyKey,
            in: tx,
            now: now
        )
    }

    @discardableResult
    func apply(_ plans: Plan...) throws -> CatalogueChange {
        let catalogue = try Catalogue.make(plans)
        return try catalogues.apply(catalogue, actor: "staff:root", in: tx, now: now)
    }

    func actions(_ action: String) -> [AuditEntry] {
        tx.tables.audit.filter { $0.action == action }
    }
}
