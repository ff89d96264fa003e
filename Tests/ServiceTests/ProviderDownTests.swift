import Foundation
import JSON
import Subscriptions
import Testing
import Webhooks

@testable import Service

/// Providers beside one that does not answer.
@Suite struct ProviderDownTests {
    /// An API that answers nobody until it is told to.
    private struct SilentObjects: ProviderObjects {
        let answers = Bell()

        func object(
            _ path: [String],
            _ query: [(name: String, value: String)]
        ) async throws(FetchFailure) -> FetchedObject {
            await answers.wait(past: 0)
            throw .unavailable("It gave no answer.")
        }
    }

    @Test(.timeLimit(.minutes(10)))
    func `a provider that does not answer holds up no event of another`() async throws {
        let road = try await Road(
            applying: Catalogues.everywhere,
            setting: Road.everybody(asksStripe: false)
        )
        let silent = SilentObjects()
        let (handled, signal) = AsyncStream.makeStream(of: Void.self)
        let worker = InboxWorker(
            store: road.tollgate.store,
            desk: road.tollgate.worker.desk,
            endpoints: road.tollgate.endpoints,
            objects: [.polar: silent],
            now: { road.now },
            log: road.tollgate.surroundings.log,
            notify: { signal.yield() }
        )
        // More than one batch of them has come before.
        for number in 0...InboxWorker.batch {
            try await tell("signup", .polar, "P\(number)", road)
        }
        let waiting = try await road.events(.pending).count
        let arrived = Bell()
        let working = Task { await worker.run(arrived: arrived) }
        try await tell("signup", .standard, "S", road)
        arrived.ring()
        for await _ in handled where try await road.events(.applied).count > 0 { break }
        let applied = try await road.events(.applied)
        #expect(applied.allSatisfy { $0.provider == .standard })
        #expect(try await road.events(.pending).count { $0.provider == .polar } == waiting)
        working.cancel()
        silent.answers.ring()
        await working.value
    }

    /// Delivers the first word of a subscription, for which a provider is asked.
    private func tell(
        _ name: String,
        _ provider: KnownProvider,
        _ tag: String,
        _ road: Road
    ) async throws {
        let (pro, max) = Catalogues.prices(of: provider.name)
        let story = try Story(name, of: provider, price: pro, other: max, tag: tag, now: road.now)
        let first = try #require(
            story.steps.first { $0.event["type"]?.string?.hasPrefix("subscription.") == true }
        )
        try await road.deliver(first.event.serialized(), of: provider)
    }
}

/// Lists that do not end.
extension ProviderDownTests {
    /// A list that has always one page more, each of which takes its time.
    private struct EndlessListing: ProviderListing {
        let provider = Provider.polar
        let isEmpty: Bool
        /// After how many pages the same come again.
        var round = Int.max
        let pass: @Sendable () -> Void

        func subscriptions(
            after cursor: String?,
            from objects: any ProviderObjects
        ) async throws -> SubscriptionPage {
            pass()
            let number = cursor.flatMap { Int($0) } ?? 0
            let id = JSONValue.string("sub_\(number % round)")
            let object = FetchedObject(value: ["id": id], at: .distantPast)
            return SubscriptionPage(objects: isEmpty ? [] : [object], next: "\(number + 1)")
        }

        func subscription(
            _ id: String,
            from objects: any ProviderObjects
        ) async throws -> FetchedObject { throw FetchFailure.notFound("It is not there.") }

        func reading(_ fetched: FetchedObject, mode: Mode) -> EventReading { .ignored("") }
    }

    private func reconciler(
        isEmpty: Bool,
        round: Int = .max,
        _ road: Road
    ) throws -> Reconciler {
        let known = try #require(road.tollgate.caretaker.reconcilers[.polar])
        return Reconciler(
            listing: EndlessListing(isEmpty: isEmpty, round: round) { road.pass(.seconds(10)) },
            api: known.api,
            every: known.every,
            store: known.store,
            desk: known.desk,
            now: known.now,
            notify: known.notify,
            arrived: known.arrived
        )
    }

    @Test(.timeLimit(.minutes(10)))
    func `a list without an end keeps no alarm waiting, and is gone on with`() async throws {
        let road = try await Road(setting: Road.everybody(asksStripe: false))
        let own = road.tollgate.caretaker
        let caretaker = Caretaker(
            store: own.store,
            alarms: own.alarms,
            reconcilers: [.polar: try reconciler(isEmpty: false, road)],
            driftWatch: own.driftWatch,
            driftEvery: own.driftEvery,
            now: own.now,
            log: own.log,
            arrived: own.arrived
        )
        var compared: [Int] = []
        for _ in 0..<3 {
            await caretaker.tick()
            compared.append(try await road.read { try $0.reconciliation(.polar) }?.compared ?? 0)
        }
        #expect(compared == [6, 12, 18])
    }

    @Test func `a list that goes round is seen, and the next look waits`() async throws {
        let road = try await Road(setting: Road.everybody(asksStripe: false))
        let own = road.tollgate.caretaker
        let caretaker = Caretaker(
            store: own.store,
            alarms: own.alarms,
            reconcilers: [.polar: try reconciler(isEmpty: false, round: 2, road)],
            driftWatch: own.driftWatch,
            driftEvery: own.driftEvery,
            now: own.now,
            log: own.log,
            arrived: own.arrived
        )
        for _ in 0..<2 { await caretaker.tick() }
        let failures = road.log.about("reconcile.failed", level: .error)
        #expect(failures.count == 1 && failures[0].contains("does not end"))
        #expect(try await road.read { try $0.reconciliation(.polar) }?.compared == 3)
    }

    @Test func `a trail goes on until a page comes again`() {
        var trail = PageTrail()
        let ends = ["a", "b", nil, "c", "b", "d"].map { last in trail.goesOn(to: last) }
        #expect(ends == [true, true, true, true, false, true])
        var long = PageTrail()
        let pages = (0..<100_000).filter { long.goesOn(to: "\($0)") }
        #expect(pages.count == 100_000)
        let isLonger = long.goesOn(to: "more")
        #expect(!isLonger)
    }

    @Test func `a list of empty pages that never end is refused`() async throws {
        let road = try await Road(setting: Road.everybody(asksStripe: false))
        let reconciler = try reconciler(isEmpty: true, road)
        let run = try await reconciler.begin()
        for isDry in [true, false] {
            await #expect(throws: FetchFailure.self) {
                try await reconciler.page(of: run, actor: "test", isDry: isDry)
            }
        }
    }
}
