/// A payment provider, by the name that stands in paths, tables and the catalogue.
package struct Provider: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// The provider's name in lower case, as in `POST /webhooks/{provider}`.
    package let rawValue: String

    /// Takes any name; whether an adapter for it exists is for the composition to say.
    package init(rawValue: String) { self.rawValue = rawValue }

    /// Stripe.
    package static let stripe = Provider(rawValue: "stripe")

    /// Paddle Billing.
    package static let paddle = Provider(rawValue: "paddle")

    /// Lemon Squeezy.
    package static let lemonSqueezy = Provider(rawValue: "lemonsqueezy")

    /// Polar.
    package static let polar = Provider(rawValue: "polar")

    /// Any sender of Standard Webhooks that speaks Tollgate's own events.
    package static let standard = Provider(rawValue: "standard")

    /// The providers that sell subscriptions.
    package static let sellers: [Provider] = [.stripe, .paddle, .lemonSqueezy, .polar, .standard]

    /// Nobody: subscriptions that no provider tells of, which staff import and move.
    package static let manual = Provider(rawValue: "manual")

    /// The provider name of references that staff make with `claims create`.
    package static let tollgate = Provider(rawValue: "tollgate")

    /// The name as text.
    package var description: String { rawValue }
}

/// Whether money is real.
///
/// An event of one mode never reaches a platform of the other.
package enum Mode: String, Sendable, CaseIterable {
    case live
    case test
}
