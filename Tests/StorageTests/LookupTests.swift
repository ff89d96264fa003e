import Subscriptions
import Testing

struct LookupTests {
    private func seed(_ store: any AnyStore, _ grant: Grant, key: APIKey? = .make()) async throws {
        try await store.seed(.one)
        try await store.write { tx in
            if let key { try tx.insert(key) }
            try tx.save(grant)
            try tx.insert(LookupToken.make())
        }
    }

    @Test(arguments: StoreFactory.all)
    func `a token reads all that an answer needs`(_ factory: StoreFactory) async throws {
        let store = try factory.make()
        try await seed(store, .make { $0.observed.shownGeneration = 1 })
        var key = APIKey.make()
        key.shownAt = .at(4)
        try await store.write { [key] in try $0.update(key) }
        let lookup = try store.lookup(tokenDigest: .digest(7))
        #expect(
            lookup
                == KeyLookup(
                    tokenID: LookupToken.ID("token"),
                    revealedGeneration: 0,
                    subscriptionID: .one,
                    access: .active,
                    plan: .pro,
                    generation: 1,
                    shownGeneration: 1,
                    key: key
                )
        )
    }

    @Test(arguments: StoreFactory.all)
    func `an unknown token reads nothing`(_ factory: StoreFactory) async throws {
        let store = try factory.make()
        try await seed(store, .make())
        #expect(try store.lookup(tokenDigest: .digest(8)) == nil)
        #expect(try store.lookup(tokenDigest: []) == nil)
    }

    @Test(arguments: StoreFactory.all)
    func `the key is that of the generation that is due`(_ factory: StoreFactory) async throws {
        let store = try factory.make()
        try await seed(store, .make(generation: 2) { $0.observed.shownGeneration = 1 })
        #expect(try store.lookup(tokenDigest: .digest(7))?.key == nil)
        let second = APIKey.make(generation: 2, digest: 2)
        try await store.write { try $0.insert(second) }
        let lookup = try store.lookup(tokenDigest: .digest(7))
        #expect(lookup?.key == second)
        #expect(lookup?.shownGeneration == 1)
    }

    @Test(arguments: StoreFactory.all)
    func `a key that a rotation replaces is shown until the new one is`(
        _ factory: StoreFactory
    ) async throws {
        let store = try factory.make()
        try await seed(store, .make { $0.observed.shownGeneration = 1 })
        let second = APIKey.make(generation: 2, digest: 2)
        try await store.write { try $0.insert(second) }
        var grant = Grant.make(generation: 2) { $0.observed.shownGeneration = 1 }
        grant.desired.overlap = .seconds(60)
        try await store.save(grant)
        let before = try store.lookup(tokenDigest: .digest(7))
        #expect(before?.generation == 1)
        #expect(before?.key?.generation == 1)
        #expect(before?.previous == nil)
        grant.observed.shownGeneration = 2
        grant.observed.ending = .init(generation: 1, at: .at(60))
        try await store.save(grant)
        let after = try store.lookup(tokenDigest: .digest(7))
        #expect(after?.generation == 2)
        #expect(after?.key == second)
        #expect(after?.previous == .init(lastFour: APIKey.make().lastFour, until: .at(60)))
        grant.observed.closedGeneration = 1
        try await store.save(grant)
        #expect(try store.lookup(tokenDigest: .digest(7))?.previous == nil)
    }

    @Test(arguments: StoreFactory.all)
    func `of the key of an app that was taken over the last four are told, until it is gone`(
        _ factory: StoreFactory
    ) async throws {
        let store = try factory.make()
        var grant = Grant.make(generation: 0)
        grant.observed = .adopting("wxyz")
        try await seed(store, grant, key: nil)
        let before = try #require(try store.lookup(tokenDigest: .digest(7)))
        #expect(before.generation == 0 && before.key == nil && before.adoptedLastFour == "wxyz")
        // Until the new key is shown, the old one is told of.
        grant.desired.generation = 1
        grant.desired.overlap = .seconds(60)
        try await store.write { [grant] tx in
            try tx.insert(APIKey.make())
            try tx.save(grant)
        }
        #expect(try store.lookup(tokenDigest: .digest(7))?.adoptedLastFour == "wxyz")
        grant.observed.shownGeneration = 1
        grant.observed.ending = .init(generation: 0, at: .at(60))
        try await store.save(grant)
        let after = try #require(try store.lookup(tokenDigest: .digest(7)))
        #expect(after.generation == 1 && after.key == .make() && after.adoptedLastFour == nil)
        #expect(after.previous == .init(lastFour: "wxyz", until: .at(60)))
        grant.observed.closedGeneration = 0
        try await store.save(grant)
        #expect(try store.lookup(tokenDigest: .digest(7))?.previous == nil)
    }

    @Test(arguments: StoreFactory.all)
    func `an app that was taken over is found by its id, its key and the last four of it`(
        _ factory: StoreFactory
    ) async throws {
        let store = try factory.make()
        var grant = Grant.make(generation: 0)
        grant.observed = .adopting("wxyz")
        try await seed(store, grant, key: nil)
        #expect(try await store.read { try $0.grant(.one) } == grant)
        let digest = try #require(grant.observed.adopted?.keyDigest)
        #expect(try await store.read { try $0.subscription(keyDigest: digest)?.id } == .one)
        #expect(try await store.read { try $0.subscription(appID: 12) } == .one)
        #expect(try await store.read { try $0.subscription(appID: 13) } == nil)
        for text in ["wxyz", "12"] {
            let found = try await store.read { try $0.subscriptions(matching: text, limit: 5) }
            #expect(found.map(\.id) == [.one])
        }
        grant.observed.apps = []
        grant.observed.closedGeneration = 0
        try await store.save(grant)
        #expect(try await store.read { try $0.subscription(appID: 12) } == nil)
        #expect(try await store.read { try $0.subscription(keyDigest: digest)?.id } == .one)
    }

    @Test(arguments: StoreFactory.all)
    func `a hold is seen by the look-up after its commit`(_ factory: StoreFactory) async throws {
        let store = try factory.make()
        try await seed(store, .make())
        #expect(try store.lookup(tokenDigest: .digest(7))?.access == .active)
        try await store.save(.make(access: .ended))
        #expect(try store.lookup(tokenDigest: .digest(7))?.access == .ended)
    }

    @Test(arguments: StoreFactory.all)
    func `a subscription without a grant has nothing due`(_ factory: StoreFactory) async throws {
        let store = try factory.make()
        try await store.seed(.one)
        try await store.write { try $0.insert(LookupToken.make()) }
        let lookup = try store.lookup(tokenDigest: .digest(7))
        #expect(lookup?.access == Access.none)
        #expect(lookup?.generation == 0)
        #expect(lookup?.key == nil)
    }

    @Test(arguments: StoreFactory.all)
    func `revoked tokens read nothing, other subscriptions' go on`(
        _ factory: StoreFactory
    ) async throws {
        let store = try factory.make()
        try await store.seed(.one, .two)
        try await store.write { tx in
            try tx.insert(LookupToken.make())
            try tx.insert(LookupToken.make("other", digest: 8, for: .two))
            try tx.revokeTokens(.one, at: .at(9))
        }
        #expect(try store.lookup(tokenDigest: .digest(7)) == nil)
        #expect(try store.lookup(tokenDigest: .digest(8))?.subscriptionID == .two)
    }

    @Test(arguments: StoreFactory.all)
    func `a reveal is noted and never taken back`(_ factory: StoreFactory) async throws {
        let store = try factory.make()
        try await seed(store, .make())
        for generation in [2, 1] {
            let noted = try await store.write {
                try $0.reveal(generation, to: LookupToken.ID("token"))
            }
            #expect(noted)
        }
        #expect(try store.lookup(tokenDigest: .digest(7))?.revealedGeneration == 2)
    }

    @Test(arguments: StoreFactory.all)
    func `nothing is revealed to a token that was ended`(_ factory: StoreFactory) async throws {
        let store = try factory.make()
        try await seed(store, .make())
        let noted = try await store.write { tx in
            try tx.revokeTokens(.one, at: .at(9))
            return try tx.reveal(1, to: LookupToken.ID("token"))
        }
        #expect(!noted)
    }
}

extension ObservedGrant {
    /// An app with the id 12 that was there before, whose key ends so.
    fileprivate static func adopting(_ lastFour: String) -> ObservedGrant {
        let key = String(repeating: "k", count: 60) + lastFour
        return ObservedGrant(adopting: Adopted(id: 12, name: "before", roleID: 3, key: key))
    }
}
