import Digest
import JSON
package import Subscriptions

/// Lemon Squeezy: the body alone is signed, and has neither an id nor a time of its own.
package struct LemonSqueezyAdapter: ProviderAdapter {
    /// Lemon Squeezy's name.
    package let provider = Provider.lemonSqueezy

    /// The whole secret is the key.
    package let scheme: any SignatureScheme = BodySignature(header: "X-Signature")

    /// Makes the adapter.
    package init() {}

    /// What `meta` says.
    ///
    /// The id is the digest of the body: a captured request verifies for ever, and only so is it
    /// known again. `meta.webhook_id` is no id that is promised to be one of the event.
    package func identity(of body: [UInt8], headers: HeaderValues) -> EventIdentity? {
        guard let members = JSONOutline.members(["meta"], of: body) else { return nil }
        let meta = Field(.object(members))["meta"]
        guard let type = try? meta["event_name"].word() else { return nil }
        return EventIdentity(
            id: "sha256-" + Hex.encode(SHA256.hash(body)),
            type: type,
            mode: meta["test_mode"].value?.bool.map { $0 ? .test : .live },
            occurredAt: nil
        )
    }

    /// What a stored event says.
    package func reading(of body: [UInt8], id: String, mode: Mode) -> EventReading {
        LemonSqueezyEvent.reading(of: body, id: id, mode: mode)
    }

    /// What a stored event means by its objects as they stand now.
    package func reading(
        of body: [UInt8],
        id: String,
        mode: Mode,
        from objects: any ProviderObjects
    ) async -> EventReading {
        await LemonSqueezyEvent.reading(of: body, id: id, mode: mode, from: objects)
    }
}
