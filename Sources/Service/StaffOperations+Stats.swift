import Foundation
import JSON
import Subscriptions

extension StaffOperations {
    /// How fast the promises were kept over all that is stored, and the figures of `/metrics`.
    func stats() async throws -> StaffReply {
        let (isOpen, now) = (convergence.pause() != nil, now())
        let (snapshot, promises) = try await store.read { [metrics] reader in
            (
                try metrics.snapshot(reader, isBreakerOpen: isOpen, now: now),
                try Self.promises(reader)
            )
        }
        var members = Self.figures(snapshot).object ?? [:]
        let day = now.addingTimeInterval(-86_400)
        for (name, kind) in [
            ("payment_to_key", KeptPromise.Kind.payment), ("revocation_to_proof", .revocation),
        ] {
            let kept = promises[kind] ?? []
            members[name] = [
                "all": Self.summary(kept), "day": Self.summary(kept.filter { $0.keptAt >= day }),
            ]
        }
        if isServing {
            members["since"] = StaffView.date(snapshot.startedAt)
            members["requests"] = .object(
                Dictionary(
                    uniqueKeysWithValues: snapshot.requests.map {
                        ($0.class, .integer(Int64($0.count)))
                    }
                )
            )
        }
        return StaffReply(.done, body: .object(members))
    }

    private static func promises(
        _ reader: any StoreReader
    ) throws -> [KeptPromise.Kind: [KeptPromise]] {
        var promises: [KeptPromise.Kind: [KeptPromise]] = [:]
        var last: Int64 = 0
        while true {
            let page = try reader.keptPromises(after: last, limit: Metrics.pageSize)
            for promise in page { promises[promise.kind, default: []].append(promise) }
            guard page.count == Metrics.pageSize, let end = page.last else { return promises }
            last = end.number
        }
    }

    /// Percentiles by the nearest rank: each is a time that was really taken.
    private static func summary(_ promises: [KeptPromise]) -> JSONValue {
        let seconds = promises.map(\.seconds).sorted()
        func percentile(_ percent: Int) -> JSONValue {
            guard !seconds.isEmpty else { return nil }
            return .number(seconds[(seconds.count * percent + 99) / 100 - 1])
        }
        return [
            "count": .integer(Int64(seconds.count)), "p50_seconds": percentile(50),
            "p99_seconds": percentile(99), "max_seconds": percentile(100),
        ]
    }

    private static func figures(_ snapshot: Metrics.Snapshot) -> JSONValue {
        let backlog = snapshot.backlog
        func waiting(_ waiting: Backlog.Waiting, _ age: TimeInterval) -> [String: JSONValue] {
            [
                "count": .integer(Int64(waiting.count)),
                "oldest_seconds": waiting.count == 0 ? nil : .number(age),
            ]
        }
        func counts<Kind: RawRepresentable<String> & CaseIterable & Hashable>(
            _ counts: [Kind: Int]
        ) -> JSONValue {
            .object(
                Dictionary(
                    uniqueKeysWithValues: Kind.allCases.map {
                        ($0.rawValue, .integer(Int64(counts[$0] ?? 0)))
                    }
                )
            )
        }
        return [
            "inbox": .object(
                waiting(backlog.pending, snapshot.pendingAge).merging([
                    "parked": counts(backlog.parked),
                    "unparsed": .integer(Int64(backlog.unparsed)),
                ]) { $1 }
            ),
            "grants": .object(
                waiting(backlog.unconverged, snapshot.unconvergedAge).merging([
                    "problems": counts(backlog.problems)
                ]) { $1 }
            ),
            "revocations": .object(waiting(backlog.unproved, snapshot.unprovedAge)),
            "drift": snapshot.drift.map { drift in
                [
                    "differences": .integer(Int64(drift.differences)),
                    "age_seconds": .number(drift.age),
                ]
            } ?? nil,
            "breaker": .string(snapshot.isBreakerOpen ? "open" : "closed"),
            "providers": .object(
                Dictionary(
                    uniqueKeysWithValues: snapshot.providers.map {
                        ($0.provider.rawValue, provider($0))
                    }
                )
            ),
        ]
    }

    private static func provider(_ figures: Metrics.Snapshot.ProviderFigures) -> JSONValue {
        [
            "silence_seconds": figures.silence.map(JSONValue.number) ?? nil,
            "reconcile_age_seconds": figures.reconcileAge.map(JSONValue.number) ?? nil,
            "deliveries": .object(
                Dictionary(
                    uniqueKeysWithValues: figures.deliveries.map {
                        ($0.outcome.rawValue, .integer(Int64($0.count)))
                    }
                )
            ),
        ]
    }
}
