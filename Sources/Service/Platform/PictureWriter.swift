import Digest
import DreamFactory
import JSON

/// Makes the steps of a plan.
struct PictureWriter: Sendable {
    let client: PlatformClient
    var live: LivePlatform
    let wanted: PlatformPicture
    let random: @Sendable (Int) -> [UInt8]

    mutating func make(_ step: PlatformPlan.Step) async throws {
        let wants = wanted.records[step.kind]?[step.key] ?? [:]
        let has = live.picture.records[step.kind]?[step.key] ?? [:]
        switch step.action {
        case .create:
            let id = try await create(step.kind, wants)
            live.ids[step.kind, default: [:]][step.key] = id
        case .update: try await update(step, wants, has)
        case .delete: try await delete(step)
        }
    }

    private func create(
        _ kind: PlatformPicture.Kind,
        _ wants: [String: JSONValue]
    ) async throws -> Int64 {
        switch kind {
        case .services:
            var record = wants
            record["secrets"] = nil
            if let config = record["config"]?.object {
                record["config"] = .object(try settled(config))
            }
            return try await only(
                client.services.create([JSONValue.object(record)], as: JSONValue.self)
            )
        case .roles:
            var record = wants
            record["rules"] = nil
            record[Self.rules] = .array(try (wants["rules"]?.array ?? []).map(row))
            return try await only(
                client.roles.create(
                    [JSONValue.object(record)],
                    accepting: [.ruleForEveryService],
                    as: JSONValue.self
                )
            )
        case .apps:
            var record = try references(wants, in: .apps)
            // The platform's own keys can be guessed.
            record["api_key"] = .string(Hex.encode(random(32)))
            return try await only(
                client.apps.create([JSONValue.object(record)], as: JSONValue.self)
            )
        case .limits:
            let record = try references(wants, in: .limits)
            return try await only(
                client.limits.create([JSONValue.object(record)], as: JSONValue.self)
            )
        }
    }

    /// What a setting is that a picture does not have.
    private static func unset(_ old: JSONValue?) -> JSONValue {
        if old?.bool != nil { return false }
        return old?.integer == nil ? .null : 0
    }

    /// Settings with the ids of the other services that they name.
    private func settled(_ config: [String: JSONValue]) throws -> [String: JSONValue] {
        var settled = config
        for (name, value) in config where name.hasSuffix("_service_id") {
            settled[name] = try value.string.map { try reference($0, .services) } ?? value
        }
        return settled
    }

    private func only(_ rows: [JSONValue]) throws -> Int64 {
        guard let id = rows.first?["id"]?.integer else {
            throw PictureError("The platform did not say what it made.")
        }
        return id
    }

    private func update(
        _ step: PlatformPlan.Step,
        _ wants: [String: JSONValue],
        _ has: [String: JSONValue]
    ) async throws {
        var change: [String: JSONValue] = [:]
        let names = Set(wants.keys).union(has.keys).subtracting(["secrets", "rules"])
        for name in names where wants[name] != has[name] { change[name] = wants[name] ?? .null }
        switch step.kind {
        case .services:
            if let config = change["config"]?.object {
                let old = has["config"]?.object ?? [:]
                let keys = Set(config.keys).union(old.keys).filter { config[$0] != old[$0] }
                change["config"] = .object(
                    try settled(
                        Dictionary(
                            uniqueKeysWithValues: keys.map {
                                ($0, config[$0] ?? Self.unset(old[$0]))
                            }
                        )
                    )
                )
            }
            // A service without a description cannot be changed until one is sent.
            change["description"] = wants["description"] ?? ""
            _ = try await client.services.update(
                id(step),
                JSONValue.object(change)
            )
        case .roles:
            let rows = try ruleChanges(step.key, wants)
            if !rows.isEmpty { change[Self.rules] = .array(rows) }
            _ = try await client.roles.update(
                id(step),
                JSONValue.object(change),
                accepting: [.rowsAddedAgain, .rowRemovedAgain, .ruleForEveryService]
            )
        case .apps:
            _ = try await client.apps.update(
                id(step),
                JSONValue.object(try references(change, in: .apps))
            )
        case .limits:
            _ = try await client.limits.update(id(step), JSONValue.object(change))
        }
    }

    private func delete(_ step: PlatformPlan.Step) async throws {
        do {
            switch step.kind {
            case .services: try await client.services.delete(id(step))
            case .roles: try await client.roles.delete(id(step))
            case .apps: try await client.apps.delete(id(step))
            case .limits: try await client.limits.delete(id(step))
            }
        } catch let error as PlatformError where error.reason == .notFound {
            // Somebody else, or the platform together with what it belonged to.
        }
    }

    private func id<Record>(_ step: PlatformPlan.Step) throws -> RecordID<Record> {
        guard let id = live.ids[step.kind]?[step.key].flatMap(RecordID<Record>.init) else {
            throw PictureError("The \(step.kind.noun) \(step.key) has no id.")
        }
        return id
    }

    private static let rules = "role_service_access_by_role_id"

    /// Only rules that differ are named: what is not named stays, and a rule is added by having no
    /// id.
    private func ruleChanges(
        _ role: String,
        _ wants: [String: JSONValue]
    ) throws -> [JSONValue] {
        var missing = wants["rules"]?.array ?? []
        var rows: [JSONValue] = []
        for (id, rule) in live.rules[role] ?? [] {
            if let index = missing.firstIndex(of: rule) {
                missing.remove(at: index)
            } else {
                rows.append(["id": .integer(id), "role_id": .null])
            }
        }
        return rows + (try missing.map(row))
    }

    /// A rule with the id of its service.
    private func row(_ rule: JSONValue) throws -> JSONValue {
        guard var fields = rule.object else { throw PictureError("A rule is no object.") }
        let service = fields.removeValue(forKey: "service")?.string
        fields["service_id"] = try service.map { try self.reference($0, .services) } ?? .null
        return .object(fields)
    }

    /// The fields with ids in place of names.
    private func references(
        _ fields: [String: JSONValue],
        in kind: PlatformPicture.Kind
    ) throws -> [String: JSONValue] {
        var fields = fields
        let names: [(String, String, PlatformPicture.Kind)] = [
            ("role", "role_id", .roles), ("service", "service_id", .services),
            ("storage_service", "storage_service_id", .services),
        ]
        for (name, column, target) in names {
            guard let value = fields.removeValue(forKey: name) else { continue }
            fields[column] = try value.string.map { try reference($0, target) } ?? .null
        }
        if let email = fields.removeValue(forKey: "user")?.string {
            guard let id = live.userID(email) else {
                throw PictureError("The platform has no user of that limit: make the user first.")
            }
            fields["user_id"] = .integer(id)
        }
        return fields
    }

    private func reference(_ name: String, _ kind: PlatformPicture.Kind) throws -> JSONValue {
        guard let id = live.ids[kind]?[name] else {
            throw PictureError(
                "It refers to the \(kind.noun) \(name), which the platform does not have: make that "
                    + "first."
            )
        }
        return .integer(id)
    }
}
