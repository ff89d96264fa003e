import JSON

/// Subscriptions as a table, and one of them as a story.
enum SubscriptionText {
    static func list(_ body: JSONValue) -> String {
        let rows = body["subscriptions"]?.array ?? []
        guard !rows.isEmpty else { return "no subscriptions" }
        let next = body["next"]?.string.map { "more with --after \($0)\n" } ?? ""
        return Table(
            header: [
                "subscription", "e-mail", "provider", "plan", "status", "access", "key", "reason",
            ],
            rows: rows.map { row in
                [
                    row.word("subscription"), row.word("email"), row.word("provider"),
                    row.word("plan"), row.word("status"), row.word("access"), key(row), reason(row),
                ]
            }
        ).text() + next
    }

    static func story(_ body: JSONValue) -> String {
        guard let subscription = body["subscription"] else { return list(body) }
        let grant = body["grant"] ?? [:]
        return Table(rows: facts(subscription, body["customer"] ?? [:], grant)).text()
            + section(
                "keys",
                body["keys"],
                ["generation", "last four", "created", "shown", "ended"]
            ) { key in
                ["generation", "last_four", "created_at", "shown_at", "ended_at"].map(key.word)
            }
            + section("holds", body["holds"], ["hold", "placed", "lifted", "by", "reason"]) {
                hold in
                ["kind", "created_at", "lifted_at", "actor", "reason"].map(hold.word)
            }
            + section(
                "grant on the platform",
                .array(onPlatform(grant).map { .array($0.map(JSONValue.string)) }),
                []
            ) { row in (row.array ?? []).compactMap(\.string) }
            + section("events, in order", inOrder(body["events"]), EventText.columns, EventText.row)
            + section("attempts", body["attempts"], ["step", "started", "problem", "outcome"]) {
                attempt in
                ["step", "started_at", "problem", "outcome"].map(attempt.word)
            }
            + section("audit", inOrder(body["audit"], by: "at"), ["at", "by", "action", "details"])
        {
            entry in
            [entry.word("at"), entry.word("actor"), entry.word("action"), details(entry)]
        }
    }

    private static func facts(
        _ subscription: JSONValue,
        _ customer: JSONValue,
        _ grant: JSONValue
    ) -> [[String]] {
        let doubt = subscription["uncertain"]?.bool == true ? ", uncertain" : ""
        let rows = [
            [
                "subscription",
                "\(subscription.word("id")) (\(subscription.word("provider")) "
                    + "\(subscription.word("provider_id")), \(subscription.word("mode")))",
            ],
            [
                "customer",
                "\(customer.word("email")) (\(customer.word("provider_id")), "
                    + "\(customer.word("id")))",
            ],
            ["status", "\(subscription.word("status"))\(doubt)", "status_at"],
            ["plan", "\(subscription.word("plan")) (\(subscription.word("price")))"],
            ["access", "\(grant.word("access")): \(grant.word("reason"))"],
        ].map { row in
            row.count == 3
                ? [row[0], "\(row[1]), since \(subscription.word(row[2]))"] : row
        }
        let dates = [
            ("quantity", "quantity"), ("collection", "pause"), ("resumes", "resumes_at"),
            ("money back", "money_back"), ("trial ends", "trial_end"),
            ("period ends", "period_end"),
            ("paid through", "paid_through"), ("past due since", "past_due_since"),
            ("cancels at", "cancel_at"), ("ended", "ended_at"),
            ("next decision", "next_decision_at"), ("asked at", "fetched_at"),
        ].map { [$0, subscription.word($1)] }
        return rows + dates.filter { $0[1] != "-" }
    }

    private static func onPlatform(_ grant: JSONValue) -> [[String]] {
        let apps = (grant["apps"]?.array ?? []).map { app in
            let state = app["active"]?.bool == true ? "active" : "asleep"
            return "\(app.word("id")) (generation \(app.word("generation")), \(state))"
        }
        let limits = (grant["limits"]?.array ?? []).map { limit in
            let verb = limit["verb"]?.string.map { "\($0) " } ?? ""
            return "\(limit.word("id")) (\(verb)\(limit.word("rate")) a \(limit.word("period")))"
        }
        let rows: [[String]?] = [
            ["role", grant.word("role_id")],
            ["apps", apps.joined(separator: ", ")],
            grant.part("adopted").map { ["adopted app", adopted($0)] },
            ["limits", limits.joined(separator: ", ")],
            grant.part("proof").map {
                ["proof", "\($0.word("answer")) at \($0.word("at"))"]
            },
            grant.part("revocation").map {
                [
                    "revocation",
                    "begun \($0.word("started_at")), proved \($0.word("proved_at")), closed "
                        + $0.word("closed_at"),
                ]
            },
            grant.part("problem").map {
                ["problem", "\($0.word("sentence")) Since \($0.word("since"))."]
            },
        ]
        return rows.compactMap(\.self).filter { !$0[1].isEmpty && $0[1] != "-" }
    }

    /// An app that was taken over; until a key of ours takes its place, its key is the one that is
    /// used.
    private static func adopted(_ app: JSONValue) -> String {
        let end = app["ended_at"]?.string.map { ", ended \($0)" } ?? ""
        return "\(app.word("id")) (\(app.word("name")), role \(app.word("role_id")), key "
            + "…\(app.word("last_four"))\(end))"
    }

    /// What happened first stands first.
    private static func inOrder(
        _ rows: JSONValue?,
        by name: String = "received_at"
    ) -> JSONValue? {
        guard let rows = rows?.array, let first = rows.first, let last = rows.last,
            first.word(name) > last.word(name)
                || (first["event"]?.integer ?? 0) > (last["event"]?.integer ?? 0)
        else { return rows }
        return .array(rows.reversed())
    }

    /// What a line of the audit adds, as words.
    static func details(_ entry: JSONValue) -> String {
        let details = (entry["details"]?.object ?? [:]).sorted { $0.key < $1.key }
        return details.isEmpty
            ? "-"
            : details.map { "\($0.key)=\($0.value.string ?? "-")" }.joined(separator: " ").plain
    }

    private static func key(_ row: JSONValue) -> String {
        guard let four = row["last_four"]?.string else { return "-" }
        let isAdopted = row["generation"]?.int == 0
        let isWaited = row["shown"]?.bool != true && row["access"]?.string == "active"
        let state = isAdopted ? ", adopted" : isWaited ? ", not shown yet" : ""
        return "…\(four.plain) (\(row.word("generation"))\(state))"
    }

    private static func reason(_ row: JSONValue) -> String {
        guard let problem = row["problem"]?.string else { return row.word("reason") }
        return "\(row.word("reason")): \(problem.plain)"
    }
}
