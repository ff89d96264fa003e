import DreamFactory
import Subscriptions
import Synchronization

/// What must hold of apps that were there before.
extension World {
    private func owner(of app: AppRecord, _ tables: MemoryTables) -> Grant? {
        tables.grants.values.first { $0.observed.adopted?.id == Int(app.id.rawValue) }
    }

    private var legacyApps: [AppRecord] {
        platform.legacyApps.values.sorted { $0.id.rawValue < $1.id.rawValue }
    }

    /// After every commit and every effect on the platform: without a word of its owner nothing of
    /// such an app changes, its role never does, and its key is gone once that was proved.
    func checkAdopted(_ tables: MemoryTables) {
        guard let role = platform.legacyRole else { return }
        if platform.state.roles[role.id.rawValue] != role {
            fail("the role of apps that were there before was changed")
        }
        for app in legacyApps {
            guard let grant = owner(of: app, tables), ledger.words.contains(grant.subscriptionID)
            else {
                if platform.state.apps[app.id.rawValue] != app {
                    fail("an app that was there before was changed without a word")
                }
                continue
            }
            guard let adopted = grant.observed.adopted, adopted.endedAt != nil,
                let key = app.apiKey
            else { continue }
            if adopted.isKeyLost, !adopted.wasRefused { fail("an adopted app has ended unproved") }
            if [.alive, .asleep].contains(platform.stored(key)) {
                fail("the platform knows the key of an adopted app, whose end was proved")
            }
        }
    }

    /// Whenever the server has nothing to do: no adopted app lives that is not due.
    func checkQuietAdopted(_ grant: Grant) {
        guard let adopted = grant.observed.adopted,
            let key = platform.legacyApps[Int64(adopted.id)]?.apiKey
        else { return }
        let (generation, access) = (grant.desired.generation, grant.desired.access)
        let isDue = generation == 0 || generation == 1 && grant.desired.overlap != nil
        guard !isDue || access != .active, platform.stored(key) == .alive else { return }
        fail("an adopted app lives though access is \(access) and generation \(generation) is due")
    }

    /// At rest: an adopted app lives, sleeps or is gone as access says, and no other of before is
    /// touched.
    func checkRestAdopted(_ tables: MemoryTables, _ expected: inout Surroundings) {
        guard let role = platform.legacyRole else { return }
        expected.roles.insert(role.name)
        for app in legacyApps {
            guard let grant = owner(of: app, tables), let key = app.apiKey else {
                expected.apps.insert(app.name)
                continue
            }
            let isDue =
                grant.desired.generation == 0
                || grant.desired.generation == 1 && isPreviousDue(grant)
            let answer = platform.answer(to: key)
            switch grant.desired.access {
            case .active where isDue:
                if answer != .alive { fail("an adopted app ought to live") }
            case .suspended where isDue, .none where isDue:
                if answer != .asleep { fail("an adopted app ought to sleep") }
            case .active, .suspended, .none, .ended:
                if platform.stored(key) != .gone { fail("an adopted app ought to be gone") }
                if grant.observed.adopted?.endedAt == nil {
                    fail("an adopted app has no proved end")
                }
                continue
            }
            expected.apps.insert(app.name)
        }
    }

    /// Nobody has paid for this time.
    func checkSilentAdopted() {
        let tables = memory.tables.withLock { $0 }
        for app in legacyApps where owner(of: app, tables) != nil {
            guard let key = app.apiKey, platform.answer(to: key) == .alive else { continue }
            fail("an adopted app lives though nobody has paid for this time")
        }
    }
}
