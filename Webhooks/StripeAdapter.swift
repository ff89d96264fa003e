package import JSON
package import Subscriptions

/// Stripe: signatures of the scheme `v1`, snapshot events in the shapes before and after
/// 2025-03-31.
package struct StripeAdapter: ProviderAdapter {
    /// Stripe's name.
    package let provider = Provider.stripe

    /// `t` and every `v1`; `v0` and later schemes are passed over.
    ///
    /// The key is the whole secret, `whsec_` included: Stripe's secrets are not base64.
    package let scheme: any SignatureScheme = ItemSignature(
        header: "Stripe-Signature",
        separator: ",",
        timeName: "t",
        codeName: "v1",
        joiner: "."
    )

    /// Makes the adapter.
    package init() {}

    /// The envelope of an event, snapshot or thin.
    package func identity(of body: [UInt8], headers: HeaderValues) -> EventIdentity? {
        guard let members = JSONOutline.members(["id", "type", "livemode", "created"], of: body)
        else { return nil }
        let top = Field(.object(members))
        do {
            return EventIdentity(
                id: try top["id"].id(),
                type: try top["type"].word(),
                mode: top["livemode"].value?.bool.map { $0 ? .live : .test },
                // A thin event's time is text; the worker refetches it anyway.
                occurredAt: try? top["created"].time()
            )
        } catch {
            return nil
        }
    }

    /// What a stored event says, as far as its type concerns access.
    package func reading(of body: [UInt8], id: String, mode: Mode) -> EventReading {
        .of(body) { event throws(FieldFault) in try StripeEvent(event).reading() }
    }

    /// What an event says that was fetched, or read already.
    package func reading(of event: JSONValue) -> EventReading {
        do {
            return try StripeEvent(Field(event)).reading()
        } catch {
            return error.reading
        }
    }

    /// What a stored event means by its objects as they stand now.
    package func reading(
        of body: [UInt8],
        id: String,
        mode: Mode,
        from objects: any ProviderObjects
    ) async -> EventReading {
        do throws(FieldFault) {
            return await StripeRefetch(try Field(parsing: body), objects).reading()
        } catch {
            return error.reading
        }
    }
}
