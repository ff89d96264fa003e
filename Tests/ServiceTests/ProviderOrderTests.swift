import Foundation
import JSON
import Subscriptions
import Testing

@testable import Service

/// Random histories, told by each provider's events through its adapter in every order.
@Suite struct ProviderOrderTests {
    static let histories: UInt64 = 60

    /// What is left of a history.
    private struct Outcome: Hashable {
        let access: Access?
        let status: SubscriptionStatus?
        let plan: Plan.Reference?
        let cancelAt: Date?
    }

    @Test(arguments: KnownProvider.all.filter { $0.api != nil }.map(\.name))
    func `fetched, every order with repetitions ends as the ordered history`(
        _ name: String
    ) async throws {
        let provider = try #require(KnownProvider.named(name))
        let road = try await Road(
            applying: Catalogues.everywhere,
            setting: Road.setting(provider, key: FakeAPI.key)
        )
        let api = road.wire.api(of: provider)
        var ends: [Outcome] = []
        for seed in 0..<Self.histories {
            let now = road.now
            var history = RandomHistory(seed, provider, tag: "o\(seed)", now: now)
            for step in history.steps {
                api.set(step.objects)
                try await deliver(step, provider, road)
            }
            try await retry(road)
            let ordered = try await outcome(history, road)

            history = RandomHistory(seed, provider, tag: "s\(seed)", now: now)
            for step in history.steps { api.set(step.objects) }
            for step in history.shuffled { try await deliver(step, provider, road) }
            try await retry(road)
            #expect(try await outcome(history, road) == ordered, "seed \(seed): \(history.told)")
            ends.append(ordered)
        }
        // Histories that all end alike would prove nothing.
        #expect(Set(ends.map(\.access)).count >= 3)
        #expect(Set(ends.map(\.status)).count >= 3)
    }

    @Test(arguments: KnownProvider.all.map(\.name))
    func `told, an end is an end in every order, and only an end ends`(
        _ name: String
    ) async throws {
        let provider = try #require(KnownProvider.named(name))
        let road = try await Road(
            applying: Catalogues.everywhere,
            setting: Road.setting(provider)
        )
        var endings = 0
        for seed in 0..<Self.histories {
            let history = RandomHistory(seed, provider, tag: "t\(seed)", now: road.now)
            for step in history.shuffled { try await deliver(step, provider, road) }
            try await retry(road)
            let told = try await outcome(history, road)
            #expect((told.status == .canceled) == history.isEnded, "\(seed): \(history.told)")
            if history.isEnded { #expect(told.access == .ended, "\(seed): \(history.told)") }
            endings += history.isEnded ? 1 : 0
        }
        #expect((1..<Int(Self.histories)).contains(endings))
    }

    private func deliver(
        _ step: Story.Step,
        _ provider: KnownProvider,
        _ road: Road
    ) async throws {
        try await road.deliver(step.event.serialized(), of: provider)
        while try await road.tollgate.worker.drain() > 0 {}
    }

    /// What came before its subscription waits for it, and is tried again within a minute or two.
    private func retry(_ road: Road) async throws {
        road.pass(.seconds(61))
        try await road.tollgate.caretaker.retryParked()
        while try await road.tollgate.worker.drain() > 0 {}
    }

    private func outcome(_ history: RandomHistory, _ road: Road) async throws -> Outcome {
        let found = try await road.read { reader in
            try reader.subscription(
                provider: history.provider.provider,
                mode: .test,
                providerID: history.subscriptionID
            ).map { ($0, try reader.grant($0.id)?.desired.access) }
        }
        let (subscription, access) = try #require(found)
        return Outcome(
            access: access,
            status: subscription.status,
            plan: subscription.plan,
            cancelAt: subscription.cancelAt
        )
    }
}

/// A life in which a seed decides what happens, as a provider tells it.
private struct RandomHistory {
    let provider: KnownProvider
    private(set) var steps: [Story.Step] = []
    /// What happened, for whoever reads of a fault.
    private(set) var told: [Happening] = []
    private var life: Life
    private var writer: any StoryWriter
    private var random: Seeded
    private let prices: [String]

    init(_ seed: UInt64, _ provider: KnownProvider, tag: String, now: Date) {
        self.provider = provider
        let (pro, max) = Catalogues.prices(of: provider.name)
        prices = [pro, max]
        random = Seeded(seed)
        writer = provider.writer
        life = Life(price: pro, tag: tag, end: Int64(now.timeIntervalSince1970))
        play()
    }

    var subscriptionID: String { writer.subscriptionID(life) }
    /// Whether its last word is an end.
    var isEnded: Bool { life.status == .canceled }

    /// The steps in any order, with repetitions.
    var shuffled: [Story.Step] {
        var random = random
        let repeated = steps.filter { _ in random.next() % 3 == 0 }
        return (steps + repeated).shuffled(using: &random)
    }

    private mutating func play() {
        life.time -= Int64(1 + random.next() % 40) * Life.day
        (life.startedAt, life.periodStart, life.askedAt) = (life.time, life.time, life.time)
        life.periodEnd = life.time + 30 * Life.day
        life.payment = 1
        life.isPaid = true
        let isTrial = random.next() % 4 == 0
        life.status = isTrial ? .trialing : .active
        life.trialEnd = isTrial ? life.periodEnd : nil
        life.due = isTrial ? 0 : Life.amount
        happens(.signUp)
        for _ in 0..<random.next() % 6 where life.status != .canceled { happensAny() }
    }

    private mutating func happensAny() {
        // Several things in one second are usual.
        if random.next() % 3 != 0 { life.time += Int64(random.next() % 100_000) }
        switch (random.next() % 8, life.status) {
        case (0, .pastDue):
            (life.status, life.isPaid) = (.active, true)
            happens(.recovery)
        case (0, .active) where life.pausedUntil == nil && life.cancelAt == nil:
            (life.periodStart, life.periodEnd) = (life.periodEnd, life.periodEnd + 30 * Life.day)
            life.time = max(life.time, life.periodStart)
            ask(isRenewal: true)
            happens(.renewal)
            if random.next() % 2 == 0 {
                life.isPaid = true
                happens(.payment)
            } else {
                life.status = .pastDue
                happens(.failure)
            }
        case (1, .active), (1, .trialing):
            life.price = prices[Int(random.next() % 2)]
            happens(.change)
        case (2, .active), (2, .trialing):
            life.cancelAt = life.cancelAt == nil ? life.periodEnd : nil
            happens(life.cancelAt == nil ? .unschedule : .schedule)
        case (3, .active) where life.pausedUntil == nil && life.cancelAt == nil:
            life.pausedUntil = life.end + 30 * Life.day
            happens(.pause)
        case (4, .active) where life.refunded == 0 && life.due > 0 && life.isPaid:
            life.refunded = random.next() % 2 == 0 ? Life.amount : 900
            happens(.refund)
        case (5, _) where random.next() % 2 == 0:
            life.status = .canceled
            life.endedAt = life.time
            life.pausedUntil = nil
            happens(.end)
        default: break
        }
    }

    private mutating func ask(isRenewal: Bool) {
        life.payment += 1
        life.askedAt = life.time
        life.due = Life.amount
        life.isPaid = false
        life.isRenewal = isRenewal
        life.refunded = 0
    }

    private mutating func happens(_ happening: Happening) {
        told.append(happening)
        steps += writer.tell(happening, life)
    }
}

/// A generator whose sequence a seed decides (SplitMix64).
private struct Seeded: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
