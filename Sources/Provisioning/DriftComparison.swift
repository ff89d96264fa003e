import DreamFactory
import Subscriptions

import struct Foundation.Date

/// One grant at rest beside what stands on the platform under its names.
///
/// A pure comparison: what is due is what the step function would bring about.
struct DriftComparison {
    let resting: Resting
    /// The plan's rules; nil where its services are not known.
    let rules: [Rule]?
    let standing: Standing
    let now: Date

    init(_ resting: Resting, rules: [Rule]?, standing: Standing, now: Date) {
        self.resting = resting
        self.rules = rules
        self.standing = standing
        self.now = now
    }

    var grant: Grant { resting.grant }
    private var names: GrantNames { resting.names }
    private var plan: Plan? { resting.plan }
    private var keys: [Int: AppKey] { resting.keys }
    var id: Subscription.ID { grant.subscriptionID }
    private var name: String { names.role.rawValue }
    private var role: RoleRecord? { standing.roles.first }
    var isAwake: Bool { grant.desired.access == .active }

    /// All differences, the role's first.
    func differences() -> [Drift] {
        guard grant.desired.generation > 0 else {
            return standing.orphans(id, "no key is due") + adoptedDrift()
        }
        guard grant.desired.access != .ended else { return leftovers("access has ended") }
        return roleDrift() + appDrift() + adoptedDrift() + foreignApps() + limitDrift()
    }

    /// Whether a limit of the plan has no record on the role.
    var lacksLimit: Bool {
        guard isAwake, let plan, role != nil else { return false }
        return plan.limits.contains { limit in !ownLimits.contains { $0.limit.isSlot(of: limit) } }
    }

    // MARK: - Nothing is due

    private func leftovers(_ why: String) -> [Drift] {
        standing.orphans(id, why) { app in
            // Of a generation that we never made we have no key to prove anything with.
            guard let generation = app.flatMap({ names.generation(ofApp: $0.name) }) else {
                return .converge(refusingFrom: nil)
            }
            return generation > grant.desired.generation
                ? .delete : .converge(refusingFrom: generation)
        }
    }

    // MARK: - Role

    private func roleDrift() -> [Drift] {
        guard let role else {
            guard isAwake || grant.observed.roleID != nil else { return [] }
            let why = isAwake ? "the role is not there" : "the role of a sleeping key is not there"
            return [Drift(.missing, .role, name, of: id, why)]
        }
        guard isAwake else { return [] }
        guard role.isActive else { return [changed(role, "somebody has put the role to sleep")] }
        guard let rules, !role.holds(rules) else { return [] }
        let stored = role.rules.compactMap(\.rule)
        if Set(stored) == Set(rules), stored.count > rules.count {
            return [
                Drift(
                    .duplicated,
                    .role,
                    name,
                    id: role.id.rawValue,
                    of: id,
                    "the role has rules twice"
                )
            ]
        }
        return [changed(role, "the role has other rules than the plan")]
    }

    private func changed(_ role: RoleRecord, _ reason: String) -> Drift {
        Drift(.changed, .role, name, id: role.id.rawValue, of: id, reason)
    }

    // MARK: - Apps

    private func appDrift() -> [Drift] {
        let due = dueGenerations
        var drift = standing.apps.compactMap { app -> Drift? in
            guard let generation = names.generation(ofApp: app.name), due.contains(generation)
            else { return surplus(app) }
            return difference(app, generation)
        }
        // A role that is missing says it all; the app comes back with it.
        guard isAwake, role != nil else { return drift }
        for generation in due where generation > 0 {
            guard let name = names.app(generation)?.rawValue,
                !standing.apps.contains(where: { $0.name == name })
            else { continue }
            drift.append(
                Drift(
                    .missing,
                    .app,
                    name,
                    of: id,
                    "the app of key generation \(generation) is not there"
                )
            )
        }
        return drift
    }

    private func surplus(_ app: AppRecord) -> Drift {
        let generation = names.generation(ofApp: app.name) ?? .max
        let isOurs = generation < grant.desired.generation
        return Drift(
            .orphaned,
            .app,
            app.name,
            id: app.id.rawValue,
            of: id,
            "its key is not due",
            isOurs ? .converge(refusingFrom: generation) : .delete,
            isDeleted: true
        )
    }

    private func difference(_ app: AppRecord, _ generation: Int) -> Drift? {
        func drift(_ reason: String, isDeleted: Bool = false) -> Drift {
            Drift(
                .changed,
                .app,
                app.name,
                id: app.id.rawValue,
                of: id,
                reason,
                isDeleted: isDeleted
            )
        }
        guard app.apiKey == keys[generation] else {
            return drift("the app has another key than ours", isDeleted: true)
        }
        guard let role, app.roleID == role.id else {
            return drift("the app is not on its role", isDeleted: true)
        }
        guard app.isActive != isAwake else { return nil }
        return drift(
            isAwake ? "somebody has put the app to sleep" : "the app is awake and ought to sleep"
        )
    }

    /// The generation that is due and, where it lives on, the one before.
    var dueGenerations: [Int] {
        let situation = Situation(
            desired: grant.desired,
            observed: grant.observed,
            plan: plan,
            platform: PlatformKnowledge(),
            now: now
        )
        return [grant.desired.generation, situation.previousGeneration].compactMap(\.self)
    }

    /// Apps of other people on our role: their keys have our subscriber's access.
    private func foreignApps() -> [Drift] {
        (role?.apps ?? []).compactMap { app in
            guard names.generation(ofApp: app.name) == nil else { return nil }
            let holdsOurs = app.apiKey.map { keys.values.contains($0) } ?? false
            return Drift(
                holdsOurs ? .duplicated : .changed,
                .app,
                app.name,
                id: app.id.rawValue,
                of: id,
                holdsOurs
                    ? "another app holds our key" : "an app that is not ours uses the role",
                .none
            )
        }
    }

    // MARK: - Limits

    private var ownLimits: [(record: LimitRecord, limit: ObservedGrant.Limit)] {
        standing.limits.filter { $0.roleID == role?.id && role != nil }
            .map { ($0, ObservedGrant.Limit($0)) }
    }

    /// Limits are looked at while the key is awake: they are put right before one wakes.
    private func limitDrift() -> [Drift] {
        let strays = standing.limits.filter { $0.name == name && ($0.roleID != role?.id) }
        var drift = strays.map { stray in
            Drift(
                .changed,
                .limit,
                name,
                id: stray.id.rawValue,
                of: id,
                "the limit counts the calls of another role",
                .delete
            )
        }
        guard isAwake, let plan, role != nil else { return drift }
        for limit in plan.limits { drift += differences(in: limit) }
        let surplus = ownLimits.filter { own in
            own.record.name == name && !plan.limits.contains { own.limit.isSlot(of: $0) }
        }
        return drift
            + surplus.map { own in
                Drift(
                    .wrongLimit,
                    .limit,
                    name,
                    id: own.record.id.rawValue,
                    of: id,
                    "the plan has no limit of one \(own.limit.period)",
                    isDeleted: true
                )
            }
    }

    private func differences(in limit: RateLimit) -> [Drift] {
        let word = "\(limit.rate) a \(limit.period.rawValue)"
        let there = ownLimits.filter { $0.limit.isSlot(of: limit) }
        guard let first = there.first else {
            return [Drift(.missing, .limit, name, of: id, "the limit of \(word) is not there")]
        }
        var drift: [Drift] = []
        if first.limit.rate != limit.rate {
            let has = first.record.isActive ? "\(first.record.rate)" : "switched off"
            drift.append(
                Drift(
                    .wrongLimit,
                    .limit,
                    first.record.name,
                    id: first.record.id.rawValue,
                    of: id,
                    "the limit of \(word) is \(has)"
                )
            )
        }
        return drift
            + there.dropFirst().map { other in
                Drift(
                    .duplicated,
                    .limit,
                    other.record.name,
                    id: other.record.id.rawValue,
                    of: id,
                    "the limit of \(word) is there twice",
                    other.record.name == name ? .delete : .none
                )
            }
    }
}

extension Standing {
    /// All that bears the names of a subscription of which nothing is due, in the order in which
    /// it goes: the key first.
    func orphans(
        _ id: Subscription.ID,
        _ why: String,
        _ repair: (AppRecord?) -> Drift.Repair = { _ in .delete }
    ) -> [Drift] {
        func orphan(
            _ record: Drift.Record,
            _ name: String,
            _ number: Int64,
            _ app: AppRecord? = nil
        ) -> Drift {
            Drift(.orphaned, record, name, id: number, of: id, why, repair(app), isDeleted: true)
        }
        return apps.map { orphan(.app, $0.name, $0.id.rawValue, $0) }
            + limits.map { orphan(.limit, $0.name, $0.id.rawValue) }
            + roles.map { orphan(.role, $0.name, $0.id.rawValue) }
    }
}
