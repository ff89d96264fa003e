import JSON
package import Subscriptions

/// Paddle Billing: `ts` and every `h1`, the event's id in the body, no word about the mode.
package struct PaddleAdapter: ProviderAdapter {
    /// Paddle's name.
    package let provider = Provider.paddle

    /// `ts` and every `h1` over `ts:body`; the key is the whole secret.
    package let scheme: any SignatureScheme = ItemSignature(
        header: "Paddle-Signature",
        separator: ";",
        timeName: "ts",
        codeName: "h1",
        joiner: ":"
    )

    /// Makes the adapter.
    package init() {}

    /// The envelope of an event; sandbox and live are accounts of their own that the body does not
    /// tell apart.
    package func identity(of body: [UInt8], headers: HeaderValues) -> EventIdentity? {
        let names: Set = ["event_id", "event_type", "occurred_at"]
        guard let members = JSONOutline.members(names, of: body) else { return nil }
        let top = Field(.object(members))
        do {
            return EventIdentity(
                id: try top["event_id"].id(),
                type: try top["event_type"].word(),
                mode: nil,
                // A time that cannot be read is for the worker to say.
                occurredAt: try? top["occurred_at"].instant()
            )
        } catch {
            return nil
        }
    }

    /// What a stored event says.
    package func reading(of body: [UInt8], id: String, mode: Mode) -> EventReading {
        PaddleEvent.reading(of: body, id: id, mode: mode)
    }

    /// What a stored event means by its objects as they stand now.
    package func reading(
        of body: [UInt8],
        id: String,
        mode: Mode,
        from objects: any ProviderObjects
    ) async -> EventReading {
        await PaddleEvent.reading(of: body, id: id, mode: mode, from: objects)
    }
}
