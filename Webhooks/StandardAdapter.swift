import JSON
package import Subscriptions

/// Any sender of Standard Webhooks that speaks Tollgate's own events, such as a billing system of
/// one's own.
package struct StandardAdapter: ProviderAdapter {
    private let signature = StandardSignature()

    /// The name under which it is received.
    package let provider = Provider.standard

    /// The headers of Standard Webhooks, by their names or by those of Svix.
    package var scheme: any SignatureScheme { signature }

    /// Makes the adapter.
    package init() {}

    /// The base64 after `whsec_`; none for anything else, a public key (`whpk_`) included, whose
    /// signatures (`v1a`, Ed25519) are not taken.
    package func keys(of secret: String) -> [[UInt8]] {
        StandardSignature.key(of: secret).map { [$0] } ?? []
    }

    /// The envelope, with the id of the headers.
    package func identity(of body: [UInt8], headers: HeaderValues) -> EventIdentity? {
        signature.identity(of: body, headers: headers)
    }

    /// What a stored event says.
    package func reading(of body: [UInt8], id: String, mode: Mode) -> EventReading {
        .parked(
            Need(.malformed, reason: "Events of Standard Webhooks are stored and not read yet.")
        )
    }
}
