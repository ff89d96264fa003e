import JSON
package import Subscriptions

/// Polar: Standard Webhooks with two forms of the secret; no word about the mode.
package struct PolarAdapter: ProviderAdapter {
    private let signature = StandardSignature(prefixes: ["webhook-"])

    /// Polar's name.
    package let provider = Provider.polar

    /// The headers of Standard Webhooks.
    package var scheme: any SignatureScheme { signature }

    /// Makes the adapter.
    package init() {}

    /// The whole text, which signs for endpoints made before 2026-09-08, and what follows its
    /// prefix, which signs for later ones; which it is the secret does not tell.
    package func keys(of secret: String) -> [[UInt8]] {
        let decoded = secret.hasPrefix("whsec_") ? StandardSignature.key(of: secret) : nil
        return [Array(secret.utf8)] + (decoded.map { [$0] } ?? [])
    }

    /// The envelope, with the id of the headers; sandbox and live are hosts of their own that the
    /// body does not tell apart.
    package func identity(of body: [UInt8], headers: HeaderValues) -> EventIdentity? {
        signature.identity(of: body, headers: headers)
    }

    /// What a stored event says.
    package func reading(of body: [UInt8], id: String, mode: Mode) -> EventReading {
        PolarEvent.reading(of: body, id: id, mode: mode)
    }

    /// What a stored event means by its objects as they stand now.
    package func reading(
        of body: [UInt8],
        id: String,
        mode: Mode,
        from objects: any ProviderObjects
    ) async -> EventReading {
        await PolarEvent.reading(of: body, id: id, mode: mode, from: objects)
    }
}
