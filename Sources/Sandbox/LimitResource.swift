import JSON

/// `system/limit`, which df-limits serves in its own way: POST answers 200, every record is checked
/// before any is written, and a limit of a minute has its period as the number 0 when read alone.
struct LimitResource {
    /// A relation that only a list has.
    static let cacheRelation = "limit_cache_by_limit_id"

    let exchange: Exchange
    private var records: Records { Records(exchange: exchange, kind: .limit) }
    private var call: Call { exchange.call }

    init(_ exchange: Exchange) { self.exchange = exchange }

    /// A record with the name of its period.
    static func shown(_ record: [String: JSONValue]) -> JSONValue {
        var record = record
        if let period = record["period"]?.int.flatMap(LimitPeriod.init) {
            record["period"] = .string(period.name)
        }
        return .object(record)
    }

    private func shown(_ row: [String: JSONValue]) throws -> JSONValue {
        LimitResource.shown(try records.shown(row).object ?? [:])
    }

    func list() throws -> Answer {
        var answer = try records.list()
        guard case .object(var body)? = answer.body, let list = body["resource"]?.array else {
            return answer
        }
        let wantsCounters = (call.names("related") ?? []).contains(LimitResource.cacheRelation)
        body["resource"] = .array(
            try list.map { element in
                guard var record = element.object else { return element }
                if wantsCounters, let row = try records.row(record["id"] ?? .null) {
                    record[LimitResource.cacheRelation] = .array(try counters(row))
                }
                return LimitResource.shown(record)
            }
        )
        answer.body = .object(body)
        return answer
    }

    func get(_ identifier: String) throws -> Answer {
        var answer = try records.get(identifier)
        if (call.names("related") ?? []).contains(LimitResource.cacheRelation) {
            let text = "foreach() argument must be of type array|object, null given"
            throw Refusal(500, text, envelope: .exception)
        }
        guard let record = answer.body?.object, record["period"] != 0 else { return answer }
        answer.body = LimitResource.shown(record)
        return answer
    }

    func create() throws -> Answer {
        let sent = call.records
        guard !sent.isEmpty else { throw Refusal.undefinedKey("\"period\"") }
        let limits = try sent.map { try LimitRecord($0.object ?? [:], store: exchange.store) }
        // With rollback the platform leaves it to the database to find one that exists.
        if !call.flag("rollback") {
            for limit in limits { try checkIsFree(limit, except: .null) }
        }
        return try exchange.batch(limits, "created") { limit in
            try limit.check()
            let id = try records.insert(RecordKind.limit.values(of: limit.values))
            return try shown(records.row(.integer(Int64(id))) ?? [:])
        }
    }

    private func checkIsFree(_ limit: LimitRecord, except id: JSONValue) throws {
        let sql = "SELECT 1 FROM limits WHERE key_text = ? AND id IS NOT ?"
        guard try exchange.store.row(sql, [limit.values["key_text"] ?? .null, id]) != nil else {
            return
        }
        throw Refusal(
            400,
            "A limit already exists with those parameters. No records added.",
            context: .object(limit.values)
        )
    }

    /// A missing one is a 400 whose code is 404.
    func update(_ identifier: String) throws -> Answer {
        let known: [String: JSONValue]
        do {
            known = try records.row(identifier: identifier)
        } catch let refusal as Refusal {
            throw Refusal(400, refusal.message, code: 404)
        }
        let merged = RecordKind.limit.record(known)
            .merging(call.payload.object ?? [:]) { _, sent in sent }
            .merging(["id": known["id"] ?? .null]) { _, id in id }
        let limit = try LimitRecord(merged, store: exchange.store)
        try checkIsFree(limit, except: known["id"] ?? .null)
        return Answer(body: try shown(store(limit, over: known)))
    }

    /// By `ids` the platform writes the first limit's type and ids into all of them.
    func updateList() throws -> Answer {
        let sent = call.records.map { $0.object ?? [:] }
        guard let first = sent.first else { throw Refusal.noRecords }
        guard let ids = call.names("ids") else {
            return try exchange.batch(sent, "updated") { record in
                let known = try records.row(identifier: Records.identifier(record["id"]))
                return try shown(change(known, record, from: known))
            }
        }
        let model = try ids.first.map { try records.row(identifier: $0) } ?? [:]
        return try exchange.batch(ids, "updated") { id in
            try shown(change(records.row(identifier: id), first, from: model, keepsKey: true))
        }
    }

    private func change(
        _ known: [String: JSONValue],
        _ sent: [String: JSONValue],
        from model: [String: JSONValue],
        keepsKey: Bool = false
    ) throws -> [String: JSONValue] {
        var base = RecordKind.limit.record(known)
        for name in ["type", "user_id", "role_id", "service_id", "endpoint", "verb"] {
            base[name] = model[name] ?? .null
        }
        var limit = try LimitRecord(
            base.merging(sent) { _, sent in sent },
            store: exchange.store
        )
        if keepsKey { limit.values["key_text"] = known["key_text"] }
        return try store(limit, over: known)
    }

    /// Another rate frees a limit that is locked.
    private func store(
        _ limit: LimitRecord,
        over known: [String: JSONValue]
    ) throws -> [String: JSONValue] {
        let id = known["id"] ?? .null
        do {
            try limit.check()
            let values = RecordKind.limit.values(of: limit.values)
            try records.update(known, id, values, isNested: true)
        } catch let refusal as Refusal {
            throw refusal.asFailedUpdate
        }
        if let old = Limit(known), known["rate"] != limit.values["rate"] {
            for key in try keys(old) where try exchange.counters.isLocked(key) {
                try exchange.counters.clear(key)
            }
        }
        return try records.row(id) ?? [:]
    }

    func delete(_ identifier: String) throws -> Answer {
        Answer(body: try deleteShown(identifier))
    }

    /// Without ids or records nothing is deleted, whatever else is asked for.
    func deleteList() throws -> Answer {
        let ids =
            call.names("ids") ?? call.records.map { Records.identifier($0["id"]) }
        guard !ids.isEmpty else { throw Refusal.noRecords }
        return try exchange.batch(ids, "deleted", deleteShown)
    }

    private func deleteShown(_ identifier: String) throws -> JSONValue {
        let known = try records.row(identifier: identifier)
        let record = try shown(known)
        try delete(known)
        return record
    }

    /// Deletes a limit with its counters.
    func delete(_ row: [String: JSONValue]) throws {
        if let limit = Limit(row) {
            for key in try keys(limit) { try exchange.counters.clear(key) }
        }
        try exchange.store.run("DELETE FROM limits WHERE id = ?", [row["id"] ?? .null])
    }
}

// MARK: - limit_cache

extension LimitResource {
    /// The keys that a limit counts on: one, or one for each user.
    private func keys(_ limit: Limit) throws -> [String] {
        guard limit.isForEachUser else { return [limit.keyText] }
        let users = try exchange.store.rows("SELECT id FROM user WHERE is_sys_admin = 0")
        return users.compactMap { $0["id"]?.int }.map { limit.counterKey(userID: $0) }
    }

    private func counters(_ row: [String: JSONValue]) throws -> [JSONValue] {
        guard let limit = Limit(row) else { return [] }
        return try keys(limit).map { key in
            let attempts = try exchange.counters.attempts(key, rate: limit.rate)
            let remaining = try exchange.counters.remaining(key, rate: limit.rate)
            return [
                "id": .integer(Int64(limit.id)), "key": .string(key),
                "max": .integer(Int64(limit.rate)), "attempts": .integer(Int64(attempts)),
                "remaining": .integer(Int64(remaining)),
            ]
        }
    }

    func listCounters() throws -> Answer {
        let rows = try exchange.store.rows("SELECT * FROM limits ORDER BY key_text")
        return .list(try rows.flatMap(counters))
    }

    func getCounter(_ identifier: String) throws -> Answer {
        let row = try records.row(identifier: identifier)
        return Answer(body: try counters(row).first ?? .null)
    }

    func clearCounter(_ identifier: String) throws -> Answer {
        Answer(body: try clearCounterShown(identifier))
    }

    func clearCounters() throws -> Answer {
        if let ids = call.names("ids") {
            return try exchange.batch(ids, "deleted", clearCounterShown)
        }
        guard call.flag("force") || call.flag("allow_delete") else { throw Refusal.noRecords }
        try exchange.counters.clearAll()
        return .success
    }

    private func clearCounterShown(_ identifier: String) throws -> JSONValue {
        let row = try records.row(identifier: identifier)
        if let limit = Limit(row) {
            for key in try keys(limit) { try exchange.counters.clear(key) }
        }
        return ["id": row["id"] ?? .null]
    }
}
