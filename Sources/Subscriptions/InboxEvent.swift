package import struct Foundation.Date

/// A delivery as the inbox keeps it: stored before it is acknowledged.
package struct InboxEvent: Hashable, Sendable {
    /// What became of an event.
    package enum State: String, Sendable, CaseIterable {
        /// Waits for the worker.
        case pending
        /// Had its effect.
        case applied
        /// Is none of our business, or says nothing new.
        case ignored
        /// Needs something first; see ``InboxEvent/need``.
        case parked
        /// Rightly signed but not readable as the provider's event.
        case unparsed
    }

    /// Its number in the inbox, in order of arrival.
    package let number: Int64
    /// Who sent it.
    package let provider: Provider
    /// The mode it says it is of.
    package let mode: Mode
    /// The provider's id of the event.
    package let eventID: String
    /// The provider's type of the event.
    package let type: String
    /// The body as it was signed.
    package let body: [UInt8]
    /// When it happened, by the provider's clock, where it says so.
    package let occurredAt: Date?
    /// When it came.
    package let receivedAt: Date
    /// What became of it.
    package var state: State
    /// What it needs while it is parked.
    package var need: Need?
    /// One sentence about its effect, or why it had none.
    package var note: String?
    /// The subscription it was about, once that is known.
    package var subscriptionID: Subscription.ID?
    /// When the worker was done with it.
    package var handledAt: Date?

    /// Makes an event of the inbox.
    package init(
        number: Int64,
        provider: Provider,
        mode: Mode,
        eventID: String,
        type: String,
        body: [UInt8],
        occurredAt: Date?,
        receivedAt: Date,
        state: State,
        need: Need? = nil,
        note: String? = nil,
        subscriptionID: Subscription.ID? = nil,
        handledAt: Date? = nil
    ) {
        self.number = number
        self.provider = provider
        self.mode = mode
        self.eventID = eventID
        self.type = type
        self.body = body
        self.occurredAt = occurredAt
        self.receivedAt = receivedAt
        self.state = state
        self.need = need
        self.note = note
        self.subscriptionID = subscriptionID
        self.handledAt = handledAt
    }
}

/// A delivery that is about to be stored.
package struct Delivery: Hashable, Sendable {
    /// Who sent it.
    package let provider: Provider
    /// The mode it says it is of; the installation's where it cannot be read.
    package let mode: Mode
    /// The provider's id of the event; a digest of the body where it has none.
    package let eventID: String
    /// The provider's type of the event; empty where it cannot be read.
    package let type: String
    /// When it happened, by the provider's clock.
    package let occurredAt: Date?
    /// The body as it was signed.
    package let body: [UInt8]
    /// Whether the body could be read as the provider's event.
    package let isReadable: Bool

    /// Makes a delivery.
    package init(
        provider: Provider,
        mode: Mode,
        eventID: String,
        type: String,
        occurredAt: Date?,
        body: [UInt8],
        isReadable: Bool
    ) {
        self.provider = provider
        self.mode = mode
        self.eventID = eventID
        self.type = type
        self.occurredAt = occurredAt
        self.body = body
        self.isReadable = isReadable
    }
}
