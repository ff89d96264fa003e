import JSON

/// How fast access follows money here, and what waits.
struct StatsCommand: Command {
    let declaration = Declaration(
        words: ["stats"],
        summary: "Shows how fast access follows money here, and the figures of /metrics.",
        notes: [
            """
            Times are of every promise that was kept and is stored: from the arrival of a payment's
            event to the proved key, and from the arrival of the event that ends access, or where
            none does from the decision to revoke, to the first proved refusal.
            Requests and deliveries are counted since the server started. Beside a running server
            GET /metrics has the figures for Prometheus, on the staff socket and on
            TOLLGATE_OPERATOR_LISTEN.
            """
        ]
    )

    func run(_ call: Call) async throws -> Exit {
        try await call.perform("stats", text: Self.text)
    }

    static func text(_ body: JSONValue) -> String {
        let promises = [
            ("payment to proved key", "payment_to_key"),
            ("revocation to proof", "revocation_to_proof"),
        ].flatMap { name, member in
            [("always", "all"), ("last 24 h", "day")].map { period, part in
                let summary = body.at(member, part) ?? [:]
                return [
                    name, period, summary.word("count"), took(summary["p50_seconds"]),
                    took(summary["p99_seconds"]), took(summary["max_seconds"]),
                ]
            }
        }
        var text = Table(
            header: ["promise", "period", "kept", "p50", "p99", "longest"],
            rows: promises
        ).text()
        text += "\n" + Table(header: ["what waits", "count", "oldest"], rows: waiting(body)).text()
        let providers = (body["providers"]?.object ?? [:]).sorted { $0.key < $1.key }
        text += section("providers", .array(providers.map { .string($0.key) }), []) { name in
            [name.string ?? "-"] + provider(body.at("providers", name.string ?? "") ?? [:])
        }
        guard let requests = body["requests"]?.object else { return text }
        let counts = requests.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.text())" }
        return text + "\nrequests since \(body.word("since")): "
            + counts.joined(separator: ", ") + "\n"
    }

    private static func waiting(_ body: JSONValue) -> [[String]] {
        let rows = [
            ("pending events", "inbox"), ("grants not converged", "grants"),
            ("revocations not proved", "revocations"),
        ].map { name, member in
            [
                name, body.at(member, "count")?.text() ?? "-",
                age(body.at(member, "oldest_seconds")) ?? "-",
            ]
        }
        let parked = (body.at("inbox", "parked")?.object ?? [:]).values.compactMap(\.int)
        return rows + [
            ["parked events", "\(parked.reduce(0, +))", "-"],
            ["unparsed events", body.at("inbox", "unparsed")?.text() ?? "-", "-"],
            [
                "differences on the platform", body.at("drift", "differences")?.text() ?? "-",
                age(body.at("drift", "age_seconds")).map { "found \($0) ago" } ?? "-",
            ],
            ["calls to the platform", "breaker \(body.word("breaker"))", "-"],
        ]
    }

    private static func provider(_ figures: JSONValue) -> [String] {
        let counts = (figures["deliveries"]?.object ?? [:]).sorted { $0.key < $1.key }
        return [
            age(figures["silence_seconds"]).map { "silent for \($0)" } ?? "never heard of",
            age(figures["reconcile_age_seconds"]).map { "compared \($0) ago" }
                ?? "never compared",
            counts.map { "\($0.key) \($0.value.text())" }.joined(separator: ", "),
        ]
    }

    /// How long something took: short times to the millisecond, long ones as people say them.
    private static func took(_ value: JSONValue?) -> String {
        guard let seconds = number(value) else { return "-" }
        switch seconds {
        case ..<1: return "\(Int((seconds * 1_000).rounded())) ms"
        case ..<9.95: return "\((seconds * 10).rounded() / 10) s"
        default: return words(Int(seconds.rounded()))
        }
    }

    /// How long ago something was, to the second; nil where it never was.
    private static func age(_ value: JSONValue?) -> String? {
        number(value).map { words(Int($0.rounded())) }
    }

    private static func words(_ seconds: Int) -> String {
        switch seconds {
        case ..<60: "\(seconds) s"
        case ..<3_600: "\(seconds / 60) min \(seconds % 60) s"
        case ..<86_400: "\(seconds / 3_600) h \(seconds % 3_600 / 60) min"
        default: "\(seconds / 86_400) d \(seconds % 86_400 / 3_600) h"
        }
    }

    private static func number(_ value: JSONValue?) -> Double? {
        switch value {
        case .number(let number)?: number
        case .integer(let number)?: Double(number)
        default: nil
        }
    }
}
