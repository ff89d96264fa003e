import JSON

extension ServiceRecord {
    init?(_ json: JSONValue) {
        guard let id = json["id"]?.integer.flatMap(RecordID<ServiceRecord>.init),
            let name = json["name"]?.string
        else { return nil }
        self.init(
            id: id,
            name: name,
            type: json["type"]?.string ?? "",
            isActive: json["is_active"]?.bool ?? false
        )
    }
}

extension RoleRecord {
    init?(_ json: JSONValue) {
        guard let id = json["id"]?.integer.flatMap(RecordID<RoleRecord>.init),
            let name = json["name"]?.string, let isActive = json["is_active"]?.bool,
            let ruleRows = json["role_service_access_by_role_id"]?.array,
            let appRows = json["app_by_role_id"]?.array
        else { return nil }
        let rules = ruleRows.compactMap(RuleRecord.init)
        let apps = appRows.compactMap(AppRecord.init)
        guard rules.count == ruleRows.count, apps.count == appRows.count else { return nil }
        self.init(id: id, name: name, isActive: isActive, rules: rules, apps: apps)
    }
}

extension RuleRecord {
    init?(_ json: JSONValue) {
        guard let id = json["id"]?.integer.flatMap(RecordID<RuleRecord>.init) else { return nil }
        let service = json["service_id"]?.integer.flatMap(RecordID<ServiceRecord>.init)
        let opensNothing = json["verb_mask"]?.int == 0
        self.init(
            id: id,
            rule: Rule(json),
            reach: opensNothing ? .nothing : service.map { .service($0) } ?? .allServices
        )
    }
}

extension Rule {
    /// Reads a rule that this client could have written.
    init?(_ json: JSONValue) {
        guard let serviceID = json["service_id"]?.integer.flatMap(RecordID<ServiceRecord>.init),
            let component = json["component"]?.string, let verbMask = json["verb_mask"]?.int,
            json["requestor_mask"]?.int == 1, json["filters"]?.array?.isEmpty != false
        else { return nil }
        self.init(serviceID: serviceID, component: component, verbMask: verbMask)
    }

    /// The members of the rule; the masks default to nothing, so they are always said.
    var members: [String: JSONValue] {
        [
            "service_id": .integer(serviceID.rawValue),
            "component": .string(component),
            "verb_mask": .integer(Int64(verbMask)),
            "requestor_mask": 1,
            "filters": [],
            "filter_op": "AND",
        ]
    }
}

extension RuleChange {
    var json: JSONValue {
        switch self {
        case .add(let rule): .object(rule.members)
        case .set(let id, let rule):
            .object(rule.members.merging(["id": .integer(id.rawValue)]) { $1 })
        case .remove(let id): ["id": .integer(id.rawValue), "role_id": nil]
        }
    }
}

extension AppRecord {
    init?(_ json: JSONValue) {
        guard let id = json["id"]?.integer.flatMap(RecordID<AppRecord>.init),
            let name = json["name"]?.string, let isActive = json["is_active"]?.bool
        else { return nil }
        self.init(
            id: id,
            name: name,
            apiKey: json["api_key"]?.string.flatMap(AppKey.init),
            isActive: isActive,
            roleID: json["role_id"]?.integer.flatMap(RecordID<RoleRecord>.init)
        )
    }
}

extension LimitPeriod {
    /// Reads a period, which the platform writes as a word or, at times, as its number.
    init?(_ json: JSONValue) {
        if let word = json.string {
            self.init(rawValue: word)
        } else {
            guard let number = json.int, Self.allCases.indices.contains(number) else { return nil }
            self = Self.allCases[number]
        }
    }
}

extension LimitRecord {
    init?(_ json: JSONValue) {
        guard let id = json["id"]?.integer.flatMap(RecordID<LimitRecord>.init),
            let name = json["name"]?.string, let type = json["type"]?.string,
            let rate = json["rate"]?.int, let period = json["period"].flatMap(LimitPeriod.init),
            let isActive = json["is_active"]?.bool
        else { return nil }
        let role = json["role_id"]?.integer.flatMap(RecordID<RoleRecord>.init)
        self.init(
            id: id,
            name: name,
            roleID: type == "instance.role" ? role : nil,
            rate: rate,
            period: period,
            verb: json["verb"]?.string,
            isActive: isActive
        )
    }
}

extension LimitCounter {
    init?(_ json: JSONValue) {
        guard let id = json["id"]?.integer.flatMap(RecordID<LimitRecord>.init),
            let rate = json["max"]?.int, let attempts = json["attempts"]?.int
        else { return nil }
        self.init(id: id, rate: rate, attempts: attempts)
    }
}

extension NewRole {
    var json: JSONValue {
        [
            "name": .string(name.rawValue),
            "description": .string(description),
            "is_active": true,
            "role_service_access_by_role_id": .array(rules.map { .object($0.members) }),
            "app_by_role_id": [.object(app.members)],
        ]
    }
}

extension NewApp {
    /// The members of the app; it is inactive and without a key unless both are said.
    var members: [String: JSONValue] {
        [
            "name": .string(name.rawValue),
            "description": .string(description),
            "api_key": .string(apiKey.rawValue),
            "is_active": .bool(isActive),
            "type": 0,
        ]
    }

    func json(on role: RecordID<RoleRecord>) -> JSONValue {
        .object(members.merging(["role_id": .integer(role.rawValue)]) { $1 })
    }
}

extension NewLimit {
    var json: JSONValue {
        var members: [String: JSONValue] = [
            "name": .string(name.rawValue),
            "type": "instance.role",
            "role_id": .integer(roleID.rawValue),
            "rate": .integer(Int64(rate)),
            "period": .string(period.rawValue),
            "is_active": true,
        ]
        members["verb"] = verb.map(JSONValue.string)
        return .object(members)
    }

    /// Whether the platform's answer is this limit.
    func isStored(as record: LimitRecord) -> Bool {
        record.name == name.rawValue && record.roleID == roleID && record.rate == rate
            && record.period == period && record.verb == verb && record.isActive
    }
}
