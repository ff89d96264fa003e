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

    var cache: Cache { Cache(store: store, now: now) }

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
    /// The file that a database service points to.
    let database: String?

    init?(_ row: [String: JSONValue]) {
        guard let id = row["id"]?.int, let name = row["name"]?.string else { return nil }
        self.id = id
        self.name = name
        type = row["type"]?.string ?? ""
        isActive = row["is_active"]?.int == 1
        let config = row["config"]?.string.flatMap { try? JSONValue(parsing: $0.utf8) }
        database = config?["database"]?.string
    }
}
