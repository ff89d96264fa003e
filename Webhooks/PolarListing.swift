import JSON
package import Subscriptions

/// Polar's list of subscriptions, of the key's organization.
package struct PolarListing: ProviderListing {
    /// Polar lists at most so many subscriptions a page.
    private static let pageCountMax = 100

    /// Makes the listing.
    package init() {}

    /// Polar's name.
    package var provider: Provider { .polar }

    /// A page by its number, for want of a cursor.
    ///
    /// The oldest come first, so that new ones only lengthen the end. The path of a list ends with
    /// `/`, without which Polar redirects.
    package func subscriptions(
        after cursor: String?,
        from objects: any ProviderObjects
    ) async throws -> SubscriptionPage {
        let number = cursor.flatMap { Int64($0) } ?? 1
        let list = try await objects.object(
            ["subscriptions", ""],
            [
                ("page", String(number)), ("limit", String(Self.pageCountMax)),
                ("sorting", "started_at"),
            ]
        )
        let page = Field(list)
        let last = try page["pagination"]["max_page"].integer(in: 0...Int64.max)
        return SubscriptionPage(
            objects: try page["items"].elements().compactMap { element in
                element.value.map { FetchedObject(value: $0, at: list.at) }
            },
            next: number < last ? String(number + 1) : nil
        )
    }

    /// A subscription as it stands in a page.
    package func subscription(
        _ id: String,
        from objects: any ProviderObjects
    ) async throws -> FetchedObject {
        try await objects.object(["subscriptions", id], [])
    }

    /// What a fetched subscription says, as an event of a look at it.
    package func reading(_ fetched: FetchedObject, mode: Mode) -> EventReading {
        .look(at: fetched, of: provider, mode) { object, event throws(FieldFault) in
            try PolarSubscription(object, revoked: false).reading(event)
        }
    }
}
