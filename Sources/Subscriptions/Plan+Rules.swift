import JSON

extension Plan {
    /// Reads the access rules of a plan.
    static func access(_ object: inout CatalogueObject) throws(CatalogueError) -> [AccessRule] {
        let entries = try object.array("access")
        guard !entries.isEmpty else {
            throw object.fault("access", "at least one rule is expected")
        }
        var rules: [AccessRule] = []
        for (index, entry) in entries.enumerated() {
            let path = "\(object.place(of: "access"))[\(index)]"
            let rule = try AccessRule(catalogue: entry, path: path)
            let isTwin = rules.contains { other in
                other.service == rule.service
                    && other.component.lowercased() == rule.component.lowercased()
            }
            if isTwin {
                throw CatalogueError(
                    path: path,
                    reason: "another rule names the same component: write the verbs into one"
                )
            }
            rules.append(rule)
        }
        return rules
    }

    /// Reads the limits of a plan.
    static func limits(_ object: inout CatalogueObject) throws(CatalogueError) -> [RateLimit] {
        let isUnlimited = try object.flag("unlimited")
        guard let value = object.take("limits") else {
            guard isUnlimited else {
                throw object.fault("limits", "a plan without limits says \"unlimited\": true")
            }
            return []
        }
        guard let entries = value.array else { throw object.fault("limits", "a list is expected") }
        guard entries.isEmpty == isUnlimited else {
            throw object.fault(
                "limits",
                isUnlimited
                    ? "a plan has limits or is unlimited, not both"
                    : "a plan without limits says \"unlimited\": true"
            )
        }
        var limits: [RateLimit] = []
        for (index, entry) in entries.enumerated() {
            let path = "\(object.place(of: "limits"))[\(index)]"
            let limit = try RateLimit(catalogue: entry, path: path)
            if limits.contains(where: { $0.period == limit.period && $0.verb == limit.verb }) {
                throw CatalogueError(
                    path: path,
                    reason:
                        "two limits have the same period and verb, of which the platform takes one"
                )
            }
            limits.append(limit)
        }
        return limits
    }
}

extension AccessRule {
    init(catalogue value: JSONValue, path: String) throws(CatalogueError) {
        var object = try CatalogueObject(value, path: path)
        let service = try object.string("service")
        guard Self.isService(service) else {
            throw object.fault(
                "service",
                "the name of one service is expected, of a-z, 0-9, - and _; all services at once "
                    + "would open the platform's own"
            )
        }
        guard service != "system" else {
            throw object.fault(
                "service",
                "the service system holds every API key and is never sold"
            )
        }
        let component = try object.string("component")
        let whole = try object.flag("whole_service")
        if let reason = Self.fault(ofComponent: component, wholeService: whole) {
            throw object.fault("component", reason)
        }
        let names = try object.array("verbs")
        var verbs: Set<Verb> = []
        for (index, name) in names.enumerated() {
            guard let verb = name.string.flatMap(Verb.init(rawValue:)) else {
                throw object.fault(
                    "verbs[\(index)]",
                    "one of GET, POST, PUT, PATCH and DELETE is expected"
                )
            }
            verbs.insert(verb)
        }
        guard !verbs.isEmpty else {
            throw object.fault("verbs", "at least one verb is expected; none would allow nothing")
        }
        try object.refuseUnknown()
        self.init(service: service, component: component, verbs: verbs)
    }

    private static func isService(_ text: String) -> Bool {
        text.utf8.count <= 40
            && text.utf8.allSatisfy { byte in
                (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x2D
                    || byte == 0x5F
            }
    }

    private static func fault(ofComponent text: String, wholeService: Bool) -> String? {
        if text == "*" {
            return wholeService
                ? nil : "a bare * opens the whole service: say \"whole_service\": true"
        }
        if wholeService { return "\"whole_service\" goes with the component * alone" }
        if text.utf8.count > 255 { return "255 bytes are the most" }
        if text.hasPrefix("/") { return "a component does not begin with /" }
        if text.contains("..") { return "a component does not hold .." }
        let allowed = text.utf8.allSatisfy { byte in
            (0x61...0x7A).contains(byte) || (0x41...0x5A).contains(byte)
                || (0x30...0x39).contains(byte) || "-_./*@:".utf8.contains(byte)
        }
        guard allowed else { return "letters, digits and - _ . / * @ : are allowed" }
        guard let star = text.firstIndex(of: "*") else { return nil }
        guard text.index(after: star) == text.endIndex, text.hasSuffix("/*") else {
            return "* is allowed only last and after /, as in _table/customers/*"
        }
        return nil
    }

    var catalogue: JSONValue {
        var members: [String: JSONValue] = [
            "service": .string(service),
            "component": .string(component),
            "verbs": .array(
                verbs.sorted { $0.mask < $1.mask }.map { JSONValue.string($0.rawValue) }
            ),
        ]
        if component == "*" { members["whole_service"] = true }
        return .object(members)
    }
}

extension RateLimit {
    init(catalogue value: JSONValue, path: String) throws(CatalogueError) {
        var object = try CatalogueObject(value, path: path)
        guard let rate = object.take("rate")?.int, (1...Int(Int32.max)).contains(rate) else {
            throw object.fault("rate", "a whole number from 1 to 2147483647 is expected")
        }
        guard let period = object.take("period")?.string.flatMap(Period.init(rawValue:)) else {
            throw object.fault("period", "one of minute, hour, day, week and month is expected")
        }
        var verb: Verb?
        if let name = object.take("verb") {
            guard let known = name.string.flatMap(Verb.init(rawValue:)) else {
                throw object.fault("verb", "one of GET, POST, PUT, PATCH and DELETE is expected")
            }
            verb = known
        }
        try object.refuseUnknown()
        self.init(rate: rate, period: period, verb: verb)
    }

    var catalogue: JSONValue {
        var members: [String: JSONValue] = [
            "rate": .integer(Int64(rate)), "period": .string(period.rawValue),
        ]
        if let verb { members["verb"] = .string(verb.rawValue) }
        return .object(members)
    }
}
