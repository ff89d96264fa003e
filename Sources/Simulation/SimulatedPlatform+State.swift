import DreamFactory

extension SimulatedPlatform.State {
    mutating func makeID<Record>() throws -> RecordID<Record> {
        nextID += 1
        guard let id = RecordID<Record>(nextID) else {
            throw SimulatedPlatform.Refusal(.fault(status: 500))
        }
        return id
    }

    mutating func insert(
        _ app: NewApp,
        on role: RecordID<RoleRecord>
    ) throws -> AppRecord {
        guard !apps.values.contains(where: { $0.name == app.name.rawValue }) else {
            throw SimulatedPlatform.Refusal(.alreadyExists)
        }
        let record = AppRecord(
            id: try makeID(),
            name: app.name.rawValue,
            apiKey: app.apiKey,
            isActive: app.isActive,
            roleID: role
        )
        apps[record.id.rawValue] = record
        return record
    }

    mutating func insert(_ role: NewRole) throws -> RoleRecord {
        guard !roles.values.contains(where: { $0.name == role.name.rawValue }) else {
            throw SimulatedPlatform.Refusal(.alreadyExists)
        }
        let id: RecordID<RoleRecord> = try makeID()
        roles[id.rawValue] = RoleRecord(
            id: id,
            name: role.name.rawValue,
            isActive: true,
            rules: try role.rules.map { RuleRecord(id: try makeID(), rule: $0) },
            apps: []
        )
        _ = try insert(role.app, on: id)
        return try self.role(id)
    }

    mutating func insert(_ limit: NewLimit, _ moment: Double) throws -> LimitRecord {
        guard roles[limit.roleID.rawValue] != nil else {
            throw SimulatedPlatform.Refusal(.refused(status: 400))
        }
        let isTaken = limits.values.contains {
            $0.roleID == limit.roleID && $0.period == limit.period && $0.verb == limit.verb
        }
        guard !isTaken else { throw SimulatedPlatform.Refusal(.alreadyExists) }
        let record = LimitRecord(
            id: try makeID(),
            name: limit.name.rawValue,
            roleID: limit.roleID,
            rate: limit.rate,
            period: limit.period,
            verb: limit.verb,
            isActive: true
        )
        limits[record.id.rawValue] = record
        countedSince[record.id.rawValue] = moment
        return record
    }

    func role(_ id: RecordID<RoleRecord>) throws -> RoleRecord {
        guard var role = roles[id.rawValue] else { throw SimulatedPlatform.Refusal(.notFound) }
        role.apps = apps.values.filter { $0.roleID == id }.sorted {
            $0.id.rawValue < $1.id.rawValue
        }
        return role
    }
}
