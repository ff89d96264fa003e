import Digest
import Foundation
import JSON

/// Makes the state of a new sandbox.
struct Setup {
    let store: Store
    let now: Date
    let random: SecureRandom

    /// Makes the tables and the first records where the database is new.
    ///
    /// - Throws: A sentence about a database or a seed that cannot be used.
    func prepare(bare: Bool, seed: JSONValue?) throws {
        let version = try store.scalar("PRAGMA user_version")?.int ?? 0
        guard version == 0 || version == Schema.version else {
            throw SandboxError(
                "The sandbox's database is of version \(version), which this program does not "
                    + "read; name another file or delete it."
            )
        }
        guard version == 0 else { return }
        try store.transaction {
            try store.script(Schema.tables)
            let moment = JSONValue.string(Moment.text(now))
            for sql in [Schema.apps, Schema.services] {
                try store.run(sql.replacingOccurrences(of: ":now", with: "?1"), [moment])
            }
            try store.script(Schema.shop)
            try store.script(bare ? Schema.secrets : Schema.orders)
            let password = bare ? "Str0ng-Pass-1234!" : SandboxPlatform.adminPassword
            try makeAdmin(password: password, moment)
            if !bare, seed == nil { try makeShop(moment) }
            _ = try store.run(
                "INSERT INTO secret (name, value) VALUES ('jwt', ?)",
                [.string(Hex.encode(random.bytes(32)))]
            )
            if let seed { try Seed(store: store, now: now, random: random).apply(seed) }
            try store.script("PRAGMA user_version = \(Schema.version)")
        }
    }

    private func makeAdmin(password: String, _ moment: JSONValue) throws {
        _ = try store.insert(
            into: "user",
            [
                "name": "Ada Min", "first_name": "Ada", "last_name": "Min",
                "email": .string(SandboxPlatform.adminEmail), "is_active": true,
                "is_sys_admin": true,
                "password": .string(Password.hash(password, salt: random.bytes(16))),
                "created_date": moment, "last_modified_date": moment,
            ]
        )
    }

    private func makeShop(_ moment: JSONValue) throws {
        _ = try store.insert(
            into: "service",
            [
                "name": .string(SandboxPlatform.serviceName), "label": "Shop",
                "description": "A shop to sell access to.", "is_active": true, "type": "sqlite",
                "config": ["database": "shop.sqlite"],
                "created_date": moment, "last_modified_date": moment,
            ]
        )
    }
}

/// Why a sandbox cannot start, in one sentence.
package struct SandboxError: Error, CustomStringConvertible {
    /// The sentence; it says what to do next.
    package let description: String

    init(_ description: String) { self.description = description }
}
