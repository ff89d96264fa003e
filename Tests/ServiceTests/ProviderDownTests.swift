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
