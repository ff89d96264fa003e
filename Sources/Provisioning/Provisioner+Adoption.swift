package import DreamFactory
package import Subscriptions

/// Reads apps that an import names, and judges whether they can be taken over; it changes nothing.
extension Provisioner {
    /// Judges apps by their ids.
    ///
    /// - Parameters:
    ///   - ids: The platform's ids.
    ///   - ownKey: The key with which this program calls the platform, where it does.
    /// - Returns: What the platform says of each.
    /// - Throws: What the platform's client throws.
    package func namedApps(
        _ ids: Set<Int>,
        ownKey: AppKey?
    ) async throws(PlatformError) -> [Int: NamedApp] {
        guard !ids.isEmpty else { return [:] }
        let records = ids.sorted().compactMap { RecordID<AppRecord>(Int64($0)) }
        let apps = try await runner.api.apps(records)
        let roleIDs = Set(apps.compactMap(\.roleID)).sorted { $0.rawValue < $1.rawValue }
        let roles = try await runner.api.roles(roleIDs)
        var system: RecordID<ServiceRecord>?
        if let name = RecordName("system") {
            system = try await runner.api.service(named: name)?.id
        }
        var named: [Int: NamedApp] = [:]
        for id in ids {
            let app = apps.first { $0.id.rawValue == Int64(id) }
            let candidate = Candidate(id: id, app: app, role: roles.first { $0.id == app?.roleID })
            named[id] = candidate.judge(ownKey: ownKey, systemService: system)
        }
        return named
    }
}

/// An app that might be taken over.
struct Candidate {
    let id: Int
    let app: AppRecord?
    let role: RoleRecord?

    /// The apps that every platform comes with, whose keys are published.
    private static let builtIn: Set = ["admin", "api_docs", "file_manager"]

    func judge(ownKey: AppKey?, systemService: RecordID<ServiceRecord>?) -> NamedApp {
        guard let app else { return .refused("The platform has no app \(id).") }
        if let refusal = refusal(app, ownKey, systemService) {
            return .refused("The app \(id) \(refusal)")
        }
        return .fits(ObservedGrant.Adopted(app))
    }

    /// The rest of a sentence, or nil.
    private func refusal(
        _ app: AppRecord,
        _ ownKey: AppKey?,
        _ systemService: RecordID<ServiceRecord>?
    ) -> String? {
        if Self.builtIn.contains(app.name) { return "is one that the platform comes with." }
        let ours = Mode.allCases.map { "tollgate-\($0.rawValue)-" }
        if ours.contains(where: app.name.hasPrefix) { return "is kept by a Tollgate already." }
        guard let key = app.apiKey else {
            return "has no key of at least 64 letters and digits that could be taken over."
        }
        if key == ownKey { return "is the one with whose key Tollgate calls the platform." }
        guard app.roleID != nil, let role else {
            return "has no role, so that its key opens nothing: give it one first."
        }
        let opensSystem = role.rules.contains { row in
            row.reach == .allServices || systemService.map { row.reach == .service($0) } ?? false
        }
        if opensSystem { return "has a role that opens the platform's own service system." }
        if !app.isActive || !role.isActive {
            return "or its role sleeps: wake it on the platform first."
        }
        return nil
    }
}
