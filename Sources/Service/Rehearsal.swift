package import Foundation
import Subscriptions
import Webhooks

/// Deliveries as a provider would sign them, for rehearsals against one's own server.
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

    /// The first signing secret of the settings that counts at a time.
    package static func secret(
        of settings: Settings,
        at time: Date
    ) throws(ConfigurationError) -> String? {
        try Configuration.signingSecrets(settings).first { $0.counts(at: time) }?.text
    }
}
