import DreamFactory
import Provisioning
import Subscriptions
import Synchronization

import struct Foundation.Date

/// What the audit has told so far, and what the platform's names and keys are.
struct Ledger {
    struct Key: Hashable {
        let id: Subscription.ID
        let generation: Int
    }

    var auditCount = 0
    var access: [Subscription.ID: Access] = [:]
    var generations: [Subscription.ID: Int] = [:]
    /// Subscriptions that the provider has ended.
    var final: Set<Subscription.ID> = []
    var shown: Set<Key> = []
    var ended: Set<Key> = []
    /// Subscriptions whose access was not active all the time, or whose key was to be changed.
    var words: Set<Subscription.ID> = []
    /// The plan that each subscription stands on, and before it the one that it stood on last.
    var plans: [Subscription.ID: [Plan.Reference]] = [:]
    private var texts: [Key: AppKey] = [:]

    mutating func text(_ row: APIKey, _ keyRing: KeyRing) -> AppKey? {
        let key = Key(id: row.subscriptionID, generation: row.generation)
        if let known = texts[key] { return known }
        let text = (try? keyRing.text(of: row, mode: .test)).flatMap { AppKey($0) }
        texts[key] = text
        return text
    }
}

/// What must hold at every step.
extension World {
    /// After every commit: the audit explains what stands there, and a hold is obeyed at once.
    func checkStore() {
        let tables = memory.tables.withLock { $0 }
        for entry in tables.audit[ledger.auditCount...] { read(entry) }
        ledger.auditCount = tables.audit.count
        for (id, subscription) in tables.subscriptions {
            if subscription.status?.isFinal == true {
                ledger.final.insert(id)
            } else if ledger.final.contains(id) {
                fail("\(id) had ended and came back")
            }
        }
        for (id, grant) in tables.grants {
            if let plan = grant.desired.plan, ledger.plans[id]?.last != plan {
                ledger.plans[id] = (ledger.plans[id] ?? []).suffix(1) + [plan]
            }
            if grant.desired.access != ledger.access[id] ?? .none {
                fail("no line of the audit explains access \(grant.desired.access) of \(id)")
            }
            if grant.desired.generation != ledger.generations[id] ?? 0 {
                fail("no line of the audit explains generation \(grant.desired.generation)")
            }
        }
        for hold in tables.holds where hold.kind == .revoked && hold.liftedAt == nil {
            if tables.grants[hold.subscriptionID]?.desired.access != .ended {
                fail("a revoked subscription is not ended")
            }
        }
        for row in tables.keys {
            let key = Ledger.Key(id: row.subscriptionID, generation: row.generation)
            if (row.shownAt != nil) != ledger.shown.contains(key) {
                fail("the audit does not tell of the showing of generation \(key.generation)")
            }
            if (row.endedAt != nil) != ledger.ended.contains(key) {
                fail("the audit does not tell of the end of generation \(key.generation)")
            }
        }
        checkPlatform(tables)
    }

    private func read(_ entry: AuditEntry) {
        guard let id = entry.subscriptionID else { return }
        let generation = entry.details["generation"].flatMap(Int.init)
        switch entry.action {
        case "access.changed":
            if entry.details["from"] != (ledger.access[id] ?? .none).rawValue {
                fail("the audit tells of access from \(entry.details["from"] ?? "nothing")")
            }
            if entry.details["reason"]?.isEmpty ?? true { fail("access changed for no reason") }
            ledger.access[id] = entry.details["to"].flatMap(Access.init(rawValue:))
            ledger.generations[id] = generation
            if ledger.access[id] != .active { ledger.words.insert(id) }
        case "key.rotated":
            ledger.generations[id] = generation
            ledger.words.insert(id)
        case "key.shown":
            guard let generation else { return fail("a key was shown without its number") }
            ledger.shown.insert(Ledger.Key(id: id, generation: generation))
        case "key.ended":
            guard let generation else { return fail("a key ended without its number") }
            ledger.ended.insert(Ledger.Key(id: id, generation: generation))
        default: break
        }
    }

    /// After every effect on the platform.
    func checkPlatform() { checkPlatform(memory.tables.withLock { $0 }) }

    private func checkPlatform(_ tables: MemoryTables) {
        checkAdopted(tables)
        for row in tables.keys where row.endedAt != nil {
            guard let key = ledger.text(row, keyRing) else { continue }
            switch platform.answer(to: key) {
            case .alive, .asleep:
                fail("the platform knows generation \(row.generation), whose end was proved twice")
            case .gone, .teardownUnfinished, .inconclusive: break
            }
        }
        for (id, grant) in tables.grants where grant.isShown && isSure(grant) {
            checkShown(id, grant, tables)
        }
    }

    /// A key that look-ups show has its limits, and no older one lives beside it uncalled for.
    func checkShown(_ id: Subscription.ID) {
        let tables = memory.tables.withLock { $0 }
        guard let grant = tables.grants[id], grant.isShown, isSure(grant) else { return }
        checkShown(id, grant, tables)
    }

    /// What came late may undo anything for as long as it takes to look again, which the grant
    /// knows that it must.
    private func isSure(_ grant: Grant) -> Bool {
        let observed = grant.observed
        return !platform.hadLateEffect
            || [
                observed.mustLookUpSince, observed.writeBegunAt, observed.deletionBegunAt,
                observed.unknownWriteAt, observed.unknownDeletionAt,
            ].allSatisfy { $0 == nil }
    }

    private func checkShown(_ id: Subscription.ID, _ grant: Grant, _ tables: MemoryTables) {
        let living = tables.keys.filter { row in
            guard row.subscriptionID == id, row.shownAt != nil,
                let key = ledger.text(row, keyRing)
            else { return false }
            return platform.stored(key) == .alive
        }
        guard let row = living.first(where: { $0.generation == grant.visibleGeneration }),
            let key = ledger.text(row, keyRing)
        else { return }
        let role = platform.state.apps.values.first { $0.apiKey == key }?.roleID
        let limits = platform.state.limits.values.filter { $0.roleID == role && $0.isActive }
        let due = tables.versions.filter {
            ledger.plans[id]?.contains($0.reference) == true
        }.map(\.plan.limits)
        let isLimited = due.contains { due in
            due.allSatisfy { limit in
                limits.contains {
                    $0.period.rawValue == limit.period.platformName
                        && $0.verb == limit.verb?.rawValue
                }
            }
        }
        guard !isLimited, !knowsOfLostLimits(grant, due) else { return }
        fail("generation \(row.generation) is shown and alive without its limits")
    }

    /// Whether the grant has seen that what came late took a limit, and is about to put it back.
    private func knowsOfLostLimits(_ grant: Grant, _ due: [[RateLimit]]) -> Bool {
        platform.hadLateEffect
            && !due.contains { due in
                due.allSatisfy { limit in
                    grant.observed.limits.contains {
                        $0.period == limit.period.rawValue && $0.verb == limit.verb?.rawValue
                    }
                }
            }
    }

    /// Whenever the server has nothing to do: no access that it has decided against, and no older
    /// key beside the one that is due.
    func checkQuiet() {
        let tables = memory.tables.withLock { $0 }
        for (id, grant) in tables.grants
        where grant.problem == nil && !busy.contains(id) && isSure(grant) {
            guard grant.nextAttemptAt.map({ $0 > clock.now }) ?? true else { continue }
            checkQuietAdopted(grant)
            let newest = grant.desired.generation
            for row in tables.keys where row.subscriptionID == id {
                let isDue =
                    row.generation == newest
                    || grant.desired.overlap != nil && row.generation == newest - 1
                if isDue, grant.desired.access == .active { continue }
                guard let key = ledger.text(row, keyRing) else { continue }
                if platform.stored(key) == .alive {
                    fail(
                        "generation \(row.generation) lives though access is "
                            + "\(grant.desired.access), generation \(newest) is due and nothing "
                            + "is left to do"
                    )
                }
            }
        }
    }
}
