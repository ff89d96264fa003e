import Foundation
import HTTP
import Subscriptions
import Synchronization

/// What is counted while the process runs, and what was counted of the stored facts.
///
/// The histograms of the two promises are made of rows that are never taken back, so a restart
/// does not begin them anew; requests and deliveries are counted since the start.
final class Metrics: Sendable {
    /// What became of a delivery.
    enum Outcome: String, CaseIterable {
        /// Stored, and new.
        case stored
        /// Known already, by its id.
        case known
        /// Not signed as the provider signs, or not readable as a request.
        case refused
        case tooLarge = "too_large"
        /// Answered 503, so that the provider sends it again.
        case notStored = "not_stored"
    }

    /// How long one promise took, each time it was kept.
    struct Promises: Sendable {
        var counted: Int64 = 0
        var histograms = [KeptPromise.Kind: Histogram]()

        mutating func add(_ promises: [KeptPromise]) {
            // Another scrape may have counted some of them meanwhile.
            for promise in promises where promise.number > counted {
                counted = promise.number
                histograms[promise.kind, default: Histogram()].add(promise.seconds)
            }
        }
    }

    let startedAt: Date
    let providers: [Provider]
    private let paths: [String: Provider]
    /// By the first digit of the status.
    private let requests: InlineArray<6, Atomic<Int>> = .init { _ in Atomic(0) }
    private let deliveries = Mutex<[Provider: [Outcome: Int]]>([:])
    private let lastDeliveries = Mutex<[Provider: Date?]>([:])
    private let promises = Mutex(Promises())

    init(providers: some Sequence<Provider>, now: Date) {
        startedAt = now
        self.providers = providers.sorted { $0.rawValue < $1.rawValue }
        paths = Dictionary(
            uniqueKeysWithValues: self.providers.map { ("/webhooks/\($0)", $0) }
        )
    }

    /// Counts an answered request, on the loop's thread.
    func count(_ path: String, _ status: Int) {
        guard (1...5).contains(status / 100) else { return }
        requests[status / 100].add(1, ordering: .relaxed)
        guard path.hasPrefix("/webhooks/"), let provider = paths[path] else { return }
        switch status {
        case 413: count(.tooLarge, provider)
        case 503: count(.notStored, provider)
        case 400..<500: count(.refused, provider)
        default: break
        }
    }

    func count(_ outcome: Outcome, _ provider: Provider) {
        deliveries.withLock { $0[provider, default: [:]][outcome, default: 0] += 1 }
    }

    /// How many requests were answered with a status of each class.
    var requestCounts: [(class: String, count: Int)] {
        (1...5).map { ("\($0)xx", requests[$0].load(ordering: .relaxed)) }
    }

    func deliveryCount(_ provider: Provider, _ outcome: Outcome) -> Int {
        deliveries.withLock { $0[provider]?[outcome] ?? 0 }
    }
}

extension Metrics {
    /// The inbox, with its deliveries counted.
    func counting(_ inbox: any DeliveryInbox) -> any DeliveryInbox {
        CountingInbox(inbox: inbox, metrics: self)
    }

    private struct CountingInbox: DeliveryInbox {
        let inbox: any DeliveryInbox
        let metrics: Metrics

        func store(
            _ delivery: Delivery,
            receivedAt: Date,
            completion: @escaping @Sendable (Result<StoredDelivery, any Error>) -> Void
        ) {
            inbox.store(delivery, receivedAt: receivedAt) { [metrics] result in
                if case .success(let stored) = result {
                    metrics.count(stored.isNew ? .stored : .known, delivery.provider)
                    if stored.isNew { metrics.note(receivedAt, delivery.provider) }
                }
                completion(result)
            }
        }
    }

    private func note(_ date: Date, _ provider: Provider) {
        lastDeliveries.withLock { $0[provider] = .some(date) }
    }

    /// When the newest delivery of a provider came; the database is asked once, since looking for a
    /// provider that is silent reads the whole inbox.
    func lastDelivery(of provider: Provider, _ reader: any StoreReader) throws -> Date? {
        if let known = lastDeliveries.withLock({ $0[provider] }) { return known }
        let stored = try reader.lastDelivery(of: provider)
        return lastDeliveries.withLock { dates in
            if let known = dates[provider] { return known }
            dates[provider] = .some(stored)
            return stored
        }
    }

    /// The histograms, with every promise counted that was kept since the last time.
    func histograms(_ reader: any StoreReader) throws -> [KeptPromise.Kind: Histogram] {
        while true {
            let counted = promises.withLock { $0.counted }
            let news = try reader.keptPromises(after: counted, limit: Self.pageSize)
            promises.withLock { $0.add(news) }
            if news.count < Self.pageSize { return promises.withLock { $0.histograms } }
        }
    }

    /// Promises that are read at once.
    static let pageSize = 10_000
}

/// How many values lie at or below each of some bounds, in seconds.
struct Histogram: Sendable, Equatable {
    /// From a fast platform to one that was away for an hour.
    static let bounds: [Double] = [
        0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 3_600,
    ]

    private(set) var counts = [Int](repeating: 0, count: bounds.count)
    private(set) var count = 0
    private(set) var sum: Double = 0

    mutating func add(_ value: Double) {
        count += 1
        sum += value
        for (index, bound) in Self.bounds.enumerated() where value <= bound { counts[index] += 1 }
    }
}
