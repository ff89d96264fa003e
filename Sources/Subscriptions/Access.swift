/// What a subscriber may do now.
package enum Access: String, Sendable, CaseIterable, Codable {
    /// Nothing is due: no money has come; whatever exists already sleeps.
    case none
    /// The key works.
    case active
    /// The key sleeps and can wake up again.
    case suspended
    /// The key is gone for good.
    case ended
}
