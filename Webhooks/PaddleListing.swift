import JSON
package import Subscriptions

/// Paddle's list of subscriptions.
package struct PaddleListing: ProviderListing {
    /// Paddle lists at most so many subscriptions a page.
    private static let pageCountMax = 200

    /// Makes the listing.
    package init() {}

    /// Paddle's name.
    package var provider: Provider { .paddle }

    /// A page in the order of their ids; the last id of a page asks for the next.
    package func subscriptions(
        after cursor: String?,
        from objects: any ProviderObjects
    ) async throws -> SubscriptionPage {
        var query = [("per_page", String(Self.pageCountMax)), ("order_by", "id[ASC]")]
        if let cursor { query.append(("after", cursor)) }
        let list = try await objects.object(["subscriptions"], query)
        let page = Field(list)
        let elements = try page["data"].elements()
        let hasMore = try page["meta"]["pagination"]["has_more"].flag()
        return SubscriptionPage(
            objects: elements.compactMap { element in
                element.value.map { FetchedObject(value: $0, at: list.at) }
            },
            next: hasMore ? try elements.last?["id"].id() : nil
        )
    }

    /// A subscription as it stands in a page.
    package func subscription(
        _ id: String,
        from objects: any ProviderObjects
    ) async throws -> FetchedObject {
        let fetched = try await objects.object(["subscriptions", id], [])
        return FetchedObject(value: fetched.value["data"] ?? .null, at: fetched.at)
    }

    /// What a fetched subscription says, as an event of a look at it.
    package func reading(_ fetched: FetchedObject, mode: Mode) -> EventReading {
        .look(at: fetched, of: provider, mode) { object, event throws(FieldFault) in
            try PaddleSubscription(object).reading(event)
        }
    }
}
