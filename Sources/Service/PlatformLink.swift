import DreamFactory
package import Foundation
import Subscriptions
package import Transport

/// One platform as the settings name it, for work that needs no database of ours.
package struct PlatformLink: Sendable {
    /// The environment's name; nil where none was named.
    package let name: String?
    let address: PlatformAddress
    let publicAddress: PlatformAddress
    let caller: PlatformCaller
    let mode: Mode
    let sender: any RequestSender
    let now: @Sendable () -> Date

    /// Takes the platform of the settings; nothing is sent before the first call.
    ///
    /// - Parameters:
    ///   - settings: Where it is and who we are there.
    ///   - name: The name of the environment that the settings are of.
    ///   - sender: What carries the calls.
    ///   - now: The time.
    /// - Throws: A sentence about a setting that is missing or unsafe.
    package init(
        _ settings: Settings,
        name: String? = nil,
        sender: any RequestSender,
        now: @escaping @Sendable () -> Date
    ) throws(ConfigurationError) {
        let url = try Configuration.platformURL(settings)
        mode = try Configuration.mode(settings, url)
        address = try Configuration.address(url, mode)
        publicAddress = try Configuration.address(
            try Configuration.publicURL(settings, mode) ?? url,
            mode
        )
        caller = try Configuration.platformCaller(settings)
        self.name = name
        self.sender = sender
        self.now = now
    }

    /// The platform's address.
    package var origin: String { address.origin }

    /// Whether the caller is an app's key.
    package var isByKey: Bool { if case .apiKey = caller { true } else { false } }

    /// A client for one piece of work; a login is kept for as long as the client is.
    func client(as other: PlatformCaller? = nil, at place: PlatformAddress? = nil) -> PlatformClient
    {
        PlatformClient(
            address: place ?? address,
            caller: other ?? caller,
            sender: sender,
            policy: CallPolicy(concurrentCalls: 4),
            now: now
        )
    }
}
