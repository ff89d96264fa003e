import DreamFactory
import Provisioning
import Subscriptions
import Synchronization

import struct Foundation.Date

/// What must hold once nothing goes wrong any more and all is done.
extension World {
    /// Ends all trouble and lets the server finish.
    func comeToRest() async {
        note { "all trouble ends" }
        during = [:]
        faults = [:]
        crashes = [:]
        deliveryFaults = [:]
        platform.outages = [:]
        platform.cacheFaults = []
        if isDead { restart() }
        // A refusal proves nothing where no key was ever accepted.
        if memory.tables.withLock({ $0.installation?.liveKeyAnsweredAt == nil }) {
            provider.signUp(99, 0, .paid, clock.time)
        }
        await wait(1_300)
        for _ in 0..<8 where violation == nil && unrest() != nil {
            await bringBack()
            await wait(7_300)
        }
        platform.hadLateEffect = false
        if let unrest = unrest() { fail("there is no rest: \(unrest)") }
    }

    /// Parked events that need another look get it, as the worker's hand does it.
    private func bringBack() async {
        _ = try? await store.write { tx in
            for var event in try tx.parkedEvents(.refetch, limit: 50) {
                event.state = .pending
                try tx.update(event)
            }
        }
    }

    /// What is still to be done; nil where nothing is.
    private func unrest() -> String? {
        let tables = memory.tables.withLock { $0 }
        if let delivery = deliveries.first { return "event \(delivery.event + 1) is on its way" }
        if let event = tables.events.first(where: { $0.state == .pending || $0.need != nil }) {
            let number = Int(event.eventID.dropFirst(4)) ?? 1
            let isHopeless = unclear.contains(provider.events[number - 1].contract)
            if !(event.state == .parked && isHopeless) {
                return "\(event.eventID) is \(event.state): \(event.note ?? "")"
            }
        }
        for (id, grant) in tables.grants.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            if let problem = grant.problem { return problem.sentence }
            if grant.isUnproved { return "a revocation of \(id) is not proved" }
            if let next = grant.nextAttemptAt, next != grant.ending?.at {
                return "\(id) has something left to do"
            }
        }
        return nil
    }

    func checkRest() {
        let tables = memory.tables.withLock { $0 }
        for index in acknowledged {
            let row = tables.events.first { $0.eventID == provider.events[index].id }
            guard let row else {
                fail("the acknowledged \(provider.events[index].id) is lost")
                continue
            }
            if row.note?.isEmpty ?? true { fail("\(row.eventID) has neither effect nor reason") }
        }
        checkAccess(tables)
        var expected = Surroundings()
        for (id, grant) in tables.grants { check(id, grant, tables, &expected) }
        checkRestAdopted(tables, &expected)
        let state = platform.state
        if Set(state.roles.values.map(\.name)) != expected.roles
            || Set(state.apps.values.map(\.name)).subtracting(expected.apps) != []
            || state.limits.count != expected.limitCount
        {
            fail("there is more or less on the platform than is due")
        }
    }

    /// Access follows money, as far as the server can know.
    private func checkAccess(_ tables: MemoryTables) {
        let now = clock.now.timeIntervalSince1970
        for (index, contract) in provider.contracts.enumerated() where !unclear.contains(index) {
            let subscription = tables.subscriptions.values.first { $0.providerID == contract.id }
            guard let subscription, let grant = tables.grants[subscription.id] else {
                fail("\(contract.id) is not known")
                continue
            }
            let plan = tables.versions.first { $0.plan.sells(contract.price, of: .stripe) }
            guard let plan else { continue }
            let holds = tables.holds.filter {
                $0.subscriptionID == subscription.id && $0.liftedAt == nil
            }
            var due = provider.due(contract, plan.plan, at: now)
            if due == .active, holds.contains(where: { $0.kind == .suspended }) {
                due = .suspended
            }
            if holds.contains(where: { $0.kind == .revoked }) { due = .ended }
            if grant.desired.access != due {
                fail(
                    "access to \(contract.id), \(contract.status), is \(grant.desired.access) "
                        + "(\(grant.desired.reason)) and ought to be \(due)"
                )
            }
            if due == .active, grant.desired.plan != plan.reference {
                fail("\(contract.id) stands on another plan than is paid for")
            }
        }
    }

    /// The names that may stand on the platform.
    struct Surroundings {
        var roles: Set<String> = []
        var apps: Set<String> = []
        var limitCount = 0
    }

    private func check(
        _ id: Subscription.ID,
        _ grant: Grant,
        _ tables: MemoryTables,
        _ expected: inout Surroundings
    ) {
        guard let installation = tables.installation,
            let names = GrantNames(mode: .test, installation: installation, subscription: id)
        else { return fail("\(id) makes no names") }
        let name = names.role.rawValue
        let role = platform.state.roles.values.first { $0.name == name }
        let rows = tables.keys.filter { $0.subscriptionID == id }
        let previous = isPreviousDue(grant)
        for row in rows {
            let isDue =
                row.generation == grant.desired.generation
                || previous && row.generation == grant.desired.generation - 1
            guard let key = ledger.text(row, keyRing) else { continue }
            let answer = platform.answer(to: key)
            switch grant.desired.access {
            case .active where isDue:
                if answer != .alive { fail("generation \(row.generation) ought to live") }
            case .suspended where isDue, .none where isDue:
                if answer == .alive { fail("generation \(row.generation) ought to sleep") }
            case .active, .suspended, .none, .ended:
                if answer != .gone { fail("generation \(row.generation) ought to be gone") }
                if row.endedAt == nil { fail("generation \(row.generation) has no proved end") }
            }
            if isDue, grant.desired.access != .ended, let app = names.app(row.generation) {
                expected.apps.insert(app.rawValue)
            }
        }
        if grant.desired.generation == 0, grant.observed.adopted != nil {
            if role != nil { fail("a role was made for an app that was taken over") }
            return
        }
        guard grant.desired.access != .ended, let role else {
            if grant.desired.access == .active { fail("an active subscription has no role") }
            return
        }
        expected.roles.insert(name)
        let limits = platform.state.limits.values.filter { $0.roleID == role.id }
        expected.limitCount += limits.count
        guard grant.desired.access == .active else { return }
        if grant.observed.shownGeneration != grant.desired.generation {
            fail("the key that is due is not shown")
        }
        if platform.state.apps.values.filter({ $0.roleID == role.id }).count
            != (previous && grant.desired.generation > 1 ? 2 : 1)
        {
            fail("an active subscription has more or less than its one app")
        }
        check(grant, role, limits, tables)
    }

    /// Whether the key before lives on; its end is certain once the new key was shown.
    func isPreviousDue(_ grant: Grant) -> Bool {
        if let until = grant.previousUntil { return until > clock.now }
        return grant.desired.access != .active && grant.desired.overlap != nil
            && grant.desired.generation - 1 > grant.observed.closedGeneration
    }

    private func check(
        _ grant: Grant,
        _ role: RoleRecord,
        _ limits: [LimitRecord],
        _ tables: MemoryTables
    ) {
        guard let plan = tables.versions.first(where: { $0.reference == grant.desired.plan })?.plan
        else { return fail("an active subscription has no plan") }
        let rules = role.rules.map { row in
            row.rule.map { "\($0.component) \($0.verbMask)" } ?? "junk"
        }
        if rules.sorted() != plan.access.map({ "\($0.component) \($0.verbMask)" }).sorted() {
            fail("the role has other rules than the plan: \(rules.sorted())")
        }
        let found = limits.map { "\($0.rate) \($0.period.rawValue) \($0.isActive)" }
        let due = plan.limits.map { "\($0.rate) \($0.period.platformName) true" }
        if found.sorted() != due.sorted() {
            fail("the role has other limits than the plan: \(found.sorted())")
        }
        guard let allowance = grant.desired.allowance?.timeIntervalSince1970 else { return }
        for limit in limits where limit.period == .month {
            // Clocks may differ by a few seconds.
            if platform.state.countedSince[limit.id.rawValue] ?? 0 < allowance - 20 {
                fail("a monthly limit still counts a month that is over")
            }
        }
    }

    /// The provider never calls again: every access ends on its date.
    func checkSilence() async {
        note { "the provider falls silent" }
        isSilent = true
        deliveries = []
        for index in provider.contracts.indices { provider.contracts[index].nextAt = nil }
        let last = provider.contracts.map(\.latestEnd).max() ?? clock.time
        await wait(max(0, last - clock.time) + 4 * 86_400)
        for row in memory.tables.withLock({ $0.keys }) {
            guard let key = ledger.text(row, keyRing), platform.answer(to: key) == .alive else {
                continue
            }
            fail("generation \(row.generation) lives though nobody has paid for this time")
        }
        checkSilentAdopted()
    }
}
