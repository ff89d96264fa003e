import Foundation
import SQLite
import Simulation
import Storage
import Subscriptions
import Testing

typealias AnyStore = Store & DeliveryInbox & KeyLookups & Sendable

/// A way to make an empty store; the behaviour tests hold for every one of them.
struct StoreFactory: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let make: @Sendable () throws -> any AnyStore

    static let all = [sqlite, memory]

    static let sqlite = StoreFactory(testDescription: "SQLite") {
        try TemporaryStore()
    }

    static let memory = StoreFactory(testDescription: "memory") { MemoryStore() }
}

/// A store on a file of its own, removed with the last reference.
final class TemporaryStore: AnyStore {
    let path: String
    let store: SQLiteStore

    init() throws {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("storage-tests-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        path = folder.appendingPathComponent("test.db").path
        store = try SQLiteStore(path: path, now: { .at(0) }, onFatal: { _ in })
    }

    deinit {
        store.close()
        try? FileManager.default.removeItem(
            at: URL(fileURLWithPath: path).deletingLastPathComponent()
        )
    }

    func read<T: Sendable>(
        _ body: @escaping @Sendable (any StoreReader) throws -> T
    ) async throws -> T {
        try await store.read(body)
    }

    func write<T: Sendable>(
        _ body: @escaping @Sendable (any StoreTransaction) throws -> T
    ) async throws -> T {
        try await store.write(body)
    }

    func store(
        _ delivery: Delivery,
        receivedAt: Date,
        completion: @escaping @Sendable (Result<StoredDelivery, any Error>) -> Void
    ) {
        store.store(delivery, receivedAt: receivedAt, completion: completion)
    }

    func lookup(tokenDigest: [UInt8]) throws -> KeyLookup? {
        try store.lookup(tokenDigest: tokenDigest)
    }
}

extension DeliveryInbox {
    func store(_ delivery: Delivery, receivedAt: Date = .at(1)) async throws -> StoredDelivery {
        try await withCheckedThrowingContinuation { continuation in
            store(delivery, receivedAt: receivedAt) { continuation.resume(with: $0) }
        }
    }
}

extension Store {
    /// Stores what foreign keys need: the plan `pro`, a customer, and subscriptions of theirs.
    func seed(_ ids: Subscription.ID...) async throws {
        try await write { tx in
            if try tx.plan(.pro) == nil { try tx.insert(PlanVersion.make()) }
            try tx.save(Customer.make())
            for id in ids { try tx.save(Subscription.make(id)) }
        }
    }

    func save(_ grant: Grant) async throws {
        try await write { try $0.save(grant) }
    }
}

// MARK: - Fixtures

extension Date {
    /// So many seconds after an arbitrary moment.
    static func at(_ seconds: Double) -> Date {
        Date(timeIntervalSince1970: 1_800_000_000 + seconds)
    }
}

extension Subscription.ID {
    static let one = Identifier<Subscription>("one")
    static let two = Identifier<Subscription>("two")
    static let three = Identifier<Subscription>("three")
}

extension Plan.Reference {
    static let pro = Plan.Reference(id: Plan.ID("pro"), version: 1)
}

extension [UInt8] {
    /// A digest, or salt, that differs by its number.
    static func digest(_ number: UInt8, count: Int = 32) -> [UInt8] {
        Array(repeating: number, count: count)
    }
}

extension Customer {
    static func make(
        _ id: String = "customer",
        providerID: String = "cus_1",
        email: String? = "ada@example.com"
    ) -> Customer {
        Customer(
            id: ID(id),
            provider: .stripe,
            mode: .test,
            providerID: providerID,
            email: email,
            createdAt: .at(0)
        )
    }
}

extension Subscription {
    static func make(
        _ id: ID = .one,
        createdAt: Date = .at(0),
        _ change: (inout Subscription) -> Void = { _ in }
    ) -> Subscription {
        var subscription = Subscription(
            id: id,
            provider: .stripe,
            mode: .test,
            providerID: "sub_\(id)",
            customerID: Customer.make().id,
            createdAt: createdAt
        )
        change(&subscription)
        return subscription
    }
}

extension PlanVersion {
    static func make(version: Int = 1, name: String = "Pro", id: String = "pro") -> PlanVersion {
        PlanVersion(
            plan: Plan(
                id: Plan.ID(id),
                name: name,
                prices: [.stripe: ["price_1"]],
                access: [
                    AccessRule(service: "shop", component: "_table/customers/*", verbs: [.get])
                ],
                limits: [RateLimit(rate: 100_000, period: .month)],
                pastDueGrace: .seconds(259_200),
                rotationGrace: .seconds(86_400),
                refund: .end,
                dispute: .suspend
            ),
            version: version,
            appliedAt: .at(0)
        )
    }
}

extension Grant {
    static func make(
        _ id: Subscription.ID = .one,
        access: Access = .active,
        generation: Int = 1,
        changedAt: Date = .at(0),
        _ change: (inout Grant) -> Void = { _ in }
    ) -> Grant {
        var grant = Grant(
            subscriptionID: id,
            desired: DesiredGrant(
                access: access,
                reason: "the subscription is paid",
                plan: .pro,
                generation: generation
            ),
            changedAt: changedAt
        )
        change(&grant)
        return grant
    }
}

extension APIKey {
    static func make(
        _ id: Subscription.ID = .one,
        generation: Int = 1,
        digest: UInt8 = 1,
        masterKeyID: String = "0a1b2c3d",
        lastFour: String = "wXyZ"
    ) -> APIKey {
        APIKey(
            subscriptionID: id,
            generation: generation,
            salt: .digest(digest, count: 16),
            masterKeyID: masterKeyID,
            digest: .digest(digest),
            lastFour: lastFour,
            createdAt: .at(2)
        )
    }
}

extension Claim {
    static func make(
        _ id: String = "claim",
        digest: UInt8 = 1,
        for subscription: Subscription.ID = .one
    ) -> Claim {
        Claim(
            id: ID(id),
            provider: .stripe,
            referenceDigest: .digest(digest),
            subscriptionID: subscription,
            createdAt: .at(0),
            expiresAt: .at(3_600),
            salt: .digest(9, count: 16)
        )
    }
}

extension LookupToken {
    static func make(
        _ id: String = "token",
        digest: UInt8 = 7,
        for subscription: Subscription.ID = .one
    ) -> LookupToken {
        LookupToken(
            id: ID(id),
            digest: .digest(digest),
            subscriptionID: subscription,
            createdAt: .at(3)
        )
    }
}

extension Delivery {
    static func make(
        _ id: String = "evt_1",
        provider: Provider = .stripe,
        mode: Mode = .test,
        body: [UInt8] = Array("{}".utf8),
        isReadable: Bool = true
    ) -> Delivery {
        Delivery(
            provider: provider,
            mode: mode,
            eventID: id,
            type: "invoice.paid",
            occurredAt: .at(0),
            body: body,
            isReadable: isReadable
        )
    }
}
