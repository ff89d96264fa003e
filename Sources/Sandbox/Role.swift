import JSON

/// A role with its access rules, as the platform caches it.
struct Role {
    let id: Int
    let name: String
    let isActive: Bool
    let rules: [Rule]

    /// A row of `role_service_access`.
    struct Rule {
        /// Whether the rule is for all services.
        let isForAllServices: Bool
        /// The service's name when the role was cached; nil where it did not exist.
        let service: String?
        /// In lower case and without slashes at its ends; nil where the row has none.
        let component: String?
        let verbMask: Int
        let requestorMask: Int
        let filters: [JSONValue]
        let filterOperator: String
    }

    init?(_ json: JSONValue) {
        guard let id = json["id"]?.int, let name = json["name"]?.string else { return nil }
        self.id = id
        self.name = name
        isActive = json["is_active"]?.int == 1
        rules = (json["rules"]?.array ?? []).map(Rule.init)
    }
}

extension Role.Rule {
    init(_ json: JSONValue) {
        isForAllServices = json["service_id"]?.int == nil
        service = json["service"]?.string?.lowercased()
        component = json["component"]?.string.map { text in
            let slashes = text.drop { $0 == "/" }
            return String(slashes.reversed().drop { $0 == "/" }.reversed()).lowercased()
        }
        verbMask = json["verb_mask"]?.int ?? 0
        requestorMask = json["requestor_mask"]?.int ?? 0
        let text = json["filters"]?.string
        filters = text.flatMap { try? JSONValue(parsing: $0.utf8) }?.array ?? []
        filterOperator = json["filter_op"]?.string ?? "and"
    }

    /// How closely the rule fits, 0 the closest; nil where it does not fit at all.
    fileprivate func level(service name: String, component path: String) -> Int? {
        if isForAllServices { return component == "*" ? 3 : nil }
        guard service == name else { return nil }
        let component = component ?? ""
        if component == path { return 0 }
        if component == "*" { return 2 }
        guard let star = component.firstIndex(of: "*") else { return nil }
        return (path + "/").hasPrefix(component[..<star]) ? 1 : nil
    }
}

extension Role {
    /// Calls from outside; the other requestor is a script.
    private static let requestorAPI = 1

    /// The rules that decide about a component: those of the closest level alone, so that an exact
    /// rule with fewer verbs hides a wider one.
    private func deciding(service: String, component: String) -> [Rule] {
        let path = component.lowercased()
        var best: (level: Int, rules: [Rule]) = (.max, [])
        for rule in rules where rule.requestorMask & Role.requestorAPI != 0 {
            guard let level = rule.level(service: service, component: path) else { continue }
            if level < best.level { best = (level, []) }
            if level == best.level { best.rules.append(rule) }
        }
        return best.rules
    }

    /// The verbs that are allowed on a component; masks are OR-ed inside one level.
    func verbMask(service: String, component: String) -> Int {
        deciding(service: service, component: component).reduce(0) { $0 | $1.verbMask }
    }

    func allows(_ verb: Verb, service: String, component: String) -> Bool {
        verbMask(service: service, component: component) & verb.mask != 0
    }

    /// The rule whose row filter applies to a call.
    func rule(for verb: Verb, service: String, component: String) -> Rule? {
        deciding(service: service, component: component).first { $0.verbMask & verb.mask != 0 }
    }

    /// The names of the services that the role has any rule for; nil for all.
    var services: Set<String>? {
        let named = rules.filter { $0.verbMask != 0 }
        if named.contains(where: \.isForAllServices) { return nil }
        return Set(named.compactMap(\.service))
    }
}
