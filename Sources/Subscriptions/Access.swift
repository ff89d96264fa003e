package import struct Foundation.Date

/// What a subscriber may do now.
package enum Access: String, Sendable, CaseIterable, Codable {
    /// Nothing yet: no money has come.
    case none
    /// The key works.
    case active
    /// The key sleeps and can wake up again.
    case suspended
    /// The key is gone for good.
    case ended
}

/// What was decided about access, why, and until when that holds.
package struct AccessDecision: Hashable, Sendable {
    /// What the subscriber may do.
    package let access: Access
    /// One clause that says why, for staff.
    package let reason: String
    /// When it must be decided again though no event comes.
    package let until: Date?

    /// Makes a decision.
    package init(_ access: Access, _ reason: String, until: Date? = nil) {
        self.access = access
        self.reason = reason
        self.until = until
    }
}
