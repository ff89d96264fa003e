import Subscriptions
import Webhooks

extension KnownProvider {
    /// Stripe.
    static let stripe = KnownProvider(
        adapter: StripeAdapter(),
        title: "Stripe",
        prefix: "STRIPE",
        secret: Secret(
            setting: "STRIPE_WEBHOOK_SECRET",
            place: "which Stripe shows beside the webhook endpoint (whsec_…)",
            mistakes: ["sk_", "rk_", "pk_"]
        ),
        api: API(
            form: ProviderAPI.Form(
                name: "Stripe",
                setting: "STRIPE_API_KEY",
                rights: "subscriptions, invoices, charges, disputes and customers",
                root: ["v1"],
                headers: ["Stripe-Version": StripeListing.version]
            ),
            addressSetting: "STRIPE_API_URL",
            origins: [.live: "https://api.stripe.com", .test: "https://api.stripe.com"],
            marks: [.live: "_live_", .test: "_test_"],
            listing: StripeListing(),
            reconcile: .seconds(86_400)
        ),
        writer: StripeWriter()
    )

    /// Paddle Billing.
    ///
    /// Its own libraries allow 5 s, which a queueing proxy or a clock that drifts exceeds; what a
    /// captured delivery could do within 300 s the inbox refuses, which knows each event.
    static let paddle = KnownProvider(
        adapter: PaddleAdapter(),
        title: "Paddle",
        prefix: "PADDLE",
        secret: Secret(
            setting: "PADDLE_WEBHOOK_SECRET",
            place: "which Paddle shows in the notification destination (pdl_ntfset_…)",
            mistakes: ["pdl_live_", "pdl_sdbx_"]
        ),
        api: nil,
        writer: PaddleWriter()
    )

    /// Lemon Squeezy.
    ///
    /// It gives up after three tries in less than three minutes, so what happened while nobody
    /// answered is only seen by asking: every quarter of an hour, at one request for 100
    /// subscriptions and 300 allowed a minute.
    static let lemonSqueezy = KnownProvider(
        adapter: LemonSqueezyAdapter(),
        title: "Lemon Squeezy",
        prefix: "LEMONSQUEEZY",
        secret: Secret(
            setting: "LEMONSQUEEZY_WEBHOOK_SECRET",
            place: "which you chose for the webhook, of at most 40 characters",
            lengths: 24...40
        ),
        tolerance: nil,
        api: nil,
        writer: LemonSqueezyWriter()
    )

    /// Polar.
    static let polar = KnownProvider(
        adapter: PolarAdapter(),
        title: "Polar",
        prefix: "POLAR",
        secret: Secret(
            setting: "POLAR_WEBHOOK_SECRET",
            place: "which Polar shows beside the webhook endpoint (whsec_… or polar_whs_…)",
            mistakes: ["polar_oat_", "polar_pat_"]
        ),
        api: nil,
        writer: PolarWriter()
    )
}
