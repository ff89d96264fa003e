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

    /// The envelope, with the id of the headers and, where it stands there, the mode.
    package func identity(of body: [UInt8], headers: HeaderValues) -> EventIdentity? {
        guard let identity = signature.identity(of: body, headers: headers) else { return nil }
        let mode = JSONOutline.members(["mode"], of: body)?["mode"]?.string
        return EventIdentity(
            id: identity.id,
            type: identity.type,
            mode: mode.flatMap { Mode(rawValue: $0) },
            occurredAt: identity.occurredAt
        )
    }

    /// What a stored event says; there is no API to ask for more.
    package func reading(of body: [UInt8], id: String, mode: Mode) -> EventReading {
        .of(body) { event throws(FieldFault) in
            try StandardEvent(event, id: id, mode: mode).reading()
        }
    }
}
