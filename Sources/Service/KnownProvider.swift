import Subscriptions
import Webhooks

/// A payment provider that this version knows: what differs between them, as data.
struct KnownProvider: Sendable {
    /// How its API is asked, where it has one.
    struct API: Sendable {
        /// How it is spoken to.
        let form: ProviderAPI.Form
        /// Where it answers.
        let origin: String
        /// How all its subscriptions are listed.
        let listing: any ProviderListing
    }

    /// Its signatures and events.
    let adapter: any ProviderAdapter
    /// Its API.
    let api: API?
}

extension KnownProvider {
    /// Stripe.
    static let stripe = KnownProvider(
        adapter: StripeAdapter(),
        api: API(
            form: ProviderAPI.Form(
                name: "Stripe",
                setting: "STRIPE_API_KEY",
                rights: "subscriptions, invoices, charges, disputes and customers",
                root: ["v1"],
                headers: ["Stripe-Version": StripeListing.version]
            ),
            origin: "https://api.stripe.com",
            listing: StripeListing()
        )
    )
}
