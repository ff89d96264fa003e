import Foundation
import JSON

/// Plans as tables.
enum PlanText {
    static func list(_ body: JSONValue) -> String {
        let plans = body["plans"]?.array ?? []
        guard !plans.isEmpty else { return "no plans; apply a catalogue with plans apply FILE" }
        return Table(
            header: ["plan", "name", "version", "subscribers", "limits", "applied", "retired"],
            rows: plans.map { plan in
                [
                    plan.word("id"), plan.word("name"), plan.word("version"),
                    plan.word("subscribers"), plan.word("limits"), plan.word("applied_at"),
                    plan.word("retired_at"),
                ]
            }
        ).text()
    }

    static func show(_ body: JSONValue) -> String {
        let rows = [
            ["version", body.word("version")], ["applied", body.word("applied_at")],
            ["retired", body.word("retired_at")],
        ]
        return Table(rows: rows.filter { $0[1] != "-" }).text()
            + (body["plan"]?.text(pretty: true) ?? "")
    }

    static func applied(_ body: JSONValue) -> String {
        let isDry = body["dry_run"]?.bool ?? false
        var text = Table(
            header: ["plan", "version", "change", "stay on older", "limits", "cost"],
            rows: (body["plans"]?.array ?? []).map { plan in
                [
                    plan.word("id"), plan.word("version"), plan.word("change"),
                    plan.word("staying"), plan.word("limits"), cost(plan),
                ]
            }
        ).text()
        if let count = body["returning_events"]?.int, count > 0 {
            text += "parked events that \(isDry ? "would come" : "came") back: \(count)\n"
        }
        if let count = body["moved"]?.int, count > 0 { text += "subscribers moved: \(count)\n" }
        for warning in body["warnings"]?.array ?? [] {
            text += "warning: \(warning.string?.plain ?? "-")\n"
        }
        return text
    }

    /// Limits slow every call of the platform, so that their price belongs beside them.
    private static func cost(_ plan: JSONValue) -> String {
        guard case .number(let milliseconds)? = plan["call_ms_per_1000_subscribers"] else {
            guard let whole = plan["call_ms_per_1000_subscribers"]?.int else { return "-" }
            return "\(whole) ms a call per 1,000 subscribers"
        }
        return String(format: "%.0f ms a call per 1,000 subscribers", milliseconds)
    }
}
