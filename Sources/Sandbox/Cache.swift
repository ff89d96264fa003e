import Foundation
import JSON

/// The platform's cache, which decides who is let in: a key that was looked up once works for five
/// hours more, whatever is done to the app's `api_key`.
struct Cache {
    /// `CACHE_DEFAULT_TTL`, in seconds.
    static let lifetime: TimeInterval = 18_000

    let store: Store
    let now: Date
    var node = 0
    var keepsStale = false

    /// The name of an entry in the table that all nodes share here; the first has the plain names.
    private func name(_ key: String) -> String { node == 0 ? key : "\(node)|\(key)" }

    subscript(_ key: String) -> JSONValue? {
        get throws {
            let sql = "SELECT value FROM cache WHERE key = ? AND expires_at > ?"
            let text = try store.scalar(
                sql,
                [.string(name(key)), .number(now.timeIntervalSince1970)]
            )
            return try text?.string.map { try JSONValue(parsing: $0.utf8) }
        }
    }

    func keep(_ key: String, _ value: JSONValue, for lifetime: TimeInterval = lifetime) throws {
        try store.run(
            "INSERT OR REPLACE INTO cache (key, value, expires_at) VALUES (?, ?, ?)",
            [
                .string(name(key)), .string(value.text()),
                .number(now.timeIntervalSince1970 + lifetime),
            ]
        )
    }

    func forget(_ key: String) throws {
        if keepsStale { return }
        try store.run("DELETE FROM cache WHERE key = ?", [.string(name(key))])
    }

    func forget(prefix: String) throws {
        try store.run(
            "DELETE FROM cache WHERE substr(key, 1, length(?1)) = ?1",
            [.string(name(prefix))]
        )
    }

    /// Forgets everything that this node keeps; with it, that tokens were ended.
    func clear() throws {
        let ours = node == 0 ? "NOT GLOB '[0-9]*|*'" : "GLOB '\(node)|*'"
        try store.run("DELETE FROM cache WHERE key \(ours)")
    }
}
