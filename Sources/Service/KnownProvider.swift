import Subscriptions
import Webhooks

/// A payment provider that this version knows: what differs between them, as data.
package struct KnownProvider: Sendable {
    /// How its API is asked.
    struct API: Sendable {
        /// How it is spoken to.
        let form: ProviderAPI.Form
        /// The setting that holds another address, for rehearsals.
        let addressSetting: String
        /// Where it answers; test mode has another host at some.
        let origins: [Mode: String]
        /// What stands in the keys of one mode only; nothing where the form does not tell.
        let marks: [Mode: String]
        /// How all its subscriptions are listed.
        let listing: any ProviderListing
        /// How often they are compared with ours unless told.
        let reconcile: Duration
        /// What is lost without a key, as the rest of a sentence; nil where it is only order.
        var loss: String?
    }

    /// What its signing secrets look like.
    struct Secret: Sendable {
        /// The setting that holds them.
        let setting: String
        /// Where the provider shows it, as the end of a sentence.
        let place: String
        /// How many characters a secret may have in live mode; rehearsals may use shorter ones.
        var lengths: ClosedRange<Int> = 24...512
        /// How many bytes it stands for.
        var keyLengths: ClosedRange<Int> = 1...512
        /// How other credentials of the provider begin, which are taken for the secret by mistake.
        var mistakes: [String] = []
    }

    /// Its signatures and events.
    let adapter: any ProviderAdapter
    /// The provider, as sentences name it.
    package let title: String
    /// What its settings begin with.
    let prefix: String
    /// Its signing secrets.
    let secret: Secret
    /// How far a signature's time may lie from ours unless told; nil where no time is signed.
    var tolerance: Duration? = .seconds(300)
    /// Where an event says when it happened.
    package let timePath: [String]
    /// What makes one event another than the next; where that is a digest of the body any member.
    package let idPath: [String]
    /// Its API, where it has one.
    let api: API?
    /// How it tells a story.
    let writer: any StoryWriter

    /// Its name in paths, tables and the catalogue.
    package var name: String { provider.rawValue }
    var provider: Provider { adapter.provider }
    /// The setting that holds its signing secrets.
    package var secretSetting: String { secret.setting }
    /// The settings that hold the key and the address of its API, where it has one.
    package var apiSettings: (key: String, address: String)? {
        api.map { ($0.form.setting, $0.addressSetting) }
    }
    var toleranceSetting: String { "\(prefix)_TOLERANCE" }
    var silenceSetting: String { "\(prefix)_SILENCE" }
    var reconcileSetting: String { "\(prefix)_RECONCILE" }

    /// The names of all its settings.
    var settings: [String] {
        [secret.setting] + (tolerance == nil ? [] : [toleranceSetting])
            + (api.map { [$0.form.setting, $0.addressSetting, reconcileSetting] } ?? [])
            + [silenceSetting]
    }

    /// All of them, in the order of the README.
    package static let all = [stripe, paddle, lemonSqueezy, polar, standard]

    /// The one of that name.
    package static func named(_ name: String) -> KnownProvider? {
        all.first { $0.name == name }
    }
}
