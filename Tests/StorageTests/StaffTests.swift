import Subscriptions
import Testing

/// What only staff look for.
struct StaffTests {
    @Test(arguments: StoreFactory.all)
    func `a customer is found by whatever names them`(_ factory: StoreFactory) async throws {
        let store = try factory.make()
        try await store.write { tx in
            try tx.save(Customer.make())
            try tx.save(Customer.make("other", providerID: "cus_2", email: nil))
            try tx.save(Customer.make("third", providerID: "cus_3", email: "ADA@example.com"))
        }
        for (text, ids) in [
            ("customer", ["customer"]), ("cus_2", ["other"]), ("cus", []), ("%", []),
            ("Ada@Example.com", ["customer", "third"]),
        ] {
            let found = try await store.read { try $0.customers(matching: text, limit: 9) }
            #expect(found.map(\.id.rawValue) == ids)
        }
        let one = try await store.read { try $0.customers(matching: "ada@example.com", limit: 1) }
        #expect(one.map(\.id.rawValue) == ["customer"])
    }

    @Test(arguments: StoreFactory.all)
    func `claims are listed, the newest first`(_ factory: StoreFactory) async throws {
        let store = try factory.make()
        try await store.seed(.one)
        let made = [("a", 1.0), ("b", 3), ("c", 2), ("d", 3)].enumerated().map { number, claim in
            Claim(
                id: Claim.ID(claim.0),
                provider: .stripe,
                referenceDigest: .digest(UInt8(number)),
                subscriptionID: .one,
                createdAt: .at(claim.1),
                expiresAt: .at(9),
                salt: [1, 2]
            )
        }
        try await store.write { tx in for claim in made { try tx.insert(claim) } }
        let found = try await store.read { try $0.claims(limit: 3) }
        #expect(found.map(\.id.rawValue) == ["d", "b", "c"])
        #expect(found.first == made[3])
    }
}
