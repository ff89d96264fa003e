import JSON

/// What a service is configured with.
extension Records {
    private static let everyDatabase: [String: JSONValue] = [
        "options": .null, "attributes": .null, "statements": .null, "database": .null,
        "cache_enabled": false, "cache_ttl": 0, "allow_upsert": false, "max_records": false,
    ]

    private static let everyServer: [String: JSONValue] = everyDatabase.merging(
        [
            "host": .null, "port": .null, "username": .null, "password": .null, "schema": .null,
            "charset": .null, "collation": .null, "timezone": .null, "modes": .null,
            "strict": .null, "unix_socket": .null,
        ]
    ) { _, own in own }

    /// Merges what was sent into a service's configuration, and completes a database's.
    func configure(_ id: Int, _ sent: JSONValue?) throws {
        let key = JSONValue.integer(Int64(id))
        let row = try store.row("SELECT type, config FROM service WHERE id = ?", [key])
        let known = row?["config"]?.string.flatMap { try? JSONValue(parsing: $0.utf8) }?.object
        let given = (known ?? [:]).merging(sent?.object ?? [:]) { _, sent in sent }
        let isGiven = sent?.object != nil
        let members = try members(row?["type"]?.string ?? "", given, isGiven: isGiven)
        var config = (known ?? [:]).merging(members) { known, _ in known }
        if !members.isEmpty { config["service_id"] = key }
        for (name, value) in sent?.object ?? [:] where config[name] != nil && name != "service_id" {
            config[name] = name == "password" ? "**********" : value
        }
        try store.run(
            "UPDATE service SET config = ? WHERE id = ?",
            [config.isEmpty ? "[]" : .object(config), key]
        )
    }

    /// What a service of a type can be told; nothing where the type is not installed.
    ///
    /// A server's database is one that the sandbox holds itself, and nothing secret is kept.
    private func members(
        _ type: String,
        _ given: [String: JSONValue],
        isGiven: Bool
    ) throws -> [String: JSONValue] {
        let database = given["database"]?.string
        switch type {
        case "sqlite":
            guard !isGiven || database != nil else { throw incomplete("database name") }
            return Records.everyDatabase
        case "mysql":
            guard let database, try !TableSchema.names(in: database, store).isEmpty else {
                return [:]
            }
            guard given["host"]?.string != nil else {
                throw incomplete("host and database name")
            }
            return Records.everyServer
        default: return [:]
        }
    }

    private func incomplete(_ what: String) -> Refusal {
        Refusal(400, "Database connection information must contain at least \(what).")
    }
}
