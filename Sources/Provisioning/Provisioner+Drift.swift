import DreamFactory
import Subscriptions

import struct Foundation.Date

/// What a comparison of the platform with the grants came to.
package struct DriftScan: Sendable {
    /// The differences, by subscription.
    package var drift: [Drift] = []
    /// How many grants were compared.
    package var compared = 0
    /// How many grants were left out, since something is still to be done about them.
    package var inMotion = 0
    /// How many names stand on the platform that are not any grant's.
    package var unknown = 0

    /// How many grants there are, here or there.
    package var total: Int { compared + inMotion + unknown }
}

/// Why the platform could not be compared or repaired.
package struct DriftFailure: Error, CustomStringConvertible {
    /// One sentence that says what to do.
    package let description: String

    init(_ error: PlatformError) { description = error.description }

    init(_ sentence: String) { description = sentence }
}

/// Compares what stands on the platform with what is due; it changes nothing.
extension Provisioner {
    /// As many grants as are compared at once, undivided by the first letter of their ids.
    private static let undividedMax = 2_000

    /// Reads all roles, apps and limits with this installation's names, and compares them with the
    /// grants that are at rest.
    ///
    /// A grant that changed while the platform was read is left out: what was read may be older.
    ///
    /// - Returns: The differences.
    /// - Throws: What the store throws, and ``DriftFailure``.
    package func scan() async throws -> DriftScan {
        var scan = DriftScan()
        guard let installation = try await store.read({ try $0.installation() }) else {
            return scan
        }
        let count = try await store.read { reader in
            try reader.subscriptions(after: nil, limit: Self.undividedMax + 1).count
        }
        let letters = "234567abcdefghijklmnopqrstuvwxyz".map(String.init)
        for part in count > Self.undividedMax ? letters : [""] {
            try Task.checkCancellation()
            try await self.scan(part, installation, &scan)
        }
        return scan
    }

    private func scan(
        _ part: String,
        _ installation: Installation,
        _ scan: inout DriftScan
    ) async throws {
        let before = try await marks(part)
        var inventory = try await inventory(part, installation)
        let grants = try await resting(part, installation, since: before)
        inventory.add(try await adoptedApps(of: grants), of: grants.map(\.grant))
        let rules = try await rules(of: grants)
        let now = environment.now()
        func comparison(_ resting: Resting) -> DriftComparison {
            DriftComparison(
                resting,
                rules: resting.grant.desired.plan.flatMap { rules[$0] },
                standing: inventory.standing[resting.grant.subscriptionID] ?? Standing(),
                now: now
            )
        }
        // A limit may be there under another name, which the look by name has not seen.
        let suspects = grants.filter { comparison($0).lacksLimit }.flatMap { resting in
            inventory.standing[resting.grant.subscriptionID]?.roles.map(\.id) ?? []
        }
        if !suspects.isEmpty { inventory.add(try await limits(ofRoles: suspects)) }
        for resting in grants { scan.drift += comparison(resting).differences() }
        let known = try await marks(part)
        for (id, standing) in inventory.standing.sorted(by: { $0.key.rawValue < $1.key.rawValue })
        where known[id] == nil {
            scan.unknown += 1
            scan.drift += standing.orphans(id, "no subscription here has this name")
        }
        scan.compared += grants.count
        scan.inMotion += max(0, known.count - grants.count)
    }

    private func inventory(
        _ part: String,
        _ installation: Installation
    ) async throws -> Inventory {
        let names = NamePrefix(mode: desk.mode, installation: installation)
        guard let prefix = RecordName(names.text + part) else {
            return Inventory(names, roles: [], apps: [], limits: [])
        }
        do {
            return Inventory(
                names,
                roles: try await runner.api.roles(withPrefix: prefix),
                apps: try await runner.api.apps(withPrefix: prefix),
                limits: try await runner.api.limits(withPrefix: prefix)
            )
        } catch {
            throw DriftFailure(error)
        }
    }

    private func adoptedApps(of grants: [Resting]) async throws -> [AppRecord] {
        let ids = grants.filter(\.grant.observed.holdsAdopted).compactMap { resting in
            resting.grant.observed.adopted.flatMap { RecordID<AppRecord>(Int64($0.id)) }
        }
        guard !ids.isEmpty else { return [] }
        do {
            return try await runner.api.apps(ids)
        } catch {
            throw DriftFailure(error)
        }
    }

    private func limits(ofRoles ids: [RecordID<RoleRecord>]) async throws -> [LimitRecord] {
        do {
            return try await runner.api.limits(ofRoles: ids)
        } catch {
            throw DriftFailure(error)
        }
    }

    /// The rules of the plans that grants stand on; a plan whose services are not there has none.
    private func rules(of grants: [Resting]) async throws -> [Plan.Reference: [Rule]] {
        var rules: [Plan.Reference: [Rule]] = [:]
        var seen: Set<Plan.Reference> = []
        for resting in grants {
            guard let reference = resting.grant.desired.plan, let plan = resting.plan,
                seen.insert(reference).inserted
            else { continue }
            do {
                rules[reference] = try await runner.services.rules(plan.access)
            } catch {
                guard case .platform(let reason) = error else { continue }
                throw DriftFailure(reason)
            }
        }
        return rules
    }
}

/// A grant at rest with what its comparison needs from the database.
struct Resting: Sendable {
    let grant: Grant
    let names: GrantNames
    /// The plan that is desired, in the version that is desired.
    let plan: Plan?
    /// The keys of the generations that may be due.
    let keys: [Int: AppKey]
}

extension Provisioner {
    private static let pageSize = 500

    /// How each grant stands now.
    private func marks(_ part: String) async throws -> [Subscription.ID: Int] {
        let marks = try await each(part) { grant, _ in (grant.subscriptionID, grant.hashValue) }
        return Dictionary(marks, uniquingKeysWith: { first, _ in first })
    }

    private func resting(
        _ part: String,
        _ installation: Installation,
        since marks: [Subscription.ID: Int]
    ) async throws -> [Resting] {
        let now = environment.now()
        return try await each(part) { [desk] grant, reader in
            guard marks[grant.subscriptionID] == grant.hashValue, grant.isAtRest(now),
                let keys = try desk.livingKeys(of: grant, in: reader),
                let names = GrantNames(
                    mode: desk.mode,
                    installation: installation,
                    subscription: grant.subscriptionID
                )
            else { return nil }
            let plan = try grant.desired.plan.flatMap { try reader.plan($0)?.plan }
            return Resting(grant: grant, names: names, plan: plan, keys: keys)
        }
    }

    /// Goes through all grants whose ids begin so, a page at a time.
    private func each<T: Sendable>(
        _ part: String,
        _ body: @escaping @Sendable (Grant, any StoreReader) throws -> T?
    ) async throws -> [T] {
        var all: [T] = []
        var last: Subscription.ID? = part.isEmpty ? nil : Subscription.ID(part)
        while true {
            let (page, end) = try await store.read { [last] reader in
                let page = try reader.subscriptions(after: last, limit: Self.pageSize)
                let ours = page.filter { $0.id.rawValue.hasPrefix(part) }
                let values = try ours.compactMap { subscription in
                    try reader.grant(subscription.id).flatMap { try body($0, reader) }
                }
                let isLast = page.count < Self.pageSize || ours.count < page.count
                return (values, isLast ? nil : page.last?.id)
            }
            all += page
            guard let end else { return all }
            last = end
        }
    }
}

extension ProvisioningDesk {
    /// The keys of the generations that may be due; nil where one cannot be told, so that what
    /// stands there is not taken for a wrong one.
    fileprivate func livingKeys(
        of grant: Grant,
        in reader: any StoreReader
    ) throws -> [Int: AppKey]? {
        var keys: [Int: AppKey] = [:]
        for row in try reader.keys(grant.subscriptionID)
        where row.generation >= grant.desired.generation - 1 && row.endedAt == nil {
            do {
                keys[row.generation] = AppKey(try keyRing.text(of: row, mode: mode))
            } catch {
                // Its master key is not configured; staff hear of that elsewhere.
                return nil
            }
        }
        return keys
    }
}

extension Grant {
    /// Whether nothing is to be done about it now, so that what stands there can be told from what
    /// is on its way.
    func isAtRest(_ now: Date) -> Bool {
        problem == nil && nextAttemptAt.map { $0 > now } ?? true
    }
}
