import JSON
package import Subscriptions

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
        .of(body) { event throws(FieldFault) in
            try Self(event, id: id, mode: mode).reading()
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
        do throws(FieldFault) {
            event = try Self(Field(parsing: body), id: id, mode: mode)
        } catch {
            return error.reading
        }
        do {
            return try await event.reading(from: objects)
        } catch let fault as FieldFault {
            return fault.reading(of: event.subject)
        } catch {
            return .parked(Need(.refetch, subject: event.subject, reason: "\(error)"))
        }
    }
}

extension EventReading {
    /// What a body says, by a function that throws the first field that is not what it should be.
    package static func of(
        _ body: [UInt8],
        _ read: (Field) throws(FieldFault) -> EventReading
    ) -> EventReading {
        do throws(FieldFault) {
            return try read(Field(parsing: body))
        } catch {
            return error.reading
        }
    }
}

extension Field {
    /// The top of a body.
    init(parsing body: [UInt8]) throws(FieldFault) {
        // What the parser has against it is not for staff, who cannot mend it.
        guard let value = try? JSONValue(parsing: body) else {
            throw FieldFault(
                path: "",
                problem: "is not JSON that can be read to its end",
                isFetched: false
            )
        }
        self.init(value)
    }
}

/// What every event says of itself.
struct EventEnvelope {
    /// When it happened.
    enum Time {
        /// Where the event says it.
        case told(Field)
        /// When we looked, without having been told.
        case look(Date)
    }

    let provider: Provider
    let mode: Mode
    let id: String
    let type: String
    let time: Time
    /// When the object was fetched; nil where the event itself is all that is known.
    private(set) var fetchedAt: Date?

    /// When it happened, by the provider's clock.
    func occurredAt() throws(FieldFault) -> Date {
        switch time {
        case .told(let field): try field.instant()
        case .look(let date): date
        }
    }

    /// From when what it says is.
    func knownAt() throws(FieldFault) -> Date {
        guard let fetchedAt else { return try occurredAt() }
        return fetchedAt
    }

    /// The same around an object that was fetched.
    func fetched(at time: Date) -> EventEnvelope {
        var envelope = self
        envelope.fetchedAt = time
        return envelope
    }

    /// The event around what it says.
    func made(_ change: PaymentEvent.Change) throws(FieldFault) -> EventReading {
        .event(
            PaymentEvent(
                provider: provider,
                mode: mode,
                id: id,
                type: type,
                occurredAt: try occurredAt(),
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

    /// The same, but an answer is asked for again: what stands in an event stays as it is, and the
    /// provider may answer better later.
    func reading(of subject: String) -> EventReading {
        guard isFetched else { return reading }
        let place = path.isEmpty ? "its top" : path
        let reason = "The provider's answer cannot be read: \(place) \(problem). It is asked again."
        return .parked(Need(.refetch, subject: subject, reason: reason))
    }
}

extension EventReading {
    /// What a look at an object says, as an event that nobody sent.
    static func look(
        at fetched: FetchedObject,
        of provider: Provider,
        _ mode: Mode,
        _ read: (Field, EventEnvelope) throws(FieldFault) -> EventReading
    ) -> EventReading {
        let object = Field(fetched.value)
        do throws(FieldFault) {
            let envelope = EventEnvelope(
                provider: provider,
                mode: mode,
                id: try object["id"].id(),
                type: "reconcile",
                time: .look(fetched.at)
            )
            return try read(object, envelope.fetched(at: fetched.at))
        } catch {
            return error.reading
        }
    }

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

extension SubscriptionStatus {
    /// A detail of a subscription of this status: an end must not wait for one that cannot be read,
    /// since it stops access and needs none.
    func unlessFinal<Value>(
        _ fallback: Value,
        _ read: () throws(FieldFault) -> Value
    ) throws(FieldFault) -> Value {
        do {
            return try read()
        } catch {
            guard isFinal else { throw error }
            return fallback
        }
    }
}
