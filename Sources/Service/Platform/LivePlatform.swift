import DreamFactory
import JSON

/// A platform's picture with the ids that its records have there.
struct LivePlatform {
    var picture = PlatformPicture()
    /// The ids by kind and key.
    var ids: [PlatformPicture.Kind: [String: Int64]] = [:]
    /// The rules of each role with their ids.
    var rules: [String: [(id: Int64, rule: JSONValue)]] = [:]
    /// What is never removed: what every installation has, and what the caller itself lives by.
    var guarded: [PlatformPicture.Kind: Set<String>] = [:]

    private var serviceNames: [Int64: String] = [:]
    private var roleNames: [Int64: String] = [:]
    private var users: [Int64: String] = [:]

    /// Reads all of it, and the users too where they are asked for or limits name them.
    static func read(
        _ link: PlatformLink,
        users: Bool = false
    ) async throws -> LivePlatform {
        let client = link.client()
        var live = LivePlatform()
        var services: [JSONValue] = []
        for try await row in client.services.all(as: JSONValue.self) { services.append(row) }
        // One may name another that comes after it.
        for row in services { live.learnName(ofService: row) }
        for row in services { live.take(service: row) }
        let roles = RecordQuery(related: [Role.withRules])
        for try await row in client.roles.all(roles, as: JSONValue.self) { live.take(role: row) }
        for try await row in client.apps.all(as: JSONValue.self) { live.take(app: row, link) }
        if users { try await live.learnUsers(client) }
        do {
            for try await row in client.limits.all(as: JSONValue.self) {
                if row["user_id"]?.integer != nil, live.users.isEmpty {
                    try await live.learnUsers(client)
                }
                live.take(limit: row)
            }
        } catch let error as PlatformError where error.reason == .resourceMissing {
            // A platform without the package has no limits.
        }
        return live
    }

    private mutating func add(
        _ kind: PlatformPicture.Kind,
        _ id: Int64,
        _ fields: [String: JSONValue]
    ) {
        guard let key = PlatformPicture.key(kind, fields), !PlatformPicture.isOwn(fields) else {
            return
        }
        ids[kind, default: [:]][key] = id
        picture.add(kind, fields)
    }

    private static func fields(
        _ row: JSONValue,
        _ names: [String]
    ) -> [String: JSONValue] {
        Dictionary(names.compactMap { name in row[name].map { (name, $0) } }) { first, _ in first }
    }

    private mutating func learnName(ofService row: JSONValue) {
        guard let id = row["id"]?.integer else { return }
        serviceNames[id] = row["name"]?.string
    }

    /// Settings with the names of other services; other ids mean nothing on another platform.
    private func portable(_ config: [String: JSONValue]) -> [String: JSONValue] {
        var portable = config
        for (name, value) in config where name == "id" || name.hasSuffix("_id") {
            guard let id = value.integer, name != "service_id" else {
                if name == "id" || name == "service_id" { portable[name] = nil }
                continue
            }
            portable[name] =
                name.hasSuffix("_service_id") ? serviceNames[id].map { .string($0) } : nil
        }
        return portable
    }

    private mutating func take(service row: JSONValue) {
        guard let id = row["id"]?.integer, let name = row["name"]?.string else { return }
        var fields = Self.fields(row, ["name", "label", "description", "type", "is_active"])
        if let config = row["config"]?.object {
            let (kept, secrets) = ConfigSecrets.removed(from: portable(config))
            // The platform fills in what was never set, as false or 0: both say the same.
            fields["config"] = .object(kept.filter { $0.value != false && $0.value != 0 })
            if !secrets.isEmpty { fields["secrets"] = .array(secrets.map(JSONValue.string)) }
        }
        if row["deletable"]?.bool == false || ["system", "user"].contains(row["type"]?.string) {
            guarded[.services, default: []].insert(name)
        }
        add(.services, id, fields)
    }

    private mutating func take(role row: JSONValue) {
        guard let id = row["id"]?.integer, let name = row["name"]?.string else { return }
        roleNames[id] = name
        var fields = Self.fields(row, ["name", "description", "is_active"])
        let rows = row[Role.withRules.name.rawValue]?.array ?? []
        let rules = rows.compactMap { row in row["id"]?.integer.map { ($0, rule(row)) } }
        self.rules[name] = rules.map { (id: $0.0, rule: $0.1) }
        fields["rules"] = .array(rules.map(\.1))
        add(.roles, id, fields)
    }

    /// A rule by the name of its service; one whose service is gone keeps the dead number.
    private func rule(_ row: JSONValue) -> JSONValue {
        var fields = Self.fields(row, ["component", "verb_mask", "requestor_mask", "filter_op"])
        fields["filters"] = row["filters"]?.array.map(JSONValue.array) ?? []
        if let id = row["service_id"]?.integer {
            fields["service"] = .string(serviceNames[id] ?? "#\(id)")
        }
        return .object(fields.filter { !$0.value.isNull })
    }

    private mutating func take(app row: JSONValue, _ link: PlatformLink) {
        guard let id = row["id"]?.integer, let name = row["name"]?.string else { return }
        var fields = Self.fields(
            row,
            [
                "name", "description", "is_active", "type", "path", "url", "storage_container",
                "requires_fullscreen", "allow_fullscreen_toggle", "toggle_location",
            ]
        )
        if let role = row["role_id"]?.integer {
            fields["role"] = .string(roleNames[role] ?? "#\(role)")
        }
        if let service = row["storage_service_id"]?.integer {
            fields["storage_service"] = .string(serviceNames[service] ?? "#\(service)")
        }
        if ["admin", "api_docs", "file_manager"].contains(name) {
            guarded[.apps, default: []].insert(name)
        }
        if case .apiKey(let key) = link.caller, row["api_key"]?.string == key.rawValue {
            guarded[.apps, default: []].insert(name)
            if let role = fields["role"]?.string { guarded[.roles, default: []].insert(role) }
        }
        add(.apps, id, fields)
    }

    private mutating func learnUsers(_ client: PlatformClient) async throws {
        let query = RecordQuery(fields: ["id", "email"])
        for try await user in client.users.all(query, as: JSONValue.self) {
            if let id = user["id"]?.integer { users[id] = user["email"]?.string }
        }
    }

    private mutating func take(limit row: JSONValue) {
        guard let id = row["id"]?.integer else { return }
        var fields = Self.fields(
            row,
            ["name", "description", "is_active", "type", "rate", "endpoint", "verb"]
        )
        fields["period"] = period(row["period"] ?? .null)
        if let role = row["role_id"]?.integer {
            fields["role"] = .string(roleNames[role] ?? "#\(role)")
        }
        if let service = row["service_id"]?.integer {
            fields["service"] = .string(serviceNames[service] ?? "#\(service)")
        }
        if let user = row["user_id"]?.integer {
            fields["user"] = .string(users[user] ?? "#\(user)")
        }
        add(.limits, id, fields)
    }

    /// The platform writes a minute as a number at times.
    private func period(_ value: JSONValue) -> JSONValue {
        guard let number = value.int, LimitPeriod.allCases.indices.contains(number) else {
            return value
        }
        return .string(LimitPeriod.allCases[number].rawValue)
    }

    /// The id of a user that a file names, as far as users were read.
    func userID(_ email: String) -> Int64? { users.first { $0.value == email }?.key }
}

extension PlatformLink {
    /// What the platform is set up as, now.
    package func picture() async throws -> PlatformPicture {
        try await LivePlatform.read(self).picture
    }
}
