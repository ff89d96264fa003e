import DreamFactory
import Foundation
import Simulation
import Subscriptions
import Synchronization
import Testing

@testable import Provisioning

/// A clock that moves when it is told to.
final class TestClock: Sendable {
    private let time = Mutex(Date(timeIntervalSince1970: 1_800_000_000))

    var now: Date { time.withLock { $0 } }

    func advance(to date: Date) { time.withLock { $0 = max($0, date) } }
    func advance(by seconds: Double) { time.withLock { $0 += seconds } }
}

/// One subscription, its store, a platform and a clock, all in memory.
final class World: Sendable {
    static let id = Subscription.ID("abcdefghijklmnopqrstuvwxy2")
    static let name = "tollgate-test-qwerty-abcdefghijklmnopqrstuvwxy2"
    static let plan = Plan.Reference(id: Plan.ID("pro"), version: 1)
    /// When the first month began that was paid for.
    static let allowance = Date(timeIntervalSince1970: 1_799_990_000)
    static let otherPlan = Plan.Reference(id: Plan.ID("pro"), version: 2)

    let clock = TestClock()
    let store = MemoryStore()
    let platform: FakePlatform
    let keyRing: KeyRing
    private let process = Mutex<Provisioner?>(nil)
    /// Sentences about a shown key that was awake without a limit.
    let violations = Mutex<[String]>([])

    /// How a pause passes; by default the clock jumps over it.
    private let pause: (@Sendable (Duration) async throws -> Void)?

    init(sleeping pause: (@Sendable (Duration) async throws -> Void)? = nil) throws {
        self.pause = pause
        platform = FakePlatform(now: { [clock] in clock.now }) { [store] in
            store.isDead.withLock { $0 = true }
        }
        keyRing = KeyRing(current: try #require(MasterKey(hex: String(repeating: "ab", count: 32))))
        let now = clock.now
        store.tables.withLock { tables in
            tables.installation = Installation(
                id: Installation.ID("qwertyabcdefghijklmnopqrst"),
                mode: .test,
                platformOrigin: "http://127.0.0.1:8081",
                createdAt: now
            )
            let version = PlanVersion(
                plan: .make(
                    rules: ["_table/customers/": [.get], "_table/customers/*": [.get]],
                    limits: [
                        RateLimit(rate: 3, period: .minute), RateLimit(rate: 90, period: .month),
                    ]
                ),
                version: 1,
                appliedAt: now
            )
            let otherVersion = PlanVersion(
                plan: .make(
                    rules: ["_table/customers/*": [.get, .post], "_table/orders/*": [.get]],
                    limits: [RateLimit(rate: 5, period: .minute), RateLimit(rate: 7, period: .day)]
                ),
                version: 2,
                appliedAt: now
            )
            tables.versions = [version, otherVersion]
            tables.addSubscriber(Self.id, now)
        }
        watch()
    }

    /// The provisioner of the process that lives now.
    var provisioner: Provisioner {
        process.withLock { process in
            let provisioner = process ?? makeProvisioner()
            process = provisioner
            return provisioner
        }
    }

    /// Starts a new process, which knows what the store knows.
    func restart() {
        store.isDead.withLock { $0 = false }
        process.withLock { $0 = nil }
    }

    private func makeProvisioner() -> Provisioner {
        Provisioner(
            store: store,
            api: platform,
            mode: .test,
            keyRing: keyRing,
            environment: Provisioner.Environment(
                now: { [clock] in clock.now },
                sleep: pause ?? { [clock] in
                    clock.advance(by: Double($0.components.seconds) + 1)
                },
                random: { count in Array(repeating: 7, count: count) },
                jitter: { 0.5 },
                report: { _ in }
            )
        )
    }

    /// The grant, which must be there.
    var grant: Grant {
        get throws { try #require(store.tables.withLock { $0.grants[Self.id] }) }
    }

    var audit: [String] { store.tables.withLock { $0.audit.map(\.action) } }

    /// The key of a generation, as the platform would hold it.
    func key(_ generation: Int) throws -> AppKey {
        let row = try #require(
            store.tables.withLock { tables in tables.keys.first { $0.generation == generation } }
        )
        return try #require(AppKey(try keyRing.text(of: row, mode: .test)))
    }

    /// Notes that refusals prove something, as after the first key that lived.
    func calibrate() {
        let now = clock.now
        store.tables.withLock { tables in
            tables.installation?.liveKeyAnsweredAt = now
            tables.installation?.randomKeyRefusedAt = now
        }
    }

    /// Changes what is desired, as a decision about access does.
    func wish(
        _ access: Access,
        plan: Plan.Reference = World.plan,
        allowance: Date = World.allowance
    ) {
        let now = clock.now
        store.tables.withLock { tables in
            var grant =
                tables.grants[Self.id]
                ?? Grant(
                    subscriptionID: Self.id,
                    desired: DesiredGrant(access: .none, reason: "", plan: plan, generation: 0),
                    changedAt: now
                )
            let hadKey = grant.desired.generation > 0 || grant.observed.adopted != nil
            let isNew = !hadKey || grant.desired.access == .ended
            if isNew, access != .ended || !hadKey {
                grant.desired.generation += 1
                let generation = grant.desired.generation
                tables.keys.append(
                    keyRing.makeKey(
                        mode: .test,
                        subscription: Self.id,
                        generation: generation,
                        now: now,
                        random: { Array(repeating: UInt8(generation), count: $0) }
                    )
                )
            }
            if isNew { grant.desired.overlap = nil }
            grant.desired.access = access
            grant.desired.plan = plan
            grant.desired.allowance = allowance
            grant.changedAt = now
            grant.failures = 0
            grant.nextAttemptAt = now
            tables.grants[Self.id] = grant
        }
    }

    /// Makes the next key due, as staff and subscribers do.
    func rotate(overlap: Duration) async throws {
        let now = clock.now
        let desk = RotationDesk(
            access: AccessDesk(mode: .test, keyRing: keyRing) { count in
                Array(repeating: 9, count: count)
            }
        )
        _ = try await store.write { tx in
            try desk.rotate(World.id, overlap: overlap, reason: "", actor: "", in: tx, now: now)
        }
    }

    /// Somebody deletes the role, which a look at the platform brings to light.
    func loseRole() throws {
        let roleID = try #require(try grant.observed.roleID)
        platform.state.withLock { state in
            state.roles[Int64(roleID)] = nil
            state.limits = state.limits.filter { $0.value.roleID?.rawValue != Int64(roleID) }
        }
        let now = clock.now
        store.tables.withLock { tables in
            tables.grants[Self.id]?.observed.mustLookUpSince = now
            tables.grants[Self.id]?.nextAttemptAt = now
        }
    }

    /// Lets every limit of the subscription be used up.
    func exhaust() {
        platform.state.withLock { state in
            for limit in state.limits.values {
                state.counts[limit.id.rawValue] = limit.rate
                state.locked.insert(limit.id.rawValue)
            }
        }
    }

    /// Lets time pass and restarts what dies, until nothing is left to do.
    func settle() async throws {
        for _ in 0..<300 {
            do {
                let grant = try await provisioner.converge(Self.id)
                guard let next = grant?.nextAttemptAt else {
                    platform.commitLate()
                    return
                }
                clock.advance(to: next)
            } catch is MemoryStore.Crash {
                restart()
                clock.advance(by: 1)
            }
        }
        Issue.record("the grant does not come to rest: \(try grant)")
    }

    /// Notes every moment in which a key that was shown is awake without a limit.
    private func watch() {
        platform.afterEffect.withLock { hook in
            hook = { [weak self] number, call in self?.inspect(number, call) }
        }
    }

    func inspect(_ number: Int, _ call: PlatformCall) {
        guard let grant = store.tables.withLock({ $0.grants[Self.id] }),
            grant.desired.generation > 0,
            grant.observed.shownGeneration == grant.desired.generation,
            grant.desired.access == .active, let key = try? key(grant.desired.generation)
        else { return }
        let isOpen = platform.state.withLock { state in
            state.answer(to: key) == .alive && state.limits.isEmpty
        }
        if isOpen { violations.withLock { $0.append("call \(number), \(call)") } }
    }
}

extension Plan {
    static func make(rules: [String: Set<Verb>], limits: [RateLimit]) -> Plan {
        Plan(
            id: Plan.ID("pro"),
            name: "Pro",
            prices: [:],
            access: rules.sorted { $0.key < $1.key }.map {
                AccessRule(service: "shop", component: $0.key, verbs: $0.value)
            },
            limits: limits,
            pastDueGrace: .zero,
            rotationGrace: .zero,
            refund: .end,
            dispute: .suspend
        )
    }
}

extension World {
    /// The key is shown and works, and there is exactly one of everything.
    func expectUp(
        plan reference: Plan.Reference = World.plan,
        generation: Int = 1,
        _ context: Comment,
        isAwake: Bool = true
    ) throws {
        let grant = try grant
        let plan = try #require(
            store.tables.withLock {
                $0.versions.first { $0.reference == reference }?.plan
            }
        )
        let state = platform.state.withLock { $0 }
        #expect(grant.problem == nil, context)
        #expect(grant.observed.shownGeneration == generation, context)
        #expect(state.roles.values.map(\.name) == [Self.name], context)
        let role = try #require(state.roles.values.first)
        let rules = role.rules.map { row in
            row.rule.map { "\($0.component) \($0.verbMask)" } ?? "junk"
        }
        let due = plan.access.map { "\($0.component) \($0.verbMask)" }
        #expect(rules.sorted() == due.sorted(), context)
        let appName = generation == 1 ? Self.name : "\(Self.name)-g\(generation)"
        #expect(state.apps.values.map(\.name) == [appName], context)
        let app = try #require(state.apps.values.first)
        #expect(app.roleID == role.id && app.isActive == isAwake, context)
        #expect(app.apiKey == (try key(generation)), context)
        #expect(state.answer(to: try key(generation)) == (isAwake ? .alive : .asleep), context)
        #expect(state.limits.values.allSatisfy { $0.isActive }, context)
        let limits = state.limits.values.map { "\($0.name) \($0.rate)/\($0.period.rawValue)" }
        let dueLimits = plan.limits.map { "\(Self.name) \($0.rate)/\($0.period.platformName)" }
        #expect(limits.sorted() == dueLimits.sorted(), context)
        #expect(violations.withLock { $0 } == [], context)
        #expect(!grant.isUnproved, context)
        guard isAwake else { return }
        let unclear = grant.observed.limits.filter { limit in
            limit.raisedAt != nil
                || limit.period == "month" && limit.freshFor != grant.desired.allowance
        }
        #expect(unclear.isEmpty, context)
    }

    /// Nothing is left, and every key is proved to be refused, twice.
    func expectDown(generation: Int = 1, _ context: Comment) throws {
        platform.commitLate()
        let grant = try grant
        let state = platform.state.withLock { $0 }
        #expect(grant.problem == nil, context)
        #expect(grant.isEndProved, context)
        #expect(grant.observed.closedGeneration == generation, context)
        #expect(state.roles.isEmpty && state.apps.isEmpty && state.limits.isEmpty, context)
        #expect(state.answer(to: try key(generation)) == .gone, context)
        let keys = store.tables.withLock { $0.keys }
        #expect(keys.allSatisfy { $0.endedAt != nil }, context)
    }
}

extension MemoryTables {
    /// Makes the customer and the subscription that a grant belongs to.
    mutating func addSubscriber(_ id: Subscription.ID, _ now: Date) {
        let customer = Customer(
            id: Customer.ID("customer"),
            provider: .stripe,
            mode: .test,
            providerID: "cus_1",
            email: nil,
            createdAt: now
        )
        customers[customer.id] = customer
        subscriptions[id] = Subscription(
            id: id,
            provider: .stripe,
            mode: .test,
            providerID: "sub_1",
            customerID: customer.id,
            createdAt: now
        )
    }
}
