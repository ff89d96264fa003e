import DreamFactory

/// Limits, the looks by prefix, counters and proofs.
extension SimulatedPlatform {
    /// Creates a limit; one of each period and verb fits on a role.
    func createLimit(_ limit: NewLimit) async throws(PlatformError) -> LimitRecord {
        try await make(.createLimit) { [self] state in
            try requireLimits()
            return try state.insert(limit, moment)
        }
    }

    /// Creates limits, all or nothing.
    func createLimits(_ limits: [NewLimit]) async throws(PlatformError) -> [LimitRecord] {
        try await make(.createLimit) { [self] state in
            try requireLimits()
            return try limits.map { try state.insert($0, moment) }
        }
    }

    /// The limits of a role.
    func limits(
        ofRole id: RecordID<RoleRecord>
    ) async throws(PlatformError) -> [LimitRecord] {
        try await limits { $0.roleID == id }
    }

    /// The limits of a name.
    func limits(named name: RecordName) async throws(PlatformError) -> [LimitRecord] {
        try await limits { $0.name == name.rawValue }
    }

    /// The limits of several roles.
    func limits(
        ofRoles ids: [RecordID<RoleRecord>]
    ) async throws(PlatformError) -> [LimitRecord] {
        try await limits { limit in limit.roleID.map(ids.contains) ?? false }
    }

    /// The limits whose names begin so.
    func limits(
        withPrefix prefix: RecordName
    ) async throws(PlatformError) -> [LimitRecord] {
        try await limits { $0.name.hasPrefix(prefix.rawValue) }
    }

    /// The roles whose names begin so.
    func roles(withPrefix prefix: RecordName) async throws(PlatformError) -> [RoleRecord] {
        try await make(.findRole) { state in
            try state.roles.values.filter { $0.name.hasPrefix(prefix.rawValue) }
                .sorted { $0.id.rawValue < $1.id.rawValue }.map { try state.role($0.id) }
        }
    }

    /// The apps whose names begin so.
    func apps(withPrefix prefix: RecordName) async throws(PlatformError) -> [AppRecord] {
        try await make(.findApp) { state in
            state.apps.values.filter { $0.name.hasPrefix(prefix.rawValue) }
                .sorted { $0.id.rawValue < $1.id.rawValue }
        }
    }

    private func limits(
        _ isWanted: @escaping (LimitRecord) -> Bool
    ) async throws(PlatformError) -> [LimitRecord] {
        try await make(.findLimits) { [self] state in
            try requireLimits()
            return state.limits.values.filter(isWanted).sorted { $0.id.rawValue < $1.id.rawValue }
        }
    }

    /// Sets the rate of a limit.
    func changeLimit(
        _ id: RecordID<LimitRecord>,
        rate: Int
    ) async throws(PlatformError) -> LimitRecord {
        try await make(.changeLimit) { [self] state in
            try requireLimits()
            guard var limit = state.limits[id.rawValue] else { throw Refusal(.notFound) }
            limit.rate = rate
            limit.isActive = true
            state.limits[id.rawValue] = limit
            return limit
        }
    }

    /// Deletes a limit.
    func deleteLimit(_ id: RecordID<LimitRecord>) async throws(PlatformError) {
        try await make(.deleteLimit) { [self] state in
            try requireLimits()
            guard state.limits.removeValue(forKey: id.rawValue) != nil else {
                throw Refusal(.notFound)
            }
        }
    }

    /// What a limit has counted.
    func counter(
        of id: RecordID<LimitRecord>
    ) async throws(PlatformError) -> LimitCounter {
        try await make(.readCounter) { [self] state in
            try requireLimits()
            guard let limit = state.limits[id.rawValue] else { throw Refusal(.notFound) }
            let attempts = state.counts[id.rawValue] ?? limit.rate
            return LimitCounter(id: id, rate: limit.rate, attempts: attempts)
        }
    }

    /// Begins a limit's count anew.
    func clearCounter(of id: RecordID<LimitRecord>) async throws(PlatformError) {
        try await make(.clearCounter) { [self] state in
            try requireLimits()
            guard state.limits[id.rawValue] != nil else { throw Refusal(.notFound) }
            state.counts[id.rawValue] = 0
            state.countedSince[id.rawValue] = moment
        }
    }

    /// What the platform does with a key.
    func probe(_ key: AppKey) async throws(PlatformError) -> KeyState {
        try await make(.probeKey) { [self] _ in answer(to: key) }
    }

    private func requireLimits() throws {
        guard !isOut(.noLimits) else { throw Refusal(.resourceMissing) }
    }
}
