import JSON
package import Subscriptions

/// Lemon Squeezy's list of subscriptions, all stores of the key.
package struct LemonSqueezyListing: ProviderListing {
    /// Lemon Squeezy lists at most so many objects a page.
    private static let pageCountMax = 100

    /// Makes the listing.
    package init() {}

    /// Lemon Squeezy's name.
    package var provider: Provider { .lemonSqueezy }

    /// A page by its number, for want of a cursor.
    package func subscriptions(
        after cursor: String?,
        from objects: any ProviderObjects
    ) async throws -> SubscriptionPage {
        let number = cursor.flatMap { Int64($0) } ?? 1
        let list = try await objects.object(
            ["subscriptions"],
            [("page[size]", String(Self.pageCountMax)), ("page[number]", String(number))]
        )
        let page = Field(list)
        let last = try page["meta"]["page"]["lastPage"].integer(in: 0...Int64.max)
        return SubscriptionPage(
            objects: try page["data"].elements().compactMap { element in
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
        let fetched = try await objects.object(["subscriptions", id], [])
        return FetchedObject(value: fetched.value["data"] ?? .null, at: fetched.at)
    }

    /// What a fetched subscription says, as an event of a look at it; it says its own mode.
    package func reading(_ fetched: FetchedObject, mode: Mode) -> EventReading {
        let isTest = fetched.value["attributes"]?["test_mode"]?.bool
        let mode = isTest.map { $0 ? Mode.test : .live } ?? mode
        return .look(at: fetched, of: provider, mode) { object, event throws(FieldFault) in
            try LemonSqueezySubscription(object).reading(event)
        }
    }
}
