/// The calls of the platform's System API that keep roles, apps and limits.
///
/// The seam between what decides and what calls. Nothing here deletes by filter or in bulk,
/// changes a key in place, or leaves a key to the platform.
package protocol SystemAPI: Sendable {
    /// The names of the System API's resources.
    func capabilities() async throws(PlatformError) -> Capabilities
    /// The service of exactly that name.
    func service(named name: RecordName) async throws(PlatformError) -> ServiceRecord?

    /// Creates a role with its rules and its app in one call.
    func createRole(_ role: NewRole) async throws(PlatformError) -> RoleRecord
    /// Creates roles as ``createRole(_:)`` does, all or nothing in one call.
    func createRoles(_ roles: [NewRole]) async throws(PlatformError) -> [RoleRecord]
    /// The role of exactly that name, with rules and apps.
    func role(named name: RecordName) async throws(PlatformError) -> RoleRecord?
    /// The role of that id, whatever its name is, with rules and apps.
    func role(_ id: RecordID<RoleRecord>) async throws(PlatformError) -> RoleRecord?
    /// The roles of these ids that there are, whatever their names are, with rules and apps.
    func roles(_ ids: [RecordID<RoleRecord>]) async throws(PlatformError) -> [RoleRecord]
    /// Changes whether a role is active and some of its rules; what is not named stays.
    func changeRole(
        _ id: RecordID<RoleRecord>,
        isActive: Bool,
        rules: [RuleChange]
    ) async throws(PlatformError) -> RoleRecord
    /// Deletes apps of a role and makes another, all or nothing; it must not be repeated without
    /// looking, because the platform takes an app that is gone for a new one.
    func swapApps(
        of id: RecordID<RoleRecord>,
        removing old: [RecordID<AppRecord>],
        adding app: NewApp
    ) async throws(PlatformError) -> RoleRecord
    /// Deletes a role; a role that is gone already is `notFound`.
    func deleteRole(_ id: RecordID<RoleRecord>) async throws(PlatformError)

    /// Creates an app on a role; the answer may hold another key than asked for, where that one
    /// was taken.
    func createApp(
        _ app: NewApp,
        on role: RecordID<RoleRecord>
    ) async throws(PlatformError) -> AppRecord
    /// The app of exactly that name.
    func app(named name: RecordName) async throws(PlatformError) -> AppRecord?
    /// The app of that id, whatever its name is.
    func app(_ id: RecordID<AppRecord>) async throws(PlatformError) -> AppRecord?
    /// The apps of these ids that there are, whatever their names are.
    func apps(_ ids: [RecordID<AppRecord>]) async throws(PlatformError) -> [AppRecord]
    /// Lets an app's key be used, or not.
    func setApp(
        _ id: RecordID<AppRecord>,
        isActive: Bool
    ) async throws(PlatformError)
    /// Deletes an app and with it its key; an app that is gone already is `notFound`.
    func deleteApp(_ id: RecordID<AppRecord>) async throws(PlatformError)

    /// Creates a limit on a role and compares what the platform says it stored.
    func createLimit(_ limit: NewLimit) async throws(PlatformError) -> LimitRecord
    /// Creates limits as ``createLimit(_:)`` does, all or nothing in one call.
    func createLimits(_ limits: [NewLimit]) async throws(PlatformError) -> [LimitRecord]
    /// The limits that count a role's calls.
    func limits(ofRole id: RecordID<RoleRecord>) async throws(PlatformError) -> [LimitRecord]
    /// The limits of exactly that name.
    func limits(named name: RecordName) async throws(PlatformError) -> [LimitRecord]
    /// Sets a limit's rate, makes it active, and compares what the platform says it stored.
    func changeLimit(
        _ id: RecordID<LimitRecord>,
        rate: Int
    ) async throws(PlatformError) -> LimitRecord
    /// Deletes a limit; a limit that is gone already is `notFound`.
    func deleteLimit(_ id: RecordID<LimitRecord>) async throws(PlatformError)
    /// How much of a limit is used.
    func counter(of id: RecordID<LimitRecord>) async throws(PlatformError) -> LimitCounter
    /// Starts a limit's count anew and lifts its lock.
    func clearCounter(of id: RecordID<LimitRecord>) async throws(PlatformError)

    /// The roles whose names begin so, with rules and apps.
    func roles(withPrefix prefix: RecordName) async throws(PlatformError) -> [RoleRecord]
    /// The apps whose names begin so.
    func apps(withPrefix prefix: RecordName) async throws(PlatformError) -> [AppRecord]
    /// The limits whose names begin so.
    func limits(withPrefix prefix: RecordName) async throws(PlatformError) -> [LimitRecord]
    /// The limits that count the calls of any of these roles, whatever their names are.
    func limits(
        ofRoles ids: [RecordID<RoleRecord>]
    ) async throws(PlatformError) -> [LimitRecord]

    /// What the platform does with a key, found out by using it.
    func probe(_ key: AppKey) async throws(PlatformError) -> KeyState
}
