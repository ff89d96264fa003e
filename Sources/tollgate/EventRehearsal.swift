import Foundation
import JSON
import Service

/// Makes kept events fit to be sent now.
struct EventRehearsal: Sendable {
    /// The Unix time at which the latest event shall have happened; nil leaves all times.
    var shiftsTo: Int64?
    /// Whether every event becomes one that nobody knows.
    var givesNewIDs = false
    /// Whose events they are; Stripe's unless told.
    var provider: KnownProvider?

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
            let path = provider?.timePath ?? ["created"]
            let times = events.compactMap { Self.seconds(at: path, in: $0) }
            guard times.count == events.count, let latest = times.max() else {
                throw CommandFailure(
                    .failed,
                    "--shift needs events whose member \(path.joined(separator: ".")) is a time."
                )
            }
            events = events.map { Self.shifted($0, by: shiftsTo - latest, isTime: false) }
        }
        return givesNewIDs ? events.map(renamed) : events
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
        case .string(let text): .string(shifted(text, by: seconds))
        default:
            value
        }
    }

    private static func isTime(_ name: String) -> Bool {
        timeNames.contains(name) || timeEndings.contains { name.hasSuffix($0) }
    }

    /// A text that is a time in UTC is one under any name.
    private static func shifted(_ text: String, by seconds: Int64) -> String {
        guard let time = Self.seconds(of: text), time >= earliest else { return text }
        let moved = Date(timeIntervalSince1970: Double(time + seconds)).formatted(.iso8601)
        return String(moved.dropLast() + text.dropFirst(19))
    }

    /// The whole seconds of a time such as `2026-08-01T08:00:01.600000Z`.
    private static func seconds(of text: String) -> Int64? {
        guard text.utf8.count <= 40, text.hasSuffix("Z"), text.contains("T"),
            let time = try? Date(text.prefix(19) + "Z", strategy: .iso8601)
        else { return nil }
        return Int64(time.timeIntervalSince1970)
    }

    private static func seconds(at path: [String], in event: JSONValue) -> Int64? {
        let value = path.reduce(event) { $0[$1] ?? .null }
        return value.integer ?? value.string.flatMap(seconds)
    }

    private func renamed(_ event: JSONValue) -> JSONValue {
        let random = (0..<24).compactMap { _ in Self.idCharacters.randomElement() }
        return Self.event(event, with: .string("evt_" + String(random)), at: idPath[...])
    }

    private var idPath: [String] { provider?.idPath ?? ["id"] }

    private static func event(
        _ event: JSONValue,
        with value: JSONValue,
        at path: ArraySlice<String>
    ) -> JSONValue {
        guard let name = path.first else { return value }
        guard var members = event.object else { return event }
        members[name] = self.event(members[name] ?? [:], with: value, at: path.dropFirst())
        return .object(members)
    }
}
