import Foundation
import JSON
import Subscriptions

extension StaffOperations {
    /// One screen: platform, mode, parked, stuck, revocations not yet proved.
    func status() async throws -> StaffReply {
        let problem = await convergence.platformProblem()
        let pause = convergence.pause()
        let now = now()
        let body = try await store.read { reader -> JSONValue in
            let installation = try reader.installation()
            let counts = try reader.eventCounts()
            return [
                "mode": .string(access.mode.rawValue),
                "installation": StaffView.text(installation?.shortID),
                "platform": [
                    "url": .string(platformURL), "problem": StaffView.text(problem),
                    "proves_refusals": .bool(installation?.provesRefusals ?? false),
                    "breaker": .string(pause == nil ? "closed" : "open"),
                    "spared_since": StaffView.date(pause?.since),
                    "next_probe_at": StaffView.date(pause?.nextProbeAt),
                    "spared_because": StaffView.text(pause?.sentence),
                ],
                "serving": .bool(isServing), "observing": .bool(isObserving),
                "alarms": .array(try alarms.sentences(reader, now: now).map(JSONValue.string)),
                "providers": .array(try providers(reader)),
                "drift": Self.view(try reader.driftReport()),
                "events": .object(
                    Dictionary(
                        uniqueKeysWithValues: InboxEvent.State.allCases.map {
                            ($0.rawValue, .integer(Int64(counts[$0] ?? 0)))
                        }
                    )
                ),
                "parked": .array(
                    try reader.events(state: .parked, before: nil, limit: 10).map(StaffView.event)
                ),
                "stuck": .array(try reader.troubledGrants(limit: 20).map(StaffView.problem)),
                "unproved_revocations": .array(
                    try reader.unprovedRevocations(limit: 20).map { grant in
                        [
                            "subscription": .string(grant.subscriptionID.rawValue),
                            "since": StaffView.date(
                                grant.observed.revocation?.startedAt ?? grant.changedAt
                            ),
                            "problem": StaffView.text(grant.problem?.sentence),
                        ]
                    }
                ),
            ]
        }
        return StaffReply(problem == nil ? .done : .failed, problem, body: body)
    }

    /// Every provider that is received: its last delivery, and its last comparison where its API
    /// can be asked.
    private func providers(_ reader: any StoreReader) throws -> [JSONValue] {
        try alarms.endpoints.keys.map(\.rawValue).sorted().map { name in
            let provider = Provider(rawValue: name)
            let run = try reader.reconciliation(provider)
            return [
                "name": .string(name),
                "last_delivery_at": StaffView.date(try reader.lastDelivery(of: provider)),
                "compares": .bool(reconcilers[provider] != nil),
                "reconciled": [
                    "started_at": StaffView.date(run?.startedAt),
                    "finished_at": StaffView.date(run?.finishedAt),
                    "compared": StaffView.number(run?.compared),
                    "changed": StaffView.number(run?.changed),
                ],
            ]
        }
    }

    private static func view(_ report: DriftReport?) -> JSONValue {
        [
            "compared_at": StaffView.date(report?.finishedAt),
            "compared": StaffView.number(report?.compared),
            "differences": StaffView.number(report?.differences),
        ]
    }

    func listSubscriptions(_ request: StaffRequest) async throws -> StaffReply {
        let limit = min(max(request.arguments["limit"]?.int ?? 50, 1), 1_000)
        let after = request.arguments["after"]?.string.map(Subscription.ID.init)
        let page = try await store.read { reader -> [Subscription]? in
            if let after, try reader.subscription(after) == nil { return nil }
            return try reader.subscriptions(after: after, limit: limit)
        }
        guard let page else {
            throw StaffStop(
                .notFound,
                "There is no such subscription to begin after: give the id that the page before "
                    + "ended with."
            )
        }
        return StaffReply(
            .done,
            body: [
                "subscriptions": .array(try await summaries(page)),
                "next": page.count == limit ? StaffView.text(page.last?.id.rawValue) : nil,
            ]
        )
    }

    /// The story of one subscription in one screen: what is, what was decided and why.
    func showSubscription(_ request: StaffRequest) async throws -> StaffReply {
        let subscription = try await match(request)
        let body = try await store.read { reader -> JSONValue in
            let customer = try reader.customer(subscription.customerID)
            return [
                "subscription": StaffView.detail(subscription),
                "customer": [
                    "id": StaffView.text(customer?.id.rawValue),
                    "provider_id": StaffView.text(customer?.providerID),
                    "email": StaffView.text(customer?.email),
                ],
                "grant": try reader.grant(subscription.id).map(StaffView.grant) ?? nil,
                "keys": .array(try reader.keys(subscription.id).map(StaffView.key)),
                "holds": .array(try reader.holds(subscription.id).map(StaffView.hold)),
                "events": .array(
                    try reader.events(about: subscription.id, limit: 100).map(StaffView.event)
                ),
                "attempts": .array(
                    try reader.attempts(subscription.id, limit: 20).map(StaffView.attempt)
                ),
                "audit": .array(
                    try reader.audit(subscription.id, limit: 100).map(StaffView.audit)
                ),
            ]
        }
        return StaffReply(.done, body: body)
    }

    func findKeys(_ request: StaffRequest) async throws -> StaffReply {
        let query = try request.text("query")
        let found = try await matches(query)
        guard let first = found.first else { throw StaffStop.nothingMatches }
        return StaffReply(
            .done,
            try await standing(ofKey: query, first.id),
            body: ["subscriptions": .array(try await summaries(found))]
        )
    }

    func listEvents(_ request: StaffRequest) async throws -> StaffReply {
        let limit = min(max(request.arguments["limit"]?.int ?? 50, 1), 1_000)
        var state: InboxEvent.State?
        if let name = request.arguments["state"]?.string {
            guard let known = InboxEvent.State(rawValue: name) else {
                let names = InboxEvent.State.allCases.map(\.rawValue).joined(separator: ", ")
                throw StaffStop(.usage, "An event's state is one of \(names).")
            }
            state = known
        }
        let wanted = state
        let before = request.arguments["before"]?.integer
        let events = try await store.read {
            try $0.events(state: wanted, before: before, limit: limit)
        }
        return StaffReply(
            .done,
            body: [
                "events": .array(events.map(StaffView.event)),
                "next": events.count == limit ? .integer(events.last?.number ?? 0) : nil,
            ]
        )
    }

    func showEvent(_ request: StaffRequest) async throws -> StaffReply {
        let event = try await event(request)
        return StaffReply(.done, body: ["event": StaffView.event(event)])
    }

    /// Gives an event its effect again; what it already had, it does not have twice.
    func replayEvent(_ request: StaffRequest) async throws -> StaffReply {
        let event = try await event(request)
        guard event.state != .unparsed else {
            throw StaffStop(
                .refused,
                "Event \(event.number) cannot be read as the provider's event."
            )
        }
        let now = now()
        try await store.write { tx in
            guard var event = try tx.event(event.number) else { return }
            event.state = .pending
            try tx.update(event)
            try tx.append(
                AuditEntry(
                    at: now,
                    actor: request.actor,
                    action: "event.replayed",
                    subscriptionID: event.subscriptionID,
                    details: ["event": String(event.number)]
                )
            )
        }
        let after = try await settle(event.number)
        return StaffReply(
            after.state == .parked ? .failed : .done,
            after.note,
            body: ["event": StaffView.event(after)]
        )
    }

    /// Waits until the workers have handled an event, or handles it here where none run.
    private func settle(_ number: Int64) async throws -> InboxEvent {
        if isServing {
            arrived.ring()
        } else {
            while try await worker.drain() > 0 {}
        }
        let waits = Waits(changed: changed)
        let event = try await waits.first(within: .seconds(10)) { isLast -> InboxEvent? in
            let event = try await store.read { try $0.event(number) }
            return isLast || event?.state != .pending ? event : nil
        }
        guard let event else { throw StaffStop(.notFound, "Event \(number) is gone.") }
        return event
    }

    private func event(_ request: StaffRequest) async throws -> InboxEvent {
        let id = try request.text("id")
        let found = try await store.read { reader -> [InboxEvent] in
            if let number = Int64(id), let event = try reader.event(number) { return [event] }
            return try reader.events(eventID: id)
        }
        guard let event = found.first else {
            throw StaffStop(.notFound, "There is no event \(id).")
        }
        guard found.count == 1 else {
            throw StaffStop(
                .usage,
                "Several events have this id: name one by its number.",
                body: ["events": .array(found.map(StaffView.event))]
            )
        }
        return event
    }
}
