import Foundation
import JSON

/// The platform's cache, which decides who is let in: a key that was looked up once works for five
/// hours more, whatever is done to the app's `api_key`.
struct Cache {
    /// `CACHE_DEFAULT_TTL`, in seconds.
    static let lifetime: TimeInterval = 18_000

    let store: Store
    let now: Date

    subscript(_ key: String) -> JSONValue? {
        get throws {
            let sql = "SELECT value FROM cache WHERE key = ? AND expires_at > ?"
            let text = try store.scalar(sql, [.string(key), .number(now.timeIntervalSince1970)])
            return try text?.string.map { try JSONValue(parsing: $0.utf8) }
        }
    }

    func keep(_ key: String, _ value: JSONValue, for lifetime: TimeInterval = lifetime) throws {
        try store.run(
            "INSERT OR REPLACE INTO cache (key, value, expires_at) VALUES (?, ?, ?)",
            [
                .string(key), .string(value.text()),
                .number(now.timeIntervalSince1970 + lifetime),
            ]
        )
    }

    func forget(_ key: String) throws {
        try store.run("DELETE FROM cache WHERE key = ?", [.string(key)])
    }

    /// Forgets everything; with it, that tokens were ended.
    func clear() throws {
        try store.run("DELETE FROM cache")
    }
}
