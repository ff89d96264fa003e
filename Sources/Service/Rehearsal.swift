package import Foundation
import JSON
import Subscriptions
import Webhooks

/// Events as a provider would send them, for rehearsals against one's own server.
package enum Rehearsal {
    /// The providers whose events can be rehearsed.
    package static let providers = ["stripe"]

    /// The header fields with which the provider would send a body at a time; nil for a provider
    /// that is not known.
    package static func signedHeaders(
        provider: String,
        body: [UInt8],
        secret: String,
        at time: Date
    ) -> [(name: String, value: String)]? {
        guard provider == Provider.stripe.rawValue else { return nil }
        return StripeAdapter().signedHeaders(for: body, secret: secret, at: time)
    }

    /// The event with all its Unix times moved by the same amount, so that it happens at `now`.
    ///
    /// Samples are old, and dates that have passed end access as they should. A number is a time
    /// where it lies within ten years of the event's own `created` and its name does not say
    /// money; nil where the body is no event with a `created`.
    ///
    /// - Parameters:
    ///   - body: The event.
    ///   - now: When it is to happen.
    ///   - id: The id it gets; nil leaves it its own.
    /// - Returns: The moved event.
    package static func shifted(_ body: [UInt8], to now: Date, id: String? = nil) -> [UInt8]? {
        guard let event = try? JSONValue(parsing: body), let created = event["created"]?.integer,
            case .object(var members) = event
        else { return nil }
        let shift = Int64(now.timeIntervalSince1970) - created
        let span = Int64(10 * 366 * 86_400)
        for (name, value) in members {
            members[name] = move(
                value,
                name,
                by: shift,
                within: (created - span)...(created + span)
            )
        }
        if let id { members["id"] = .string(id) }
        return JSONValue.object(members).serialized()
    }

    private static func move(
        _ value: JSONValue,
        _ name: String,
        by shift: Int64,
        within range: ClosedRange<Int64>
    ) -> JSONValue {
        switch value {
        case .object(let members):
            return .object(
                Dictionary(
                    uniqueKeysWithValues: members.map { name, value in
                        (name, move(value, name, by: shift, within: range))
                    }
                )
            )
        case .array(let elements):
            return .array(elements.map { move($0, name, by: shift, within: range) })
        case .integer(let number) where range.contains(number) && !name.contains("amount"):
            return .integer(number + shift)
        case .null, .bool, .integer, .number, .string:
            return value
        }
    }
}
