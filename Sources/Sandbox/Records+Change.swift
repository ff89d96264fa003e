import JSON

extension Records {
    /// `PATCH /{id}` and `PUT /{id}`, which merge alike; what the body holds beside columns and
    /// nested lists is ignored, so a wrapped body changes nothing.
    func update(_ identifier: String) throws -> Answer {
        try checkIsOurs(identifier, "change")
        let known = try row(identifier: identifier)
        if call.flag("send_invite") { throw Refusal.noMail("Error processing user invite. ") }
        let changed: [String: JSONValue]
        do {
            changed = try change(known, call.payload.object ?? [:])
        } catch let refusal as Refusal {
            // People are checked before they are changed, other records while they are.
            throw kind.table == "user" && refusal.status == 400 ? refusal : refusal.asFailedUpdate
        }
        do {
            return Answer(body: try shown(changed))
        } catch let refusal as Refusal {
            // The change stands although its answer cannot be made.
            return refusal.asFailedUpdate.answer
        }
    }

    /// `PATCH` of several: by `ids`, each with the first record of the body, or by the ids in it.
    func updateList() throws -> Answer {
        if call.hasFilter { throw undefinedMethod("updateByFilter") }
        let records = call.records.map { $0.object ?? [:] }
        guard let first = records.first else { throw Refusal.noRecords }
        let items: [(id: String, sent: [String: JSONValue])] =
            if let ids = call.names("ids") {
                ids.map { ($0, first) }
            } else {
                records.map { (Records.identifier($0["id"]), $0) }
            }
        return try exchange.batch(items, "updated") { item in
            let known = try row(identifier: item.id)
            do {
                return try shown(store.atomically { try change(known, item.sent) })
            } catch let refusal as Refusal {
                throw refusal.asFailedUpdate
            }
        }
    }

    static func identifier(_ value: JSONValue?) -> String {
        value?.string ?? value?.int.map(String.init) ?? ""
    }

    private func change(
        _ known: [String: JSONValue],
        _ sent: [String: JSONValue]
    ) throws -> [String: JSONValue] {
        let id = known["id"] ?? .null
        var values = kind.values(of: sent)
        if kind.name == "service" {
            values["config"] = nil
            // The platform checks the whole record, and takes null for no text.
            guard (values["description"] ?? known["description"])?.string != nil else {
                let text = "The description field must be a string."
                throw Refusal.invalid([("description", text)])
            }
            if let config = sent["config"] { try configure(id.int ?? 0, config) }
        }
        try check(values, isNew: false)
        try update(known, id, hashed(values), isNested: false)
        try saveNested(of: id, sent)
        if kind.name == "app", call.flag("regenerate") { try regenerateFirst() }
        return try row(id) ?? [:]
    }

    /// The platform gives a new key to the first app of the table, whichever was named.
    private func regenerateFirst() throws {
        guard let first = try store.row("SELECT * FROM app ORDER BY id LIMIT 1"),
            let id = first["id"]
        else { return }
        let key = Records.guessableKey(first["name"]?.string ?? "", exchange)
        try update(first, id, ["api_key": .string(key)], isNested: false)
    }

    /// Stores what differs from the known row and forgets what the cache holds of it.
    func update(
        _ known: [String: JSONValue],
        _ id: JSONValue,
        _ values: [String: JSONValue],
        isNested: Bool
    ) throws {
        var values = values
        // Nested rows never note who changed them, named ones do even where nothing changes.
        if kind.hasAuthors, !isNested {
            let user = exchange.caller.user
            values["last_modified_by_id"] = user.map { .integer(Int64($0.id)) } ?? .null
        }
        var changes = values.filter { name, value in
            let stored = value.bool.map { .integer($0 ? 1 : 0) } ?? value
            return known[name] != stored
        }
        if !changes.isEmpty {
            if kind.hasDates {
                changes["last_modified_date"] = .string(Moment.text(exchange.now))
            }
            try store.update(kind.table, id: id, changes)
        }
        try forget(known.merging(changes) { _, new in new })
        let endsTokens = changes["password"] != nil || changes["is_active"] == false
        if kind.table == "user", endsTokens { try Tokens(exchange).endAll(of: id.int ?? 0) }
    }

    /// Forgets what saving a record makes the platform forget.
    ///
    /// That is the record itself and, for a rule, the role that it now belongs to. A key that was
    /// looked up stays.
    func forget(_ row: [String: JSONValue]) throws {
        switch kind.name {
        case "role": try exchange.cache.forget("role:\(row["id"]?.int ?? 0)")
        case "role_service_access": try exchange.cache.forget("role:\(row["role_id"]?.int ?? 0)")
        case "app": try exchange.cache.forget("app:\(row["id"]?.int ?? 0)")
        case "user", "admin": try exchange.cache.forget("user:\(row["id"]?.int ?? 0)")
        case "user_to_app_to_role":
            try exchange.cache.forget("user:\(row["user_id"]?.int ?? 0)")
        default: break
        }
    }

    func undefinedMethod(_ name: String) -> Refusal {
        Refusal(
            500,
            "Call to undefined method DreamFactory\\Core\\Models\\\(kind.model)::\(name)()",
            envelope: .exception
        )
    }
}

// MARK: - Deleting

extension Records {
    func delete(_ identifier: String) throws -> Answer {
        Answer(body: try deleteShown(identifier))
    }

    func deleteList() throws -> Answer {
        if let ids = call.names("ids") {
            return try exchange.batch(ids, "deleted", deleteShown)
        }
        let records = call.records
        if !records.isEmpty {
            return try exchange.batch(records, "deleted") { record in
                try deleteShown(Records.identifier(record["id"]))
            }
        }
        if call.hasFilter { throw undefinedMethod("deleteByFilter") }
        guard call.flag("force") else { throw Refusal.nothingToDelete }
        // The table is emptied, and then the platform fails.
        try store.run("DELETE FROM \(Store.quoted(kind.table))")
        return Refusal.serverError.answer
    }

    /// Admins are out of reach of `system/user`, and nobody deletes themselves.
    private func checkIsOurs(_ identifier: String, _ what: String) throws {
        guard kind.table == "user", let id = Int64(identifier) else { return }
        if kind.name == "user",
            try store.row("SELECT 1 FROM user WHERE id = ? AND is_sys_admin = 1", [.integer(id)])
                != nil
        {
            throw Refusal(403, "Not allowed to \(what) an admin user.")
        }
        guard what == "delete", exchange.caller.user.map({ Int64($0.id) }) == id else { return }
        throw Refusal(403, "Cannot delete your account.")
    }

    private func deleteShown(_ identifier: String) throws -> JSONValue {
        try checkIsOurs(identifier, "delete")
        let known = try row(identifier: identifier)
        let record = try shown(known)
        try delete(known)
        return record
    }

    /// Deletes a row with what hangs on it: a role's or service's limits with their counters.
    ///
    /// The rules of a role and the role of an app stay behind, as the platform leaves them on
    /// SQLite.
    func delete(_ row: [String: JSONValue]) throws {
        let id = row["id"] ?? .null
        try store.run("DELETE FROM \(Store.quoted(kind.table)) WHERE id = ?", [id])
        try forget(row)
        switch kind.name {
        case "app":
            if let key = row["api_key"]?.string {
                try exchange.cache.forget("apikey2appid:\(key)")
            }
        case "role", "service":
            let sql = "SELECT * FROM limits WHERE \(kind.name)_id = ?"
            for limit in try store.rows(sql, [id]) { try LimitResource(exchange).delete(limit) }
        case "user", "admin":
            try Tokens(exchange).endAll(of: id.int ?? 0)
            try store.run("DELETE FROM user_to_app_to_role WHERE user_id = ?", [id])
        default: break
        }
    }
}
