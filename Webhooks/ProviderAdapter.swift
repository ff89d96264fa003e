package import Subscriptions

package import struct Foundation.Date

/// The values of a header field, by its name in any case; empty where the request has none.
package typealias HeaderValues = (_ name: String) -> [String]

/// All that is particular to one payment provider: a provider is a file that conforms to this.
///
/// An adapter only reads. ``WebhookEndpoint`` verifies, with the secrets and the clock.
package protocol ProviderAdapter: Sendable {
    /// The provider's name.
    var provider: Provider { get }

    /// How the provider signs.
    var scheme: any SignatureScheme { get }

    /// The keys that a configured secret may stand for; most providers have exactly one.
    func keys(of secret: String) -> [[UInt8]]

    /// A cheap look at an event, without reading the whole of it; nil where it is none.
    func identity(of body: [UInt8], headers: HeaderValues) -> EventIdentity?

    /// What a stored event says.
    ///
    /// The id and the mode are those of the inbox; a provider whose body holds them reads its own.
    func reading(of body: [UInt8], id: String, mode: Mode) -> EventReading

    /// What a stored event means by its objects as they stand now.
    func reading(
        of body: [UInt8],
        id: String,
        mode: Mode,
        from objects: any ProviderObjects
    ) async -> EventReading
}

extension ProviderAdapter {
    /// The bytes of the whole text, which is what most providers mean.
    package func keys(of secret: String) -> [[UInt8]] { [Array(secret.utf8)] }

    /// The header fields that the provider would send with a body, for rehearsals and tests.
    package func signedHeaders(
        for body: [UInt8],
        secret: String,
        at time: Date
    ) -> [(name: String, value: String)] {
        scheme.headers(for: body, key: keys(of: secret).first ?? [], at: time)
    }

    /// What the event says itself, for a provider whose objects cannot be asked for.
    package func reading(
        of body: [UInt8],
        id: String,
        mode: Mode,
        from objects: any ProviderObjects
    ) async -> EventReading {
        reading(of: body, id: id, mode: mode)
    }
}

/// What must be known of an event before it is stored.
package struct EventIdentity: Hashable, Sendable {
    /// The longest id or type that is taken, in bytes; Stripe's ids have up to 255 characters.
    package static let byteCountMax = 255

    /// The provider's id of the event.
    package let id: String
    /// The provider's type of the event.
    package let type: String
    /// The mode; nil where the event does not say.
    package let mode: Mode?
    /// When it happened, by the provider's clock; nil where the event does not say.
    package let occurredAt: Date?

    /// Makes an identity.
    package init(id: String, type: String, mode: Mode?, occurredAt: Date?) {
        self.id = id
        self.type = type
        self.mode = mode
        self.occurredAt = occurredAt
    }
}

/// What the headers of a request claim about its signature.
package struct SignatureClaim: Hashable, Sendable {
    /// When it was signed, in Unix seconds; nil where the provider signs no time.
    package let timestamp: Int64?
    /// What is signed before the body.
    package let prefix: [UInt8]
    /// The signatures in their raw form; one of them must match.
    package let candidates: [[UInt8]]

    /// Makes a claim.
    package init(timestamp: Int64?, prefix: [UInt8], candidates: [[UInt8]]) {
        self.timestamp = timestamp
        self.prefix = prefix
        self.candidates = candidates
    }
}
