import DreamFactory
import Subscriptions

extension ProofAnswer {
    init(_ state: KeyState) {
        self =
            switch state {
            case .alive: .alive
            case .asleep: .asleep
            case .gone: .gone
            case .teardownUnfinished: .unfinished
            case .inconclusive: .inconclusive
            }
    }
}

extension ObservedGrant.Limit {
    init(_ record: LimitRecord) {
        let period = RateLimit.Period.allCases.first { $0.platformName == record.period.rawValue }
        self.init(
            id: Int(record.id.rawValue),
            rate: record.isActive ? record.rate : 0,
            period: (period ?? .minute).rawValue,
            verb: record.verb
        )
    }
}

extension RoleRecord {
    /// Whether the role is awake and has exactly these rules.
    func holds(_ wanted: [Rule]) -> Bool {
        let stored = rules.compactMap(\.rule)
        return isActive && stored.count == rules.count && stored.count == wanted.count
            && Set(stored) == Set(wanted)
    }

    /// The changes that leave exactly these rules: rows are changed and removed by their ids.
    func changes(to wanted: [Rule]) -> [RuleChange] {
        var missing = wanted
        var changes: [RuleChange] = []
        for row in rules {
            let match = missing.firstIndex { rule in
                rule.serviceID == row.rule?.serviceID && rule.component == row.rule?.component
            }
            guard let match else {
                changes.append(.remove(row.id))
                continue
            }
            let rule = missing.remove(at: match)
            if rule != row.rule { changes.append(.set(row.id, rule)) }
        }
        return changes + missing.map(RuleChange.add)
    }
}
