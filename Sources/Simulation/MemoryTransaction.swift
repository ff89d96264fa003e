package import Subscriptions

package import struct Foundation.Date

/// One transaction on tables that it holds alone; what it wrote can be taken back.
package final class MemoryTransaction {
    /// The tables as they stand now.
    package internal(set) var tables: MemoryTables
    private var undo: [(inout MemoryTables) -> Void] = []

    /// Makes a transaction on tables, new ones where none are given.
    package init(_ tables: MemoryTables = MemoryTables()) { self.tables = tables }

    /// Takes everything back, the last first.
    func rollBack() {
        for step in undo.reversed() { step(&tables) }
        undo = []
    }

    func onRollBack(_ step: @escaping (inout MemoryTables) -> Void) { undo.append(step) }

    func requireSubscription(_ id: Subscription.ID) throws {
        guard tables.subscriptions[id] != nil else {
            throw MemoryStoreError.dangling("subscription \(id)")
        }
    }

    private func requirePlan(_ reference: Plan.Reference?) throws {
        guard let reference else { return }
        guard tables.versions.contains(where: { $0.reference == reference }) else {
            throw MemoryStoreError.dangling("plan \(reference)")
        }
    }
}

extension MemoryTransaction: StoreTransaction {
    /// Makes this installation.
    package func insert(_ installation: Installation) throws {
        guard tables.installation == nil else { throw MemoryStoreError.notUnique("installation") }
        tables.installation = installation
        onRollBack { $0.installation = nil }
    }

    /// Writes what was learnt about the platform.
    package func update(_ installation: Installation) throws {
        let old = tables.installation
        tables.installation = installation
        onRollBack { $0.installation = old }
    }

    /// Stores a delivery, unless it is known.
    package func insert(_ delivery: Delivery, receivedAt: Date) throws -> StoredDelivery {
        let known = tables.events.first { event in
            event.eventID == delivery.eventID && event.provider == delivery.provider
                && event.mode == delivery.mode
        }
        if let known { return StoredDelivery(number: known.number, isNew: false) }
        let number = Int64(tables.events.count) + 1
        tables.events.append(
            InboxEvent(
                number: number,
                provider: delivery.provider,
                mode: delivery.mode,
                eventID: delivery.eventID,
                type: delivery.type,
                body: delivery.body,
                occurredAt: delivery.occurredAt,
                receivedAt: receivedAt,
                state: delivery.isReadable ? .pending : .unparsed
            )
        )
        onRollBack { $0.events.removeLast() }
        return StoredDelivery(number: number, isNew: true)
    }

    /// Writes what became of an event.
    package func update(_ event: InboxEvent) throws {
        if let id = event.subscriptionID { try requireSubscription(id) }
        let index = Int(event.number) - 1
        guard tables.events.indices.contains(index) else {
            throw MemoryStoreError.dangling("event \(event.number)")
        }
        let old = tables.events[index]
        tables.events[index] = event
        onRollBack { $0.events[index] = old }
    }

    /// Writes a customer.
    package func save(_ customer: Customer) throws {
        let twin = tables.customers.values.contains { other in
            other.id != customer.id && other.providerID == customer.providerID
                && other.provider == customer.provider && other.mode == customer.mode
        }
        guard !twin else { throw MemoryStoreError.notUnique(customer.providerID) }
        let old = tables.customers.updateValue(customer, forKey: customer.id)
        onRollBack { $0.customers[customer.id] = old }
    }

    /// Writes a subscription.
    package func save(_ subscription: Subscription) throws {
        guard tables.customers[subscription.customerID] != nil else {
            throw MemoryStoreError.dangling("customer \(subscription.customerID)")
        }
        try requirePlan(subscription.plan)
        let twin = tables.subscriptions.values.contains { other in
            other.id != subscription.id && other.providerID == subscription.providerID
                && other.provider == subscription.provider && other.mode == subscription.mode
        }
        guard !twin else { throw MemoryStoreError.notUnique(subscription.providerID) }
        let old = tables.subscriptions.updateValue(subscription, forKey: subscription.id)
        onRollBack { $0.subscriptions[subscription.id] = old }
    }

    /// Writes a hold, of which only the lifting can change.
    package func save(_ hold: Hold) throws {
        try requireSubscription(hold.subscriptionID)
        if let index = tables.holds.firstIndex(where: { $0.id == hold.id }) {
            let old = tables.holds[index]
            tables.holds[index].liftedAt = hold.liftedAt
            onRollBack { $0.holds[index] = old }
        } else {
            tables.holds.append(hold)
            onRollBack { $0.holds.removeLast() }
        }
    }

    /// Adds a version of a plan, which takes the plan back or retires it with it.
    package func insert(_ version: PlanVersion) throws {
        guard !tables.versions.contains(where: { $0.reference == version.reference }) else {
            throw MemoryStoreError.notUnique("\(version.reference)")
        }
        try retire(version.plan.id, at: version.retiredAt)
        tables.versions.append(version)
        onRollBack { $0.versions.removeLast() }
    }

    /// Retires a plan, or takes it back with nil.
    package func retire(_ id: Plan.ID, at date: Date?) throws {
        let old = tables.versions
        for index in tables.versions.indices where tables.versions[index].plan.id == id {
            tables.versions[index].retiredAt = date
        }
        onRollBack { $0.versions = old }
    }

    /// Writes a grant.
    package func save(_ grant: Grant) throws {
        try requireSubscription(grant.subscriptionID)
        try requirePlan(grant.desired.plan)
        let old = tables.grants.updateValue(grant, forKey: grant.subscriptionID)
        onRollBack { $0.grants[grant.subscriptionID] = old }
    }

    /// Opens an attempt and gives its number.
    package func begin(step: String, for id: Subscription.ID, at date: Date) throws -> Int64 {
        try requireSubscription(id)
        let number = Int64(tables.attempts.count) + 1
        tables.attempts.append(
            Attempt(number: number, subscriptionID: id, step: step, startedAt: date)
        )
        onRollBack { $0.attempts.removeLast() }
        return number
    }

    /// Closes an attempt.
    package func finish(
        attempt: Int64,
        at date: Date,
        outcome: String,
        problem: GrantProblem.Kind?
    ) throws {
        let index = Int(attempt) - 1
        guard tables.attempts.indices.contains(index) else {
            throw MemoryStoreError.dangling("attempt \(attempt)")
        }
        let old = tables.attempts[index]
        tables.attempts[index].finishedAt = date
        tables.attempts[index].outcome = outcome
        tables.attempts[index].problem = problem
        onRollBack { $0.attempts[index] = old }
    }
}
