import JSON

/// The status as one screen.
enum StatusText {
    static func text(_ body: JSONValue) -> String {
        var text = Table(rows: summary(body)).text()
        if body["alarms"]?.array?.isEmpty == false {
            text += section("alarms", body["alarms"], []) { [$0.string?.plain ?? "-"] }
        }
        if body["providers"]?.array?.isEmpty == false {
            text += section(
                "providers",
                body["providers"],
                ["provider", "last delivery", "compared with its API"]
            ) { [$0.word("name"), $0.word("last_delivery_at"), reconciled($0)] }
        }
        text += section("parked events", body["parked"], EventText.columns, EventText.row)
        text += section("stuck grants", body["stuck"], ["subscription", "since", "problem"]) {
            [$0.word("subscription"), $0.word("since"), $0.word("sentence")]
        }
        text += section(
            "revocations not yet proved",
            body["unproved_revocations"],
            ["subscription", "since", "problem"]
        ) { [$0.word("subscription"), $0.word("since"), $0.word("problem")] }
        return text
    }

    private static func summary(_ body: JSONValue) -> [[String]] {
        let platform = body["platform"] ?? [:]
        let isWell = platform["problem"]?.string == nil
        let events = ["pending", "applied", "ignored", "parked", "unparsed"].map {
            "\($0) \(body.at("events", $0)?.int ?? 0)"
        }
        return [
            [
                "platform",
                "\(platform.word("url")), \(isWell ? "answers" : "does not answer well")",
            ],
            ["problem", platform.word("problem")],
            [
                "calls",
                "none since \(platform.word("spared_since")), the next probe comes at "
                    + "\(platform.word("next_probe_at")): \(platform.word("spared_because"))",
            ],
            ["mode", body.word("mode")],
            ["installation", body.word("installation")],
            ["server", server(body)],
            [
                "proofs",
                platform["proves_refusals"]?.bool == true
                    ? "refusals of keys can be proved here"
                    : "wait until one key has worked and a random one was refused",
            ],
            ["events", events.joined(separator: ", ")],
            ["drift", drift(body["drift"] ?? [:])],
        ].filter { row in
            switch row[0] {
            case "problem": !isWell
            case "drift": row[1] != "never"
            case "calls": platform["breaker"]?.string == "open"
            default: true
            }
        }
    }
}

extension StatusText {
    private static func server(_ body: JSONValue) -> String {
        guard body["serving"]?.bool == true else { return "not running" }
        return body["observing"]?.bool == true
            ? "running, observes: nothing is written to the platform" : "running"
    }

    private static func drift(_ report: JSONValue) -> String {
        guard report["compared_at"]?.string != nil else { return "never" }
        return "\(report.word("differences")) differences in \(report.word("compared")) grants, "
            + "compared \(report.word("compared_at"))"
    }

    private static func reconciled(_ provider: JSONValue) -> String {
        let run = provider["reconciled"] ?? [:]
        guard run["started_at"]?.string != nil else {
            return provider["compares"]?.bool == true ? "not yet" : "-"
        }
        guard run["finished_at"]?.string != nil else {
            return "begun \(run.word("started_at")), at \(run.word("compared"))"
        }
        return "\(run.word("finished_at")), compared \(run.word("compared")), changed "
            + run.word("changed")
    }
}

/// A heading and a table below it, or one line that says that there is nothing.
func section(
    _ title: String,
    _ rows: JSONValue?,
    _ header: [String],
    _ row: (JSONValue) -> [String]
) -> String {
    guard let rows = rows?.array, !rows.isEmpty else { return "\n\(title): none\n" }
    return "\n\(title)\n" + Table(header: header, rows: rows.map(row)).text(indent: 2)
}

extension JSONValue {
    /// A member that is an object.
    func part(_ name: String) -> JSONValue? {
        guard let member = self[name], member.object != nil else { return .none }
        return member
    }

    /// A member as people read it on one line; a dash where there is none.
    func word(_ name: String) -> String {
        switch self[name] {
        case .string(let text)?: text.isEmpty ? "-" : text.plain
        case .integer(let number)?: String(number)
        case .number(let number)?: String(number)
        case .bool(let isSo)?: isSo ? "yes" : "no"
        case .array(let elements)? where !elements.isEmpty:
            elements.map { $0.string ?? $0.text() }.joined(separator: ", ").plain
        default: "-"
        }
    }
}
