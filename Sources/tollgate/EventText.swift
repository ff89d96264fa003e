import JSON

/// Events as tables.
enum EventText {
    static let columns = ["event", "received", "provider", "type", "state", "note"]

    static func row(_ event: JSONValue) -> [String] {
        [
            event.word("event"), event.word("received_at"), event.word("provider"),
            event.word("type"), event.word("state"), note(event),
        ]
    }

    static func list(_ body: JSONValue) -> String {
        let events = body["events"]?.array ?? []
        guard !events.isEmpty else { return "no events" }
        let next = body["next"]?.integer.map { "more with --before \($0)\n" } ?? ""
        return Table(header: columns, rows: events.map(row)).text() + next
    }

    static func show(_ body: JSONValue) -> String {
        guard let event = body["event"] else { return list(body) }
        let names = [
            ("event", "event"), ("id", "id"), ("type", "type"), ("provider", "provider"),
            ("mode", "mode"), ("state", "state"), ("needs", "needs"), ("note", "note"),
            ("subscription", "subscription"), ("occurred", "occurred_at"),
            ("received", "received_at"), ("handled", "handled_at"), ("bytes", "bytes"),
        ]
        return Table(rows: names.map { [$0, event.word($1)] }.filter { $0[1] != "-" }).text()
    }

    private static func note(_ event: JSONValue) -> String {
        let needs = event["needs"]?.string.map { "needs \($0.plain)" }
        // Nothing was read of it, so that no note could be made.
        if event["state"]?.string == "unparsed", event["note"]?.string == nil {
            return "signed, and not readable as an event of the provider"
        }
        let parts = [needs, event["note"]?.string?.plain].compactMap(\.self)
        return parts.isEmpty ? "-" : parts.joined(separator: ": ")
    }
}
