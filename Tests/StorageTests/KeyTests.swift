import Subscriptions
import Testing

struct KeyTests {
    @Test(arguments: StoreFactory.all)
    func `key rows are kept by generation and found by digest`(
        _ factory: StoreFactory
    ) async throws {
        let store = try factory.make()
        try await store.seed(.one, .two)
        var second = APIKey.make(generation: 2, digest: 2)
        try await store.write { [second] tx in
            try tx.insert(second)
            try tx.insert(APIKey.make())
        }
        second.shownAt = .at(4)
        second.endedAt = .at(5)
        try await store.write { [second] in try $0.update(second) }
        #expect(try await store.read { try $0.keys(.one) } == [.make(), second])
        #expect(try await store.read { try $0.key(.one, generation: 2) } == second)
        #expect(try await store.read { try $0.key(.one, generation: 3) } == nil)
        #expect(try await store.read { try $0.subscription(keyDigest: .digest(2)) }?.id == .one)
        #expect(try await store.read { try $0.subscription(keyDigest: .digest(3)) } == nil)
    }

    @Test(arguments: StoreFactory.all)
    func `a generation is made once`(_ factory: StoreFactory) async throws {
        let store = try factory.make()
        try await store.seed(.one)
        try await store.write { try $0.insert(APIKey.make()) }
        await #expect(throws: (any Error).self) {
            try await store.write { try $0.insert(APIKey.make(digest: 2)) }
        }
    }

    @Test(arguments: StoreFactory.all)
    func `master keys are in use until their last key has ended`(
        _ factory: StoreFactory
    ) async throws {
        let store = try factory.make()
        try await store.seed(.one)
        try await store.write { tx in
            for (generation, master) in [(1, "old"), (2, "old"), (3, "new")] {
                let digest = UInt8(generation)
                try tx.insert(.make(generation: generation, digest: digest, masterKeyID: master))
            }
        }
        let inUse = { try await store.read { try $0.masterKeyIDsInUse() } }
        #expect(try await inUse() == ["old", "new"])
        try await store.write { tx in
            for var key in try tx.keys(.one).prefix(2) {
                key.endedAt = .at(9)
                try tx.update(key)
            }
        }
        #expect(try await inUse() == ["new"])
    }

    @Test(arguments: StoreFactory.all)
    func `a reference is claimed once`(_ factory: StoreFactory) async throws {
        let store = try factory.make()
        try await store.seed(.one)
        #expect(try await store.write { try $0.insert(Claim.make()) })
        #expect(try await store.write { try $0.insert(Claim.make("again")) } == false)
        let use = { (second: Double) in
            try await store.write { tx in
                try tx.use(
                    Claim.ID("claim"),
                    at: .at(second),
                    deadline: .at(100),
                    idempotencyDigest: .digest(4)
                )
            }
        }
        #expect(try await use(100) == false)
        #expect(try await use(99))
        #expect(try await use(99) == false)
        var used = Claim.make()
        used.usedAt = .at(99)
        used.idempotencyDigest = .digest(4)
        let find = { (provider: Provider) in
            try await store.read { try $0.claim(provider: provider, referenceDigest: .digest(1)) }
        }
        #expect(try await find(.stripe) == used)
        #expect(try await find(.tollgate) == nil)
    }

    @Test(arguments: StoreFactory.all)
    func `an ended claim stays ended whatever the deadline`(_ factory: StoreFactory) async throws {
        let store = try factory.make()
        try await store.seed(.one, .two)
        try await store.write { tx in
            try tx.insert(Claim.make())
            try tx.insert(Claim.make("other", digest: 2, for: .two))
            try tx.expireClaims(.one, at: .at(5))
        }
        let use = { (id: String) in
            try await store.write { tx in
                try tx.use(
                    Claim.ID(id),
                    at: .at(6),
                    deadline: .at(7_200),
                    idempotencyDigest: nil
                )
            }
        }
        #expect(try await use("claim") == false)
        #expect(try await use("other"))
        let claim = try await store.read {
            try $0.claim(provider: .stripe, referenceDigest: .digest(1))
        }
        #expect(claim?.endedAt == .at(5))
    }

    @Test(arguments: StoreFactory.all)
    func `the audit is kept in order`(_ factory: StoreFactory) async throws {
        let store = try factory.make()
        try await store.seed(.one, .two)
        let entries = (1...4).map { index in
            AuditEntry(
                at: .at(Double(index)),
                actor: "staff:ada",
                action: "hold.placed",
                subscriptionID: [nil, Subscription.ID.one, .two, .one][index - 1],
                details: ["reason": "\"quoted\" / ž", "index": "\(index)"]
            )
        }
        try await store.write { tx in for entry in entries { try tx.append(entry) } }
        #expect(try await store.read { try $0.audit(nil, limit: 9) } == entries)
        #expect(try await store.read { try $0.audit(nil, limit: 2) } == Array(entries[2...]))
        #expect(try await store.read { try $0.audit(.one, limit: 9) } == [entries[1], entries[3]])
    }
}
