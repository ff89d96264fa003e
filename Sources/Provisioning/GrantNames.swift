package import DreamFactory
package import Subscriptions

/// The names of one grant on the platform, which are its idempotency keys.
package struct GrantNames: Hashable, Sendable {
    /// The name of role and limits: `tollgate-<mode>-<installation, 6>-<subscription id>`.
    package let role: RecordName

    /// Makes the names, or gives nil where an id could not stand in an address.
    package init?(mode: Mode, installation: Installation, subscription: Subscription.ID) {
        let text = "tollgate-\(mode.rawValue)-\(installation.shortID)-\(subscription.rawValue)"
        guard text.utf8.count <= 56, let role = RecordName(text) else { return nil }
        self.role = role
    }

    /// The name of the app of a generation: the role's, and `-g` with the number after the first.
    package func app(_ generation: Int) -> RecordName? {
        RecordName(generation == 1 ? role.rawValue : "\(role)-g\(generation)")
    }

    /// The generation whose app has this name.
    package func generation(ofApp name: String) -> Int? {
        guard name != role.rawValue else { return 1 }
        guard name.hasPrefix("\(role)-g"), let number = Int(name.dropFirst("\(role)-g".count)),
            number > 1, app(number)?.rawValue == name
        else { return nil }
        return number
    }
}
