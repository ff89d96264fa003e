import Foundation
import Subscriptions
import Webhooks

/// What staff must know of the providers, each in a sentence that says what to do.
struct Alarms: Sendable {
    let endpoints: [Provider: WebhookEndpoint]
    /// The providers whose API we have a key of.
    let asked: Set<Provider>
    /// How long each provider that used to talk may be silent.
    let silences: [Provider: Duration]
    let disk: DiskWatch

    func sentences(_ reader: any StoreReader, now: Date) throws -> [String] {
        var sentences = [disk.trouble?.sentence].compactMap(\.self)
        for (provider, endpoint) in endpoints.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            if !endpoint.hasSecret(at: now) {
                sentences.append(
                    "No signing secret of \(provider) counts now, so none of its events is taken: "
                        + "set a current one and restart."
                )
            }
            if let last = try reader.lastDelivery(of: provider), let silence = silences[provider],
                now.timeIntervalSince(last) > silence.seconds
            {
                sentences.append(
                    "\(provider) has been silent since \(last.formatted(.iso8601)): look at the "
                        + "state of the webhook endpoint in its dashboard."
                )
            }
            if let api = KnownProvider.named(provider.rawValue)?.api, let loss = api.loss,
                !asked.contains(provider)
            {
                sentences.append("Set \(api.form.setting): without it \(loss).")
            }
            sentences += try parked(provider, reader)
        }
        if let report = try reader.driftReport(), report.differences > 0 {
            sentences.append(
                "\(report.differences) things on the platform were not as they ought to be at "
                    + "\(report.finishedAt.formatted(.iso8601)): look with `tollgate grants drift`, "
                    + "and put them right with `tollgate grants repair`."
            )
        }
        return sentences
    }

    private func parked(_ provider: Provider, _ reader: any StoreReader) throws -> [String] {
        func events(_ kind: Need.Kind) throws -> [InboxEvent] {
            try reader.parkedEvents(kind, limit: 1_000).filter { $0.provider == provider }
        }
        var sentences: [String] = []
        let refetch = try events(.refetch)
        if let first = refetch.first {
            sentences.append(waiting(refetch.count, first, of: provider))
        }
        let unknown = try events(.unknownStatus).count
        if unknown > 0 {
            sentences.append(
                (unknown == 1 ? "1 event" : "\(unknown) events")
                    + " of \(provider) with a word that this version does not know changed nothing:"
                    + " update Tollgate."
            )
        }
        return sentences
    }

    /// The oldest says why: what stands in its way mostly stands in the way of all.
    private func waiting(_ count: Int, _ first: InboxEvent, of provider: Provider) -> String {
        if asked.contains(provider) {
            return (count == 1 ? "1 event waits" : "\(count) events wait")
                + " for an answer of \(provider)'s API that can be used; `tollgate events list"
                + " --state parked` shows all. \(first.need?.reason ?? "")"
        }
        guard let api = KnownProvider.named(provider.rawValue)?.api else {
            return "\(count) events of \(provider) wait for a subscription that no event has told "
                + "of: have it sent."
        }
        return (count == 1 ? "1 event needs" : "\(count) events need")
            + " what only \(provider)'s API tells: set its key (\(api.form.setting))."
    }
}
