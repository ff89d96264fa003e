import Digest
import Foundation
import JSON

/// What a handler works with: the call, who makes it, and the platform's state.
struct Exchange {
    let store: Store
    let now: Date
    let random: SecureRandom
    let call: Call
    var caller = Caller()
    /// The service that the call names; nil for the root of the API.
    var service: Service?

    /// Whether the package with the limits is installed.
    var hasLimits = true
    /// Which of several nodes answers; each has its own cache and counters.
    var node = 0
    /// Whether what a change makes invalid stays in the cache all the same.
    var keepsStale = false

    var cache: Cache { Cache(store: store, now: now, node: node, keepsStale: keepsStale) }

    /// The machine's name, which the platform shows to every key and hashes into the keys it makes.
    static let host = "sandbox"
    static let version = "7.5.0"
}

/// A service as calls reach it.
struct Service {
    let id: Int
    let name: String
    let type: String
    let isActive: Bool
    let config: JSONValue?
    /// The file that a database service points to.
    let database: String?
    /// For how many seconds reads are kept; nil where they are not.
    let cacheLifetime: TimeInterval?
    /// How many rows an answer has at most.
    let recordsMax: Int?
    let allowsUpsert: Bool

    init?(_ row: [String: JSONValue]) {
        guard let id = row["id"]?.int, let name = row["name"]?.string else { return nil }
        self.id = id
        self.name = name
        type = row["type"]?.string ?? ""
        isActive = row["is_active"]?.int == 1
        let config = row["config"]?.string.flatMap { try? JSONValue(parsing: $0.utf8) }
        self.config = config
        database = config?["database"]?.string
        let keepsReads = config?["cache_enabled"]?.bool == true
        cacheLifetime = keepsReads ? config?["cache_ttl"]?.int.map(TimeInterval.init) : nil
        recordsMax = config?["max_records"]?.int.flatMap { $0 > 0 ? $0 : nil }
        allowsUpsert = config?["allow_upsert"]?.bool == true
    }
}
