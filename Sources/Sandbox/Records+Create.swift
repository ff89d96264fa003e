import Digest
import Foundation
import JSON

extension Records {
    private var moment: JSONValue { .string(Moment.text(exchange.now)) }

    /// `POST`: each record with its nested ones or not at all.
    ///
    /// The answer is made after the record stands, so a bad `related` fails a create that has
    /// succeeded.
    func create() throws -> Answer {
        let records = call.records
        guard !records.isEmpty else { throw Refusal.noRecords }
        return try exchange.batch(records, "created", status: 201) { sent in
            let id = try store.atomically { try create(sent.object ?? [:]) }
            return try shown(row(.integer(Int64(id))) ?? [:])
        }
    }

    private func create(_ sent: [String: JSONValue]) throws -> Int {
        var values = kind.values(of: sent)
        if kind.table == "user" { values = try named(values) }
        try check(values, isNew: true)
        switch kind.table {
        case "app": values["api_key"] = try key(values)
        case "service":
            values["config"] = nil
            if values["label"]?.string == nil { values["label"] = values["name"] ?? .null }
        case "user": try checkIsFree(values["username"] ?? .null)
        default: break
        }
        values = hashed(values).merging(kind.scope) { _, scope in scope }
        if kind.hasAuthors, let user = exchange.caller.user {
            values["created_by_id"] = .integer(Int64(user.id))
        }
        let id = try insert(values)
        if kind.name == "service" { try configure(id, sent["config"]) }
        try saveNested(of: .integer(Int64(id)), sent)
        return id
    }

    /// Inserts a row and forgets what the cache holds of it.
    func insert(_ values: [String: JSONValue]) throws -> Int {
        var values = values
        if kind.hasDates {
            values["created_date"] = moment
            values["last_modified_date"] = moment
        }
        let id = try store.insert(into: kind.table, values)
        try forget(values.merging(["id": .integer(Int64(id))]) { old, _ in old })
        return id
    }

    func check(_ values: [String: JSONValue], isNew: Bool) throws(Refusal) {
        let complaints = kind.complaints(values, isNew)
        guard complaints.isEmpty else { throw .invalid(complaints) }
    }

    /// Passwords and answers are stored as their hashes.
    func hashed(_ values: [String: JSONValue]) -> [String: JSONValue] {
        var values = values
        for name in ["password", "security_answer"] {
            guard let secret = values[name]?.string else { continue }
            let salt = exchange.random.bytes(16)
            values[name] = .string(Password.hash(secret, salt: salt))
        }
        return values
    }

    /// Who has no name is called by first and last name or by what stands before the @.
    private func named(_ values: [String: JSONValue]) throws -> [String: JSONValue] {
        guard let email = values["email"] else {
            throw Refusal(500, "Failed to create resource: Undefined array key \"email\"")
        }
        var values = values
        let names = ["first_name", "last_name"].compactMap { values[$0]?.string }
        let parts = (email.string ?? "").split(separator: "@", omittingEmptySubsequences: false)
        let local = parts.count > 1 ? String(parts[0]) : ""
        if values["name"]?.string == nil {
            values["name"] = .string(names.isEmpty ? local : names.joined(separator: " "))
        }
        if values["username"]?.string == nil { values["username"] = email }
        return values
    }

    private func checkIsFree(_ username: JSONValue) throws {
        guard try store.row("SELECT 1 FROM user WHERE username = ?", [username]) != nil else {
            return
        }
        throw Refusal.invalid([("username", "The username has already been taken.")])
    }

    /// The key that was sent, or a made one where it is missing or, without a word, taken.
    private func key(_ values: [String: JSONValue]) throws -> JSONValue {
        if let sent = values["api_key"], sent.string?.isEmpty == false,
            try store.row("SELECT 1 FROM app WHERE api_key = ?", [sent]) == nil
        {
            return sent
        }
        return .string(Records.guessableKey(values["name"]?.string ?? "", exchange))
    }

    /// The platform makes keys from what others can know: host, name and second.
    static func guessableKey(_ name: String, _ exchange: Exchange) -> String {
        let second = Int(exchange.now.timeIntervalSince1970)
        return Hex.encode(SHA256.hash(Array("\(Exchange.host)\(name)\(second)".utf8)))
    }
}

// MARK: - Nested records

extension Records {
    /// Merges nested lists by id; rows that are not named stay.
    ///
    /// An id changes or moves that row, an id with a null parent deletes it, anything else is a new
    /// row.
    func saveNested(of parent: JSONValue, _ sent: [String: JSONValue]) throws {
        for (name, relation) in kind.relations.sorted(by: { $0.key < $1.key }) {
            guard relation.kind == .hasMany, let target = relation.target else { continue }
            let nested = Records(exchange: exchange, kind: target)
            for element in sent[name]?.array ?? [] {
                try nested.save(element.object ?? [:], parent: parent, key: relation.key)
            }
        }
    }

    private func save(
        _ sent: [String: JSONValue],
        parent: JSONValue,
        key: String
    ) throws {
        var values = kind.values(of: sent)
        let known = try sent["id"].flatMap { id in try id.isNull ? nil : row(id) }
        guard let known, let id = known["id"] else {
            values[key] = parent
            try check(values, isNew: true)
            _ = try insert(values)
            return
        }
        if sent[key]?.isNull == true {
            try delete(known)
            return
        }
        values[key] = parent
        try check(values, isNew: false)
        try update(known, id, values, isNested: true)
    }
}
