import JSON

/// A limit as it was sent, brought into the form in which the platform stores it.
struct LimitRecord {
    /// What was sent, with the period as a number and the fields that its type does not have null.
    var values: [String: JSONValue]

    private static let types: [String: Set<String>] = [
        "instance": [],
        "instance.user": ["user_id"],
        "instance.each_user": [],
        "instance.service": ["service_id"],
        "instance.user.service": ["user_id", "service_id"],
        "instance.each_user.service": ["service_id"],
        "instance.service.endpoint": ["service_id", "endpoint"],
        "instance.user.service.endpoint": ["user_id", "service_id", "endpoint"],
        "instance.each_user.service.endpoint": ["service_id", "endpoint"],
        "instance.role": ["role_id"],
    ]

    private static let verbs: Set<String> = ["GET", "POST", "PUT", "PATCH", "DELETE"]

    init(_ sent: [String: JSONValue], store: Store) throws {
        values = sent
        guard let period = sent["period"] else { throw Refusal.undefinedKey("\"period\"") }
        guard let type = sent["type"]?.string else { throw Refusal.undefinedKey("\"type\"") }
        values["period"] = try LimitRecord.stored(period)
        guard let needed = LimitRecord.types[type] else {
            throw Refusal.undefinedKey("\"user_id\"")
        }
        try checkReferences(needed, store)
        if let rate = sent["rate"], !rate.isNull { values["rate"] = try LimitRecord.rate(rate) }
        if let verb = sent["verb"]?.string, !verb.isEmpty,
            !LimitRecord.verbs.contains(verb.uppercased())
        {
            throw Refusal(400, "Verb is invalid or not allowed.")
        }
        for name in ["user_id", "role_id", "service_id", "endpoint"] {
            values[name] = needed.contains(name) ? sent[name] ?? .null : .null
        }
        if let endpoint = values["endpoint"]?.string {
            values["endpoint"] = .string(String(endpoint.drop { $0 == "/" }))
        }
        values["verb"] = sent["verb"] ?? .null
        values["key_text"] = .string(keyText(type))
    }

    /// A name becomes its number and an unknown one `false`, which counts as 0 where it is used.
    private static func stored(_ period: JSONValue) throws(Refusal) -> JSONValue {
        if let name = period.string {
            return LimitPeriod(name: name).map { .integer(Int64($0.rawValue)) } ?? false
        }
        guard let number = period.int, LimitPeriod(rawValue: number) == nil else { return period }
        throw .undefinedKey("\(number)")
    }

    /// 0 is no integer for the platform, and a negative one is.
    private static func rate(_ rate: JSONValue) throws(Refusal) -> JSONValue {
        let number: Int64? =
            switch rate {
            case .integer(let value): value
            case .string(let text): Int64(text)
            default: nil
            }
        guard let number, number != 0 else {
            throw Refusal(400, "Limit rate must be an integer. Limit not saved.")
        }
        return .integer(number)
    }

    private func checkReferences(_ needed: Set<String>, _ store: Store) throws {
        let name = values["name"]?.string ?? ""
        func exists(_ table: String, _ id: JSONValue) throws -> Bool {
            try store.row("SELECT 1 FROM \(table) WHERE id = ?", [id]) != nil
        }
        for field in ["user_id", "role_id", "service_id"] where needed.contains(field) {
            let id = values[field] ?? .null
            let table = field.dropLast(3)
            guard !id.isNull else {
                let suffix = field == "service_id" ? "" : " Limit: \(name)"
                throw Refusal(400, "\(field) must be specified with this limit type.\(suffix)")
            }
            if try exists(String(table), id) { continue }
            throw switch field {
            case "user_id": Refusal(400, "user_id does not exist for \(name) limit.")
            case "role_id": Refusal(400, "No role_id exists for \(name) limit.")
            default: Refusal(400, "No service exists for \(name) limit.")
            }
        }
    }

    /// What is unique about a limit: type, ids, endpoint, verb and period, never its name.
    private func keyText(_ type: String) -> String {
        func text(_ name: String) -> String {
            let value = values[name] ?? .null
            return value.string ?? value.int.map(String.init) ?? ""
        }
        var parts: [String] = []
        for part in type.split(separator: ".") {
            switch part {
            case "user", "role", "service": parts.append("\(part):\(text("\(part)_id"))")
            case "each_user": parts.append("each_user:")
            case "endpoint": parts.append("endpoint:\(text("endpoint"))")
            default: parts.append(String(part))
            }
        }
        if !text("verb").isEmpty { parts.append("verb:\(text("verb"))") }
        let period = values["period"]?.int.flatMap(LimitPeriod.init) ?? .minute
        return (parts + [period.name]).joined(separator: ".")
    }

    /// What the model itself complains about when the limit is stored.
    func check() throws(Refusal) {
        var complaints: [(String, String)] = []
        for name in ["name", "rate"] where values[name]?.isNull ?? true {
            complaints.append((name, "The \(name) field is required."))
        }
        if values["period"]?.bool == false {
            complaints.append(("period", "The selected period is invalid."))
        }
        guard complaints.isEmpty else { throw .invalid(complaints) }
    }
}
