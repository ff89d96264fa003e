package import Foundation
import Subscriptions
import Webhooks

/// Deliveries as a provider would sign them, for rehearsals against one's own server.
package enum Rehearsal {
    /// The providers whose events can be rehearsed.
    package static var providers: [String] { KnownProvider.all.map(\.name) }

    /// The header fields with which the provider would send a body at a time; nil for a provider
    /// that is not known.
    package static func signedHeaders(
        provider: String,
        body: [UInt8],
        secret: String,
        at time: Date
    ) -> [(name: String, value: String)]? {
        KnownProvider.named(provider)?.adapter.signedHeaders(for: body, secret: secret, at: time)
    }

    /// The first signing secret of the settings that counts at a time.
    package static func secret(
        of provider: KnownProvider,
        _ settings: Settings,
        at time: Date
    ) throws(ConfigurationError) -> String? {
        try Configuration.signingSecrets(of: provider, settings).first { $0.counts(at: time) }?.text
    }
}
