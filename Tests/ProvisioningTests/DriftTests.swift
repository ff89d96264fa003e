import DreamFactory
import Foundation
import Simulation
import Subscriptions
import Synchronization
import Testing

@testable import Provisioning

/// What somebody does to the platform behind our back.
enum Tampering: String, CaseIterable, Sendable {
    case nothing
    case deletesRole, deletesApp, deletesLimit, deletesAll
    case putsAppToSleep, changesKey, takesAppOffRole, putsRoleToSleep
    case changesRule, addsRule, doublesRule
    case changesRate, switchesLimitOff, addsLimit, movesLimit
    case bringsOldKeyBack, leavesOrphan

    /// The differences that are found, as kind and record.
    var found: Set<String> {
        switch self {
        case .nothing: []
        case .deletesRole: ["missing role", "changed app"]
        case .deletesAll: ["missing role"]
        case .deletesApp: ["missing app"]
        case .deletesLimit: ["missing limit"]
        case .putsAppToSleep, .changesKey, .takesAppOffRole: ["changed app"]
        case .putsRoleToSleep, .changesRule, .addsRule: ["changed role"]
        case .doublesRule: ["duplicated role"]
        case .changesRate, .switchesLimitOff, .addsLimit: ["wrong_limit limit"]
        case .movesLimit: ["changed limit", "missing limit"]
        case .bringsOldKeyBack: ["orphaned app"]
        case .leavesOrphan: ["orphaned role", "orphaned app", "orphaned limit"]
        }
    }

    func happen(to world: World) throws {
        let key = try world.key(1)
        let otherKey = try #require(AppKey(String(repeating: "x", count: 64)))
        world.platform.state.withLock { state in
            let role = state.roles.values.first { $0.name == World.name }
            let app = state.apps.values.first { $0.name.hasPrefix(World.name) }
            let limit = state.limits.values.first { $0.period == .minute }
            guard let role, let app, let limit else { return }
            let (roleID, appID, limitID) = (role.id.rawValue, app.id.rawValue, limit.id.rawValue)
            switch self {
            case .nothing: break
            case .deletesRole:
                state.roles[roleID] = nil
                state.limits = [:]
            case .deletesAll: (state.roles, state.apps, state.limits) = ([:], [:], [:])
            case .deletesApp: state.apps[appID] = nil
            case .deletesLimit: state.limits[limitID] = nil
            case .putsAppToSleep: state.apps[appID]?.isActive = false
            case .changesKey: state.apps[appID]?.apiKey = otherKey
            case .takesAppOffRole: state.apps[appID]?.roleID = nil
            case .putsRoleToSleep: state.roles[roleID]?.isActive = false
            case .changesRule: state.roles[roleID]?.rules[0].rule?.verbMask = 31
            case .addsRule:
                var rule = role.rules[0].rule
                rule?.component = "_table/orders/*"
                let row = RuleRecord(id: state.makeID(), rule: rule)
                state.roles[roleID]?.rules.append(row)
            case .doublesRule:
                let row = RuleRecord(id: state.makeID(), rule: role.rules[0].rule)
                state.roles[roleID]?.rules.append(row)
            case .changesRate: state.limits[limitID]?.rate = 1_000_000
            case .switchesLimitOff: state.limits[limitID]?.isActive = false
            case .addsLimit: state.add(limit, period: .day)
            case .movesLimit:
                let id: RecordID<RoleRecord> = state.makeID()
                state.limits[limitID]?.roleID = id
            case .bringsOldKeyBack: state.add(app, name: World.name, key: key)
            case .leavesOrphan:
                let name = "tollgate-test-qwerty-zzzzzzzzzzzzzzzzzzzzzzzzz7"
                var orphan = role
                orphan.name = name
                let id: RecordID<RoleRecord> = state.makeID()
                state.roles[id.rawValue] = RoleRecord(
                    id: id,
                    name: name,
                    isActive: true,
                    rules: [],
                    apps: []
                )
                state.add(app, name: name, key: otherKey, role: id)
                state.add(limit, period: .hour, name: name, role: id)
            }
        }
    }
}

extension FakePlatform.State {
    mutating func add(
        _ limit: LimitRecord,
        period: LimitPeriod,
        name: String? = nil,
        role: RecordID<RoleRecord>? = nil
    ) {
        let id: RecordID<LimitRecord> = makeID()
        limits[id.rawValue] = LimitRecord(
            id: id,
            name: name ?? limit.name,
            roleID: role ?? limit.roleID,
            rate: limit.rate,
            period: period,
            verb: limit.verb,
            isActive: true
        )
    }

    mutating func add(
        _ app: AppRecord,
        name: String,
        key: AppKey,
        role: RecordID<RoleRecord>? = nil
    ) {
        let id: RecordID<AppRecord> = makeID()
        apps[id.rawValue] = AppRecord(
            id: id,
            name: name,
            apiKey: key,
            isActive: true,
            roleID: role ?? app.roleID
        )
    }
}

extension World {
    /// Compares and repairs, after crashes and failures once more, until nothing differs.
    func repair() async throws {
        for _ in 0..<20 {
            do {
                let scan = try await provisioner.scan()
                if scan.drift.isEmpty, scan.inMotion == 0 { return }
                _ = try await provisioner.repair(scan.drift, actor: "staff:grace")
                try await settle()
            } catch is MemoryStore.Crash {
                restart()
                clock.advance(by: 1)
            } catch is DriftFailure {
                clock.advance(by: 1)
            }
        }
        Issue.record("something differs without end: \(try await provisioner.scan().drift)")
    }
}

struct DriftTests {
    private func words(_ scan: DriftScan) -> Set<String> {
        Set(scan.drift.map { "\($0.kind.rawValue) \($0.record.rawValue)" })
    }

    @Test(arguments: Tampering.allCases)
    func `what somebody changed by hand is found, and put right`(
        _ tampering: Tampering
    ) async throws {
        let world = try World()
        world.wish(.active)
        try await world.settle()
        let isRotated = tampering == .bringsOldKeyBack
        if isRotated {
            try await world.rotate(overlap: .zero)
            try await world.settle()
        }
        try tampering.happen(to: world)
        let before = world.platform.calls.count
        let scan = try await world.provisioner.scan()
        #expect(words(scan) == tampering.found)
        #expect(scan.compared == 1 && scan.inMotion == 0)
        let made = world.platform.calls[before...]
        let writes = made.filter(\.isWrite)
        #expect(writes.isEmpty, "a comparison changes nothing")
        try await world.repair()
        try world.expectUp(generation: isRotated ? 2 : 1, "\(tampering)")
    }

    @Test func `an app that wakes behind our back is put to sleep again`() async throws {
        let world = try World()
        world.wish(.active)
        try await world.settle()
        world.wish(.suspended)
        try await world.settle()
        #expect(try await world.provisioner.scan().drift.isEmpty)
        world.platform.state.withLock { state in
            for id in state.apps.keys { state.apps[id]?.isActive = true }
        }
        #expect(words(try await world.provisioner.scan()) == ["changed app"])
        try await world.repair()
        try world.expectUp("asleep again", isAwake: false)
    }

    @Test func `an ended key that is back is deleted and proved to be refused again`() async throws
    {
        let world = try World()
        try await Flow.endAgain.prepare(world)
        let scan = try await world.provisioner.scan()
        #expect(words(scan) == ["orphaned role", "orphaned app"])
        let refusals = world.audit.count { $0 == "key.refused" }
        try await world.repair()
        try world.expectDown("ended again")
        #expect(world.audit.count { $0 == "key.refused" } == refusals + 1)
    }

    @Test func `an app that is not ours is told of and left alone`() async throws {
        let world = try World()
        world.wish(.active)
        try await world.settle()
        let key = try #require(AppKey(String(repeating: "y", count: 64)))
        world.platform.state.withLock { state in
            if let app = state.apps.values.first { state.add(app, name: "by-hand", key: key) }
        }
        let drift = try await world.provisioner.scan().drift
        #expect(drift.map(\.name) == ["by-hand"] && drift.map(\.repair) == [.none])
        _ = try await world.provisioner.repair(drift, actor: "staff:grace")
        #expect(world.platform.state.withLock { $0.apps.count } == 2)
    }

    @Test func `a grant that is being worked on is left out`() async throws {
        let world = try World()
        world.wish(.active)
        let scan = try await world.provisioner.scan()
        #expect(scan.drift.isEmpty && scan.compared == 0 && scan.inMotion == 1)
    }

    @Test func `a platform that does not answer is told of, and nothing counts as missing`()
        async throws
    {
        let world = try World()
        world.wish(.active)
        try await world.settle()
        world.platform.state.withLock { $0.outage = .unavailable(status: 503) }
        await #expect(throws: DriftFailure.self) { try await world.provisioner.scan() }
    }
}

struct NamePrefixTests {
    private static let installation = Installation(
        id: Installation.ID("qwertyabcdefghijklmnopqrst"),
        mode: .test,
        platformOrigin: "",
        createdAt: .distantPast
    )
    private let prefix = NamePrefix(mode: .test, installation: Self.installation)

    @Test func `our names give their subscription`() {
        let id = Subscription.ID("abcdefghijklmnopqrstuvwxy2")
        for suffix in ["", "-g2", "-g41"] {
            #expect(prefix.subscription(of: "tollgate-test-qwerty-\(id)\(suffix)") == id)
        }
    }

    @Test(arguments: [
        "tollgate-live-qwerty-abcdefghijklmnopqrstuvwxy2",
        "tollgate-test-other2-abcdefghijklmnopqrstuvwxy2",
        "tollgate-test-qwerty-abcdefghijklmnopqrstuvwxy",
        "tollgate-test-qwerty-ABCDEFGHIJKLMNOPQRSTUVWXY2",
        "tollgate-test-qwerty-abcdefghijklmnopqrstuvwxy2-g1",
        "tollgate-test-qwerty-abcdefghijklmnopqrstuvwxy2-g02",
        "tollgate-test-qwerty-abcdefghijklmnopqrstuvwxy2-x2",
        "tollgate-test-qwerty-abcdefghijklmnopqrstuvwxy2-g2-g3", "tollgate-doctor", "admin", "",
    ])
    func `a name that we would not give is nobody's`(_ name: String) {
        #expect(prefix.subscription(of: name) == nil)
    }
}

struct RepairCapTests {
    private func drift(_ count: Int, _ kind: Drift.Kind, isDeleted: Bool) -> [Drift] {
        (0..<count).map { number in
            Drift(
                kind,
                .role,
                "name",
                of: Subscription.ID("\(number)"),
                "why",
                isDeleted: isDeleted
            )
        }
    }

    @Test(
        arguments: [
            (20, 20, nil, true), (21, 21, nil, false), (21, 210, nil, true), (22, 210, nil, false),
            (22, 22, 22, true), (22, 22, 21, false), (1_000, 1_000, 1_000, true),
        ] as [(Int, Int, Int?, Bool)]
    )
    func `more than a tenth and more than twenty need their number`(
        _ count: Int,
        _ total: Int,
        _ confirmed: Int?,
        _ isAllowed: Bool
    ) {
        for cap in [
            RepairCap(drift(count, .orphaned, isDeleted: true), total: total),
            RepairCap(drift(count, .missing, isDeleted: false), total: total),
        ] {
            #expect(cap.grave == count)
            #expect(cap.allows(confirmed: confirmed) == isAllowed)
        }
    }

    @Test func `what is only put back does not count`() {
        #expect(RepairCap(drift(500, .changed, isDeleted: false), total: 500).grave == 0)
    }
}
