import JSON
package import Subscriptions

/// A provider whose subscriptions can all be asked for, a page at a time, so that they can be
/// compared with ours.
///
/// A listing only knows what to ask and how to read it; ``ProviderObjects`` asks.
package protocol ProviderListing: Sendable {
    /// The provider's name.
    var provider: Provider { get }

    /// A page of all subscriptions, ended ones included; nil asks for the first.
    ///
    /// Where subscriptions begin or end meanwhile, one may come twice or be missed: who is missed
    /// is asked for by ``subscription(_:from:)``.
    func subscriptions(
        after cursor: String?,
        from objects: any ProviderObjects
    ) async throws -> SubscriptionPage

    /// One subscription by the provider's id, as it would stand in a page.
    func subscription(
        _ id: String,
        from objects: any ProviderObjects
    ) async throws -> FetchedObject

    /// The provider's id of a subscription of a page; nil where it has none.
    func id(of fetched: FetchedObject) -> String?

    /// What a subscription of a page says, as an event of a look at it.
    ///
    /// `mode` is the installation's, for a provider whose objects do not say theirs.
    func reading(_ fetched: FetchedObject, mode: Mode) -> EventReading
}

extension ProviderListing {
    /// The member `id` at the top, where most providers have it.
    package func id(of fetched: FetchedObject) -> String? { fetched.value["id"]?.string }
}

/// One page of a provider's subscriptions.
package struct SubscriptionPage: Sendable {
    /// The subscriptions, each as its own object.
    package let objects: [FetchedObject]
    /// What the next page is asked for with; nil where this is the last.
    package let next: String?

    /// Makes a page.
    package init(objects: [FetchedObject], next: String?) {
        self.objects = objects
        self.next = next
    }
}
