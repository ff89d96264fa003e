import JSON
import Subscriptions

import struct Foundation.Date

/// One event of a provider on its way to our words.
protocol ProviderEvent {
    /// Reads what stands around the object; id and mode are those of the inbox.
    init(_ event: Field, id: String, mode: Mode) throws(FieldFault)

    /// The id of the object that it is about, for staff.
    var subject: String { get }

    /// What the event says itself; throws the first field that is not what its type promises.
    func reading() throws(FieldFault) -> EventReading

    /// What it means by the provider's objects as they stand now.
    func reading(from objects: any ProviderObjects) async throws -> EventReading
}

extension ProviderEvent {
    /// What a stored body says.
    static func reading(of body: [UInt8], id: String, mode: Mode) -> EventReading {
        do {
            return try parsed(body, id, mode).reading()
        } catch {
            return error.reading
        }
    }

    /// What a stored body means by the provider's objects; parked where they cannot be asked for.
    static func reading(
        of body: [UInt8],
        id: String,
        mode: Mode,
        from objects: any ProviderObjects
    ) async -> EventReading {
        let event: Self
        do {
            event = try parsed(body, id, mode)
        } catch {
            return error.reading
        }
        do {
            return try await event.reading(from: objects)
        } catch let fault as FieldFault {
            return fault.reading
        } catch {
            return .parked(Need(.refetch, subject: event.subject, reason: "\(error)"))
        }
    }

    private static func parsed(
        _ body: [UInt8],
        _ id: String,
        _ mode: Mode
    ) throws(FieldFault) -> Self {
        // What the parser has against it is not for staff, who cannot mend it.
        guard let value = try? JSONValue(parsing: body) else {
            throw FieldFault(path: "", problem: "is not JSON that can be read to its end")
        }
        return try Self(Field(value), id: id, mode: mode)
    }
}

/// What every event says of itself.
struct EventEnvelope {
    let provider: Provider
    let mode: Mode
    let id: String
    let type: String
    let occurredAt: Date

    /// The event around what it says.
    func made(_ change: PaymentEvent.Change, fetchedAt: Date? = nil) -> EventReading {
        .event(
            PaymentEvent(
                provider: provider,
                mode: mode,
                id: id,
                type: type,
                occurredAt: occurredAt,
                fetchedAt: fetchedAt,
                change: change
            )
        )
    }
}

extension FieldFault {
    /// The event is parked, with the place of the fault.
    var reading: EventReading {
        let place = path.isEmpty ? "The body" : path
        return .parked(Need(.malformed, subject: path, reason: "\(place) \(problem)."))
    }
}

extension EventReading {
    /// An event of a type that nothing depends on.
    static func ignored(type: String) -> EventReading {
        .ignored("Events of the type \(type) do not concern access.")
    }

    /// A word of the provider's that this version cannot give a meaning.
    static func unknown(_ field: Field) throws(FieldFault) -> EventReading {
        let word = try field.word()
        let reason = "\(field.path) is \"\(word)\", which this version does not know."
        return .parked(Need(.unknownStatus, subject: word, reason: reason))
    }
}
