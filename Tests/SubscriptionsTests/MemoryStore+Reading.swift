import Subscriptions

import struct Foundation.Date

extension MemoryTransaction: StoreReader {
    func installation() throws -> Installation? { tables.installation }

    func event(_ number: Int64) throws -> InboxEvent? {
        tables.events.first { $0.number == number }
    }

    func events(eventID: String) throws -> [InboxEvent] {
        tables.events.filter { $0.eventID == eventID }
    }

    func pendingEvents(limit: Int) throws -> [InboxEvent] {
        Array(tables.events.filter { $0.state == .pending }.prefix(limit))
    }

    func events(state: InboxEvent.State?, before: Int64?, limit: Int) throws -> [InboxEvent] {
        let matches = tables.events.reversed().filter { event in
            (state == nil || event.state == state) && (before.map { event.number < $0 } ?? true)
        }
        return Array(matches.prefix(limit))
    }

    func events(about id: Subscription.ID, limit: Int) throws -> [InboxEvent] {
        Array(tables.events.filter { $0.subscriptionID == id }.prefix(limit))
    }

    func parkedEvents(_ kind: Need.Kind, limit: Int) throws -> [InboxEvent] {
        let matches = tables.events.filter { $0.state == .parked && $0.need?.kind == kind }
        return Array(matches.prefix(limit))
    }

    func lastDelivery(of provider: Provider) throws -> Date? {
        tables.events.last { $0.provider == provider }?.receivedAt
    }

    func subscriptions(of id: Customer.ID) throws -> [Subscription] {
        tables.subscriptions.values.filter { $0.customerID == id }
            .sorted { ($0.createdAt, $0.id.rawValue) < ($1.createdAt, $1.id.rawValue) }
    }

    func reconciliation(_ provider: Provider) throws -> Reconciliation? {
        tables.reconciliations[provider]
    }

    func eventCounts() throws -> [InboxEvent.State: Int] {
        Dictionary(grouping: tables.events, by: \.state).mapValues(\.count)
    }

    func customer(_ id: Customer.ID) throws -> Customer? { tables.customers[id] }

    func customer(provider: Provider, mode: Mode, providerID: String) throws -> Customer? {
        tables.customers.values.first { customer in
            customer.provider == provider && customer.mode == mode
                && customer.providerID == providerID
        }
    }

    func subscription(_ id: Subscription.ID) throws -> Subscription? { tables.subscriptions[id] }

    func subscription(
        provider: Provider,
        mode: Mode,
        providerID: String
    ) throws -> Subscription? {
        tables.subscriptions.values.first { subscription in
            subscription.provider == provider && subscription.mode == mode
                && subscription.providerID == providerID
        }
    }

    func subscriptions(decisionDueBy now: Date, limit: Int) throws -> [Subscription] {
        let due = tables.subscriptions.values.compactMap { subscription in
            subscription.nextDecisionAt.map { (at: $0, subscription: subscription) }
        }
        let sorted = due.filter { $0.at <= now }.sorted { $0.at < $1.at }
        return sorted.prefix(limit).map(\.subscription)
    }

    func subscriptions(after id: Subscription.ID?, limit: Int) throws -> [Subscription] {
        let sorted = tables.subscriptions.values.sorted { $0.id.rawValue < $1.id.rawValue }
        let rest = sorted.filter { subscription in
            id.map { subscription.id.rawValue > $0.rawValue } ?? true
        }
        return Array(rest.prefix(limit))
    }

    func subscriptions(matching text: String, limit: Int) throws -> [Subscription] {
        let matches = try subscriptions(after: nil, limit: .max).filter { subscription in
            let customer = tables.customers[subscription.customerID]
            let observed = tables.grants[subscription.id]?.observed
            let names = [
                subscription.id.rawValue, subscription.providerID, customer?.id.rawValue,
                customer?.providerID, customer?.email, observed?.roleID.map(String.init),
            ]
            return names.contains(text)
                || observed?.apps.contains { String($0.id) == text } ?? false
                || tables.keys.contains {
                    $0.subscriptionID == subscription.id && $0.lastFour == text
                }
        }
        return Array(matches.prefix(limit))
    }

    func subscription(keyDigest: [UInt8]) throws -> Subscription? {
        let key = tables.keys.first { $0.digest == keyDigest }
        return key.flatMap { tables.subscriptions[$0.subscriptionID] }
    }

    func subscriptionCounts() throws -> [Plan.Reference: Int] {
        var counts: [Plan.Reference: Int] = [:]
        for subscription in tables.subscriptions.values where subscription.status?.isFinal != true {
            guard let plan = subscription.plan else { continue }
            counts[plan, default: 0] += 1
        }
        return counts
    }

    func holds(_ id: Subscription.ID) throws -> [Hold] {
        tables.holds.filter { $0.subscriptionID == id }
    }

    func plan(_ reference: Plan.Reference) throws -> PlanVersion? {
        tables.versions.first { $0.reference == reference }
    }

    func latestPlans() throws -> [PlanVersion] {
        let byPlan = Dictionary(grouping: tables.versions, by: \.plan.id).values
        let latest = byPlan.compactMap { $0.max { $0.version < $1.version } }
        return latest.sorted { $0.plan.id.rawValue < $1.plan.id.rawValue }
    }

    func grant(_ id: Subscription.ID) throws -> Grant? { tables.grants[id] }

    func dueGrants(_ now: Date, limit: Int) throws -> [Grant] {
        let due = tables.grants.values.compactMap { grant in
            grant.nextAttemptAt.map { (at: $0, priority: grant.priority, grant: grant) }
        }
        let sorted = due.filter { $0.at <= now }.sorted { one, other in
            (one.priority, one.at) < (other.priority, other.at)
        }
        return sorted.prefix(limit).map(\.grant)
    }

    func nextGrantDue(after now: Date) throws -> Date? {
        tables.grants.values.compactMap(\.nextAttemptAt).filter { $0 > now }.min()
    }

    func troubledGrants(limit: Int) throws -> [Grant] {
        let troubled = tables.grants.values.compactMap { grant in
            grant.problem.map { (since: $0.since, grant: grant) }
        }
        return troubled.sorted { $0.since < $1.since }.prefix(limit).map(\.grant)
    }

    func unprovedRevocations(limit: Int) throws -> [Grant] {
        let unproved = tables.grants.values.filter(\.isUnproved)
        return Array(unproved.sorted { $0.changedAt < $1.changedAt }.prefix(limit))
    }

    func attempts(_ id: Subscription.ID, limit: Int) throws -> [Attempt] {
        Array(tables.attempts.filter { $0.subscriptionID == id }.suffix(limit))
    }

    func key(_ id: Subscription.ID, generation: Int) throws -> APIKey? {
        try keys(id).first { $0.generation == generation }
    }

    func keys(_ id: Subscription.ID) throws -> [APIKey] {
        tables.keys.filter { $0.subscriptionID == id }.sorted { $0.generation < $1.generation }
    }

    func masterKeyIDsInUse() throws -> Set<String> {
        Set(tables.keys.filter { $0.endedAt == nil }.map(\.masterKeyID))
    }

    func claim(provider: Provider, referenceDigest: [UInt8]) throws -> Claim? {
        tables.claims.first { $0.provider == provider && $0.referenceDigest == referenceDigest }
    }

    func audit(_ id: Subscription.ID?, limit: Int) throws -> [AuditEntry] {
        let lines = tables.audit.filter { id == nil || $0.subscriptionID == id }
        return Array(lines.suffix(limit))
    }
}
