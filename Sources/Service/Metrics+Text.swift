import Foundation
import Subscriptions

extension Metrics.Snapshot {
    /// The figures as Prometheus reads them, version 0.0.4 of its text format.
    ///
    /// Labels are words of ours and names of configured providers; no id and nothing else of a
    /// customer is among them.
    var text: String {
        var text = MetricsText()
        addPromises(to: &text)
        addBacklog(to: &text)
        addProviders(to: &text)
        text.add(
            "tollgate_http_requests_total",
            .counter,
            "Answered requests at every door since the start, by the class of their status.",
            requests.map { ([("class", $0.class)], Double($0.count)) }
        )
        text.add(
            "process_start_time_seconds",
            .gauge,
            "When the process started, in seconds since 1970.",
            startedAt.timeIntervalSince1970
        )
        return text.text
    }

    private func addPromises(to text: inout MetricsText) {
        text.add(
            "tollgate_payment_to_key_seconds",
            "From the arrival of a payment to its key, limited and proved; over all that is stored.",
            histograms[.payment] ?? Histogram()
        )
        text.add(
            "tollgate_revocation_to_proof_seconds",
            "From the arrival of what asks to revoke to the proved refusal; over all that is stored.",
            histograms[.revocation] ?? Histogram()
        )
    }

    private func addBacklog(to text: inout MetricsText) {
        func gauge(_ name: String, _ help: String, _ value: Double) {
            text.add("tollgate_\(name)", .gauge, help, value)
        }
        gauge("inbox_pending_events", "Events without effect yet.", Double(backlog.pending.count))
        gauge("inbox_oldest_pending_age_seconds", "Age of the oldest pending event.", pendingAge)
        gauge(
            "inbox_unparsed_events",
            "Events that cannot be read as the provider's.",
            Double(backlog.unparsed)
        )
        text.add(
            "tollgate_inbox_parked_events",
            .gauge,
            "Events that wait for something, by what they need.",
            Need.Kind.allCases.map { ([("need", $0.rawValue)], Double(backlog.parked[$0] ?? 0)) }
        )
        gauge(
            "grants_unconverged",
            "Grants that are due or have a problem.",
            Double(backlog.unconverged.count)
        )
        gauge(
            "grant_oldest_unconverged_age_seconds",
            "Since when the oldest grant is due or has a problem.",
            unconvergedAge
        )
        text.add(
            "tollgate_grant_problems",
            .gauge,
            "Grants with a problem, by who can do something about it.",
            GrantProblem.Kind.allCases.map {
                ([("kind", $0.rawValue)], Double(backlog.problems[$0] ?? 0))
            }
        )
        gauge(
            "revocations_unproved",
            "Revocations whose proof is still due.",
            Double(backlog.unproved.count)
        )
        gauge(
            "revocation_oldest_unproved_age_seconds",
            "Since when the oldest unproved revocation is decided.",
            unprovedAge
        )
        gauge(
            "platform_breaker_open",
            "1 while the platform is spared calls because it does not answer.",
            isBreakerOpen ? 1 : 0
        )
        guard let drift else { return }
        gauge(
            "drift_differences",
            "Differences that the last comparison of the platform with what is due found.",
            Double(drift.differences)
        )
        gauge("drift_age_seconds", "Since the platform was last compared.", drift.age)
    }

    private func addProviders(to text: inout MetricsText) {
        text.add(
            "tollgate_deliveries_total",
            .counter,
            "Deliveries since the start, by provider and what became of them.",
            providers.flatMap { figures in
                figures.deliveries.map { delivery in
                    (
                        [
                            ("provider", figures.provider.rawValue),
                            ("outcome", delivery.outcome.rawValue),
                        ], Double(delivery.count)
                    )
                }
            }
        )
        text.add(
            "tollgate_provider_silence_seconds",
            .gauge,
            "Since the newest delivery of a provider; absent where there was none.",
            providers.compactMap { figures in
                figures.silence.map { ([("provider", figures.provider.rawValue)], $0) }
            }
        )
        text.add(
            "tollgate_reconcile_age_seconds",
            .gauge,
            "Since all was last compared with a provider; absent where it never was.",
            providers.compactMap { figures in
                figures.reconcileAge.map { ([("provider", figures.provider.rawValue)], $0) }
            }
        )
    }
}

/// Writes metric families one after another.
struct MetricsText {
    enum Kind: String { case counter, gauge, histogram }

    typealias Labels = [(name: String, value: String)]

    /// The media type of the format.
    static let mediaType = "text/plain; version=0.0.4; charset=utf-8"

    private(set) var text = ""

    mutating func add(_ name: String, _ kind: Kind, _ help: String, _ value: Double) {
        add(name, kind, help, [([], value)])
    }

    /// A family without samples is left out.
    mutating func add(
        _ name: String,
        _ kind: Kind,
        _ help: String,
        _ samples: [(labels: Labels, value: Double)]
    ) {
        guard !samples.isEmpty else { return }
        begin(name, kind, help)
        for sample in samples { line(name, sample.labels, sample.value) }
    }

    mutating func add(_ name: String, _ help: String, _ histogram: Histogram) {
        begin(name, .histogram, help)
        for (bound, count) in zip(Histogram.bounds, histogram.counts) {
            line("\(name)_bucket", [("le", Self.number(bound))], Double(count))
        }
        line("\(name)_bucket", [("le", "+Inf")], Double(histogram.count))
        line("\(name)_sum", [], histogram.sum)
        line("\(name)_count", [], Double(histogram.count))
    }

    private mutating func begin(_ name: String, _ kind: Kind, _ help: String) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
    }

    private mutating func line(_ name: String, _ labels: Labels, _ value: Double) {
        let list = labels.map { "\($0.name)=\"\(Self.escaped($0.value))\"" }
        text += name + (list.isEmpty ? "" : "{\(list.joined(separator: ","))}")
        text += " \(Self.number(value))\n"
    }

    private static func number(_ value: Double) -> String {
        Int(exactly: value).map(String.init) ?? String(value)
    }

    private static func escaped(_ value: String) -> String {
        value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
            .replacing("\n", with: "\\n")
    }
}
