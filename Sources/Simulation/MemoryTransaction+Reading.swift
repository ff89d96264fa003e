package import Subscriptions

package import struct Foundation.Date

extension MemoryTransaction: StoreReader {
    /// This installation, once it has been made.
    package func installation() throws -> Installation? { tables.installation }

    /// An event of the inbox by its number.
    package func event(_ number: Int64) throws -> InboxEvent? {
        tables.events.indices.contains(Int(number) - 1) ? tables.events[Int(number) - 1] : nil
    }

    /// The state of an event of the inbox.
    package func state(ofEvent number: Int64) throws -> InboxEvent.State? {
        try event(number)?.state
    }

    /// Events of a provider's id, of any provider and mode.
    package func events(eventID: String) throws -> [InboxEvent] {
        tables.events.filter { $0.eventID == eventID }
    }

    /// Pending events in order of arrival.
    package func pendingEvents(in lane: InboxLane, limit: Int) throws -> [InboxEvent] {
        let pending = tables.events.filter { $0.state == .pending && lane.holds($0.provider) }
        return Array(pending.prefix(limit))
    }

    /// Events, newest first, of one state or all, below a number.
    package func events(state: InboxEvent.State?, before: Int64?, limit: Int) throws -> [InboxEvent]
    {
        let matches = tables.events.reversed().filter { event in
            (state == nil || event.state == state) && (before.map { event.number < $0 } ?? true)
        }
        return Array(matches.prefix(limit))
    }

    /// Events about a subscription in order of arrival.
    package func events(about id: Subscription.ID, limit: Int) throws -> [InboxEvent] {
        Array(tables.events.filter { $0.subscriptionID == id }.prefix(limit))
    }

    /// Parked events of a kind of need, in order of arrival.
    package func parkedEvents(_ kind: Need.Kind, limit: Int) throws -> [InboxEvent] {
        let matches = tables.events.filter { $0.state == .parked && $0.need?.kind == kind }
        return Array(matches.prefix(limit))
    }

    /// Parked events that need this very subject, in order of arrival.
    package func parkedEvents(
        _ kind: Need.Kind,
        subject: String,
        limit: Int
    ) throws -> [InboxEvent] {
        let matches = tables.events.filter {
            $0.state == .parked && $0.need?.kind == kind && $0.need?.subject == subject
        }
        return Array(matches.prefix(limit))
    }

    /// When the newest delivery of a provider came.
    package func lastDelivery(of provider: Provider) throws -> Date? {
        tables.events.last { $0.provider == provider }?.receivedAt
    }

    /// Customers that a pasted text names.
    package func customers(matching text: String, limit: Int) throws -> [Customer] {
        let matches = tables.customers.values.filter { customer in
            [customer.id.rawValue, customer.providerID].contains(text)
                || customer.email?.lowercased() == text.lowercased()
        }
        let sorted = matches.sorted {
            ($0.createdAt, $0.id.rawValue) < ($1.createdAt, $1.id.rawValue)
        }
        return Array(sorted.prefix(limit))
    }

    /// The latest claims, the newest first.
    package func claims(limit: Int) throws -> [Claim] {
        let numbered = tables.claims.enumerated().sorted {
            ($0.element.createdAt, $0.offset) > ($1.element.createdAt, $1.offset)
        }
        return numbered.prefix(limit).map(\.element)
    }

    /// The subscription that an order made, the oldest of several.
    package func subscription(
        provider: Provider,
        mode: Mode,
        order: String
    ) throws -> Subscription? {
        tables.subscriptions.values
            .filter { $0.provider == provider && $0.mode == mode && $0.order == order }
            .min { ($0.createdAt, $0.id.rawValue) < ($1.createdAt, $1.id.rawValue) }
    }

    /// The subscriptions of a customer, oldest first.
    package func subscriptions(of id: Customer.ID) throws -> [Subscription] {
        tables.subscriptions.values.filter { $0.customerID == id }
            .sorted { ($0.createdAt, $0.id.rawValue) < ($1.createdAt, $1.id.rawValue) }
    }

    /// The last comparison with a provider, finished or not.
    package func reconciliation(_ provider: Provider) throws -> Reconciliation? {
        tables.reconciliations[provider]
    }

    /// What the last comparison of the platform with the grants found.
    package func driftReport() throws -> DriftReport? { tables.driftReport }

    /// How many events there are in each state.
    package func eventCounts() throws -> [InboxEvent.State: Int] {
        Dictionary(grouping: tables.events, by: \.state).mapValues(\.count)
    }

    /// A customer by our id.
    package func customer(_ id: Customer.ID) throws -> Customer? { tables.customers[id] }

    /// A customer by the provider's id.
    package func customer(provider: Provider, mode: Mode, providerID: String) throws -> Customer? {
        tables.customers.values.first { customer in
            customer.provider == provider && customer.mode == mode
                && customer.providerID == providerID
        }
    }

    /// A subscription by our id.
    package func subscription(_ id: Subscription.ID) throws -> Subscription? {
        tables.subscriptions[id]
    }

    /// A subscription by the provider's id.
    package func subscription(
        provider: Provider,
        mode: Mode,
        providerID: String
    ) throws -> Subscription? {
        tables.subscriptions.values.first { subscription in
            subscription.provider == provider && subscription.mode == mode
                && subscription.providerID == providerID
        }
    }

    /// Subscriptions whose access must be decided again by now, soonest first.
    package func subscriptions(decisionDueBy now: Date, limit: Int) throws -> [Subscription] {
        let due = tables.subscriptions.values.compactMap { subscription in
            subscription.nextDecisionAt.map { (at: $0, subscription: subscription) }
        }
        let sorted = due.filter { $0.at <= now }.sorted {
            ($0.at, $0.subscription.id.rawValue) < ($1.at, $1.subscription.id.rawValue)
        }
        return sorted.prefix(limit).map(\.subscription)
    }

    /// Subscriptions in the order of their ids, after one.
    package func subscriptions(after id: Subscription.ID?, limit: Int) throws -> [Subscription] {
        let sorted = tables.subscriptions.values.sorted { $0.id.rawValue < $1.id.rawValue }
        let rest = sorted.filter { subscription in
            id.map { subscription.id.rawValue > $0.rawValue } ?? true
        }
        return Array(rest.prefix(limit))
    }

    /// Subscriptions that a pasted text names: an e-mail address, a customer or subscription id,
    /// ours or the provider's, a role or app id, or the last four characters of a key.
    package func subscriptions(matching text: String, limit: Int) throws -> [Subscription] {
        let all = tables.subscriptions.values.sorted {
            ($0.createdAt, $0.id.rawValue) < ($1.createdAt, $1.id.rawValue)
        }
        let matches = all.filter { subscription in
            let customer = tables.customers[subscription.customerID]
            let observed = tables.grants[subscription.id]?.observed
            let names = [
                subscription.id.rawValue, subscription.providerID, customer?.id.rawValue,
                customer?.providerID, observed?.roleID.map(String.init),
            ]
            return names.contains(text)
                || customer?.email?.lowercased() == text.lowercased()
                || observed?.apps.contains { String($0.id) == text } ?? false
                || observed?.adopted?.lastFour == text
                || tables.keys.contains {
                    $0.subscriptionID == subscription.id && $0.lastFour == text
                }
        }
        return Array(matches.prefix(limit))
    }

    /// The subscription whose key, of whatever generation, has this SHA-256.
    package func subscription(keyDigest: [UInt8]) throws -> Subscription? {
        let ids =
            tables.keys.filter { $0.digest == keyDigest }.map(\.subscriptionID)
            + tables.grants.values.filter { $0.observed.adopted?.keyDigest == keyDigest }
            .map(\.subscriptionID)
        return ids.compactMap { tables.subscriptions[$0] }.min {
            ($0.createdAt, $0.id.rawValue) < ($1.createdAt, $1.id.rawValue)
        }
    }

    /// The subscription whose grant has this app.
    package func subscription(appID: Int) throws -> Subscription.ID? {
        tables.grants.values.first { $0.observed.apps.contains { $0.id == appID } }?.subscriptionID
    }

    /// How many subscriptions that have not ended stand on each version of a plan.
    package func subscriptionCounts() throws -> [Plan.Reference: Int] {
        var counts: [Plan.Reference: Int] = [:]
        for subscription in tables.subscriptions.values where subscription.status?.isFinal != true {
            guard let plan = subscription.plan else { continue }
            counts[plan, default: 0] += 1
        }
        return counts
    }

    /// The holds of a subscription, lifted ones included, oldest first.
    package func holds(_ id: Subscription.ID) throws -> [Hold] {
        let holds = tables.holds.filter { $0.subscriptionID == id }
        return holds.enumerated().sorted {
            ($0.element.createdAt, $0.offset) < ($1.element.createdAt, $1.offset)
        }.map(\.element)
    }
}
