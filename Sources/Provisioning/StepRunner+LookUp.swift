import DreamFactory
import Subscriptions

extension StepRunner {
    /// Everything under the grant's names: the role with its apps, apps that have lost it, limits;
    /// and the app that was taken over.
    func lookUp(_ order: WorkOrder) async throws(StepFailure) -> Finding {
        let record = try await calling { () async throws(PlatformError) in
            try await api.role(named: order.names.role)
        }
        var finding = Finding()
        if let record { finding.role = await self.finding(record, order) }
        let onRole = Set(finding.role?.apps.map(\.generation) ?? [])
        for generation in order.keys.keys.sorted() where !onRole.contains(generation) {
            guard let name = order.names.app(generation) else { continue }
            let stray = try await calling { () async throws(PlatformError) in
                try await api.app(named: name)
            }
            guard let stray else { continue }
            finding.strayApps.append(
                ObservedGrant.App(
                    id: Int(stray.id.rawValue),
                    generation: generation,
                    isActive: stray.isActive,
                    fits: false
                )
            )
        }
        finding.limits = try await limits(order, record?.id)
        if order.observed.holdsAdopted { finding.adopted = try await findAdopted(order) }
        return finding
    }

    /// The limits that bear the grant's name, and any other that stands in the place of one.
    private func limits(
        _ order: WorkOrder,
        _ roleID: RecordID<RoleRecord>?
    ) async throws(StepFailure) -> [ObservedGrant.Limit] {
        let name = order.names.role
        let records: [LimitRecord]
        do throws(PlatformError) {
            if let roleID {
                records = try await api.limits(ofRole: roleID)
            } else {
                records = try await api.limits(named: name)
            }
        } catch {
            // Where limits are not installed, there are none.
            guard error.reason == .resourceMissing else { throw StepFailure(Failure(error)) }
            return []
        }
        return records.compactMap { record in
            let limit = ObservedGrant.Limit(record)
            let isNeeded = order.plan?.limits.contains { limit.isSlot(of: $0) } ?? false
            return record.name == name.rawValue || isNeeded ? limit : nil
        }
    }

    func finding(_ record: RoleRecord, _ order: WorkOrder) async -> Finding.Role {
        var tag: String?
        // Unknown services make the rules unknown, which must not keep a key from being found.
        if let wanted = try? await rules(order), record.holds(wanted) {
            tag = order.desired.plan?.tag
        }
        let apps = record.apps.compactMap { app -> ObservedGrant.App? in
            guard let generation = order.names.generation(ofApp: app.name) else { return nil }
            return ObservedGrant.App(
                id: Int(app.id.rawValue),
                generation: generation,
                isActive: app.isActive,
                fits: app.apiKey != nil && app.apiKey == order.keys[generation]
                    && app.roleID == record.id
            )
        }
        return Finding.Role(id: Int(record.id.rawValue), rules: tag, apps: apps)
    }
}
