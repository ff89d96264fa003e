import Digest
import Foundation
import Storage
import Subscriptions
import Testing

@testable import tollgate_benchmark

struct SeedTests {
    private static let now = Date(timeIntervalSince1970: 1_790_000_000)

    private let keyRing: KeyRing
    private let folder: URL
    private let store: SQLiteStore

    init() throws {
        keyRing = KeyRing(current: try #require(MasterKey(hex: String(repeating: "0f", count: 32))))
        folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("benchmark-tests-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        store = try SQLiteStore(
            path: folder.appendingPathComponent("seed.db").path,
            now: { Self.now },
            onFatal: { _ in }
        )
    }

    private func close() throws {
        store.close()
        try FileManager.default.removeItem(at: folder)
    }

    private func fill(upTo count: Int) async throws -> Int {
        try await Seed(keyRing: keyRing, now: Self.now).fill(store, upTo: count)
    }

    @Test func `every token that is printed shows a key that fits its row`() async throws {
        #expect(try await fill(upTo: 5) == 5)
        var keys: Set<String> = []
        for number in 0..<5 {
            let digest = SHA256.hash(Seed.token(number).utf8)
            let lookup = try #require(try store.lookup(tokenDigest: digest))
            #expect(lookup.access == .active)
            #expect(lookup.shownGeneration == lookup.generation)
            #expect(lookup.revealedGeneration == lookup.generation)
            keys.insert(try keyRing.text(of: try #require(lookup.key), mode: .test))
        }
        #expect(keys.count == 5)
        try close()
    }

    @Test func `a database that is filled again gets only what is missing`() async throws {
        #expect(try await fill(upTo: 3) == 3)
        #expect(try await fill(upTo: 7) == 4)
        #expect(try await fill(upTo: 7) == 0)
        let counts = try await store.read { try $0.subscriptionCounts() }
        #expect(counts.values.reduce(0, +) == 7)
        try close()
    }

    @Test func `no worker has anything to do for what was seeded`() async throws {
        _ = try await fill(upTo: 3)
        let later = Self.now.addingTimeInterval(86_400)
        let (grants, due, revocations) = try await store.read { reader in
            (
                try reader.dueGrants(later, limit: 10),
                try reader.subscriptions(decisionDueBy: later, limit: 10),
                try reader.unprovedRevocations(limit: 10)
            )
        }
        #expect(grants.isEmpty && due.isEmpty && revocations.isEmpty)
        try close()
    }
}
