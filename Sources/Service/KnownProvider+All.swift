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
        timePath: ["created"],
        idPath: ["id"],
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
        timePath: ["occurred_at"],
        idPath: ["event_id"],
        api: API(
            form: ProviderAPI.Form(
                name: "Paddle",
                setting: "PADDLE_API_KEY",
                rights: "subscriptions, transactions, adjustments and customers",
                root: [],
                headers: ["Paddle-Version": "1"]
            ),
            addressSetting: "PADDLE_API_URL",
            origins: [.live: "https://api.paddle.com", .test: "https://sandbox-api.paddle.com"],
            marks: [.live: "pdl_live_", .test: "pdl_sdbx_"],
            listing: PaddleListing(),
            reconcile: .seconds(86_400)
        ),
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
        timePath: ["data", "attributes", "updated_at"],
        idPath: ["meta", "webhook_id"],
        api: API(
            form: ProviderAPI.Form(
                name: "Lemon Squeezy",
                setting: "LEMONSQUEEZY_API_KEY",
                rights: "subscriptions, orders and their invoices",
                root: ["v1"],
                headers: ["Accept": "application/vnd.api+json"]
            ),
            addressSetting: "LEMONSQUEEZY_API_URL",
            origins: [
                .live: "https://api.lemonsqueezy.com", .test: "https://api.lemonsqueezy.com",
            ],
            marks: [:],
            listing: LemonSqueezyListing(),
            reconcile: .seconds(900),
            loss: "what was told while nobody answered is lost"
        ),
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
        timePath: ["timestamp"],
        idPath: ["rehearsal"],
        api: API(
            form: ProviderAPI.Form(
                name: "Polar",
                setting: "POLAR_ACCESS_TOKEN",
                rights: "subscriptions, orders, refunds, checkouts and customers",
                root: ["v1"],
                headers: [:]
            ),
            addressSetting: "POLAR_API_URL",
            origins: [.live: "https://api.polar.sh", .test: "https://sandbox-api.polar.sh"],
            marks: [:],
            listing: PolarListing(),
            reconcile: .seconds(86_400)
        ),
        writer: PolarWriter()
    )

    /// Any sender of Standard Webhooks that speaks Tollgate's own events.
    static let standard = KnownProvider(
        adapter: StandardAdapter(),
        title: "Standard Webhooks",
        prefix: "STANDARD_WEBHOOKS",
        secret: Secret(
            setting: "STANDARD_WEBHOOKS_SECRET",
            place: "which is whsec_ and the base64 of 24 to 64 random bytes",
            lengths: 32...128,
            keyLengths: 24...64,
            mistakes: ["whpk_", "whsk_"]
        ),
        timePath: ["timestamp"],
        idPath: ["rehearsal"],
        api: nil,
        writer: StandardWriter()
    )
}
