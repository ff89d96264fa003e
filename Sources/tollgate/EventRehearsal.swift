import JSON
import Service

/// Makes kept events fit to be sent now.
struct EventRehearsal: Sendable {
    /// The Unix time at which the latest event shall have happened; nil leaves all times.
    var shiftsTo: Int64?
    /// Whether every event becomes one that nobody knows.
    var givesNewIDs = false

    /// Members that hold a Unix time without saying so at their end.
    private static let timeNames: Set<String> = [
        "created", "updated", "start", "end", "date", "billing_cycle_anchor",
        "next_payment_attempt", "next_pending_invoice_item_invoice", "timestamp",
    ]
    private static let timeEndings = [
        "_at", "_start", "_end", "_date", "_on", "due_by", "_timestamp",
    ]
    /// Smaller numbers are days, counts and amounts: it is March 1973.
    private static let earliest: Int64 = 100_000_000
    private static let idCharacters = Array(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    )

    /// The events with their distances kept.
    func rewriting(_ events: [JSONValue]) throws -> [JSONValue] {
        var events = events
        if let shiftsTo {
            let created = events.compactMap { $0["created"]?.integer }
            guard created.count == events.count, let latest = created.max() else {
                throw CommandFailure(
                    .failed,
                    "--shift needs events whose member created is a Unix time."
                )
            }
            events = events.map { Self.shifted($0, by: shiftsTo - latest, isTime: false) }
        }
        return givesNewIDs ? events.map(Self.renamed) : events
    }

    private static func shifted(
        _ value: JSONValue,
        by seconds: Int64,
        isTime: Bool
    ) -> JSONValue {
        switch value {
        case .object(let members):
            .object(
                Dictionary(
                    uniqueKeysWithValues: members.map { name, member in
                        (name, shifted(member, by: seconds, isTime: Self.isTime(name)))
                    }
                )
            )
        case .array(let elements):
            .array(elements.map { shifted($0, by: seconds, isTime: false) })
        case .integer(let number) where isTime && number >= earliest:
            .integer(number + seconds)
        default:
            value
        }
    }

    private static func isTime(_ name: String) -> Bool {
        timeNames.contains(name) || timeEndings.contains { name.hasSuffix($0) }
    }

    private static func renamed(_ event: JSONValue) -> JSONValue {
        guard var members = event.object else { return event }
        let random = (0..<24).compactMap { _ in idCharacters.randomElement() }
        members["id"] = .string("evt_" + String(random))
        return .object(members)
    }
}
