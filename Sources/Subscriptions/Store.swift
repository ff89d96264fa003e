package import struct Foundation.Date

/// The database as the domain sees it.
///
/// Reads see one consistent moment; a write is one transaction that is on disk when it returns.
package protocol Store: Sendable {
    /// Reads.
    func read<T: Sendable>(
        _ body: @escaping @Sendable (any StoreReader) throws -> T
    ) async throws -> T

    /// Writes all of `body` or, when it throws, nothing.
    func write<T: Sendable>(
        _ body: @escaping @Sendable (any StoreTransaction) throws -> T
    ) async throws -> T
}

/// Where deliveries are stored before they are acknowledged.
package protocol DeliveryInbox: Sendable {
    /// Stores a delivery and calls back, on any thread, once it is on disk.
    func store(
        _ delivery: Delivery,
        receivedAt: Date,
        completion: @escaping @Sendable (Result<StoredDelivery, any Error>) -> Void
    )
}

/// What storing a delivery found.
package struct StoredDelivery: Hashable, Sendable {
    /// Its number in the inbox.
    package let number: Int64
    /// Whether it was new.
    package let isNew: Bool

    /// Makes a result.
    package init(number: Int64, isNew: Bool) {
        self.number = number
        self.isNew = isNew
    }
}

/// Where `GET /v1/key` reads, on the calling thread.
package protocol KeyLookups: Sendable {
    /// The key row behind a token that was not ended, by the token's SHA-256.
    func lookup(tokenDigest: [UInt8]) throws -> KeyLookup?
}

/// What can be read in one consistent moment.
package protocol StoreReader {
    /// This installation, once it has been made.
    func installation() throws -> Installation?

    /// An event of the inbox by its number.
    func event(_ number: Int64) throws -> InboxEvent?
    /// The state of an event of the inbox.
    func state(ofEvent number: Int64) throws -> InboxEvent.State?
    /// Events of a provider's id, of any provider and mode.
    func events(eventID: String) throws -> [InboxEvent]
    /// Pending events of a lane in order of arrival.
    func pendingEvents(in lane: InboxLane, limit: Int) throws -> [InboxEvent]
    /// Events, newest first, of one state or all, below a number.
    func events(state: InboxEvent.State?, before: Int64?, limit: Int) throws -> [InboxEvent]
    /// Events about a subscription in order of arrival.
    func events(about id: Subscription.ID, limit: Int) throws -> [InboxEvent]
    /// Parked events of a kind of need, in order of arrival.
    func parkedEvents(_ kind: Need.Kind, limit: Int) throws -> [InboxEvent]
    /// Parked events that need this very subject, in order of arrival.
    func parkedEvents(
        _ kind: Need.Kind,
        subject: String,
        limit: Int
    ) throws -> [InboxEvent]
    /// When the newest delivery of a provider came.
    func lastDelivery(of provider: Provider) throws -> Date?
    /// How many events there are in each state.
    func eventCounts() throws -> [InboxEvent.State: Int]
    /// When the event arrived, the first of several, that was handled at that very time.
    func arrival(handledAt: Date, about id: Subscription.ID) throws -> Date?

    /// A customer by our id.
    func customer(_ id: Customer.ID) throws -> Customer?
    /// A customer by the provider's id.
    func customer(provider: Provider, mode: Mode, providerID: String) throws -> Customer?
    /// Customers that a pasted text names: an e-mail address, or an id, ours or the provider's.
    func customers(matching text: String, limit: Int) throws -> [Customer]
    /// A subscription by our id.
    func subscription(_ id: Subscription.ID) throws -> Subscription?
    /// A subscription by the provider's id.
    func subscription(
        provider: Provider,
        mode: Mode,
        providerID: String
    ) throws -> Subscription?
    /// The subscription that an order made, the oldest of several, by the provider's id of the
    /// order.
    func subscription(provider: Provider, mode: Mode, order: String) throws -> Subscription?
    /// The subscriptions of a customer, oldest first.
    func subscriptions(of id: Customer.ID) throws -> [Subscription]
    /// Subscriptions whose access must be decided again by now, soonest first.
    func subscriptions(decisionDueBy now: Date, limit: Int) throws -> [Subscription]
    /// Subscriptions in the order of their ids, after one.
    func subscriptions(after id: Subscription.ID?, limit: Int) throws -> [Subscription]
    /// Subscriptions that a pasted text names: an e-mail address, a customer or subscription id,
    /// ours or the provider's, a role or app id, or the last four characters of a key.
    func subscriptions(matching text: String, limit: Int) throws -> [Subscription]
    /// The subscription whose key, of whatever generation, has this SHA-256.
    func subscription(keyDigest: [UInt8]) throws -> Subscription?
    /// The subscription whose grant has this app.
    func subscription(appID: Int) throws -> Subscription.ID?
    /// How many subscriptions that have not ended stand on each version of a plan.
    func subscriptionCounts() throws -> [Plan.Reference: Int]
    /// The holds of a subscription, lifted ones included, oldest first.
    func holds(_ id: Subscription.ID) throws -> [Hold]

    /// A plan in a version.
    func plan(_ reference: Plan.Reference) throws -> PlanVersion?
    /// The newest version of every plan, retired ones included, by id.
    func latestPlans() throws -> [PlanVersion]

    /// What the grant of a subscription desires, which costs less to read than all of it.
    func desired(_ id: Subscription.ID) throws -> DesiredGrant?
    /// The grant of a subscription.
    func grant(_ id: Subscription.ID) throws -> Grant?
    /// Grants to work on by now, by their ``Grant/priority``, then the longest due.
    func dueGrants(_ now: Date, limit: Int) throws -> [Grant]
    /// When the next grant is due after now.
    func nextGrantDue(after now: Date) throws -> Date?
    /// Grants that have a problem, oldest problem first.
    func troubledGrants(limit: Int) throws -> [Grant]
    /// Grants with ``Grant/isUnproved``, those that changed first before the others.
    func unprovedRevocations(limit: Int) throws -> [Grant]
    /// How much of bulk work is to be done yet.
    func bulkWork() throws -> BulkWork
    /// The last attempts for a subscription, oldest first.
    func attempts(_ id: Subscription.ID, limit: Int) throws -> [Attempt]

    /// A key row.
    func key(_ id: Subscription.ID, generation: Int) throws -> APIKey?
    /// All key rows of a subscription by generation.
    func keys(_ id: Subscription.ID) throws -> [APIKey]
    /// The ids of the master keys from which keys that have not ended are derived.
    func masterKeyIDsInUse() throws -> Set<String>

    /// What is still to be done, in numbers and ages.
    func backlog(now: Date) throws -> Backlog
    /// Promises in the order in which they were kept, above a number.
    func keptPromises(after number: Int64, limit: Int) throws -> [KeptPromise]

    /// The last comparison with a provider, finished or not.
    func reconciliation(_ provider: Provider) throws -> Reconciliation?

    /// What the last comparison of the platform with the grants found.
    func driftReport() throws -> DriftReport?

    /// The claim of a reference.
    func claim(provider: Provider, referenceDigest: [UInt8]) throws -> Claim?
    /// The latest claims, the newest first.
    func claims(limit: Int) throws -> [Claim]
    /// Lines of the audit, oldest first, of one subscription or all; the last `limit` of them.
    func audit(_ id: Subscription.ID?, limit: Int) throws -> [AuditEntry]
}

extension StoreReader {
    /// Pending events in order of arrival.
    package func pendingEvents(limit: Int) throws -> [InboxEvent] {
        try pendingEvents(in: .all, limit: limit)
    }
}

/// What can be written in one transaction.
package protocol StoreTransaction: StoreReader {
    /// Makes this installation.
    func insert(_ installation: Installation) throws
    /// Writes what was learnt about the platform.
    func update(_ installation: Installation) throws

    /// Stores a delivery, as pending or unparsed, unless it is known.
    func insert(_ delivery: Delivery, receivedAt: Date) throws -> StoredDelivery
    /// Writes state, need, note, subscription and time of an event.
    func update(_ event: InboxEvent) throws

    /// Writes a customer, new or known.
    func save(_ customer: Customer) throws
    /// Writes a subscription, new or known.
    func save(_ subscription: Subscription) throws
    /// Writes a hold, new or known.
    func save(_ hold: Hold) throws

    /// Adds a version of a plan.
    func insert(_ version: PlanVersion) throws
    /// Retires a plan, or takes it back with nil.
    func retire(_ id: Plan.ID, at: Date?) throws

    /// Writes a grant, new or known.
    func save(_ grant: Grant) throws
    /// Opens an attempt and gives its number.
    func begin(step: String, for id: Subscription.ID, at: Date) throws -> Int64
    /// Closes an attempt.
    func finish(
        attempt: Int64,
        at: Date,
        outcome: String,
        problem: GrantProblem.Kind?
    ) throws

    /// Adds a key row.
    func insert(_ key: APIKey) throws
    /// Writes when a key was shown and ended.
    func update(_ key: APIKey) throws

    /// Adds a claim unless its reference is known; whether it was added.
    @discardableResult
    func insert(_ claim: Claim) throws -> Bool
    /// Uses a claim that is neither used nor ended while `at` is before the deadline, in one
    /// conditional statement; whether it was.
    ///
    /// The deadline is the caller's alone: it can lie after the claim's own `expiresAt`.
    func use(_ id: Claim.ID, at: Date, deadline: Date, idempotencyDigest: [UInt8]?) throws -> Bool
    /// Adds a lookup token.
    func insert(_ token: LookupToken) throws
    /// Ends all lookup tokens of a subscription.
    func revokeTokens(_ id: Subscription.ID, at: Date) throws
    /// Notes that a generation is revealed to a token, unless the token was ended; whether it was
    /// noted.
    func reveal(_ generation: Int, to id: LookupToken.ID) throws -> Bool
    /// Ends all unused claims of a subscription; no later deadline makes them good again.
    func expireClaims(_ id: Subscription.ID, at: Date) throws

    /// Writes how far a comparison with a provider has come.
    func save(_ reconciliation: Reconciliation) throws

    /// Writes what a comparison of the platform with the grants found.
    func save(_ report: DriftReport) throws

    /// Notes that a promise was kept.
    func keep(_ kind: KeptPromise.Kind, since: Date, at: Date) throws

    /// Adds a line to the audit.
    func append(_ entry: AuditEntry) throws
}

/// How much of bulk work is to be done yet.
package struct BulkWork: Hashable, Sendable {
    /// First keys that are being made.
    package let underWay: Int
    /// Those of them that something stands in the way of.
    package let stuck: Int

    /// Makes a count.
    package init(underWay: Int, stuck: Int) {
        self.underWay = underWay
        self.stuck = stuck
    }
}
