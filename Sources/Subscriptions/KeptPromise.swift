package import struct Foundation.Date

/// A promise that was kept, and how long it took.
package struct KeptPromise: Hashable, Sendable {
    /// What was promised.
    package enum Kind: String, Sendable, CaseIterable {
        /// A payment brings a proved key; it begins when the event arrives.
        case payment
        /// A revocation is proved; it begins when the event arrives that asks for it, and where none
        /// does when it is decided.
        case revocation
    }

    /// Its number, in the order in which promises were kept.
    package let number: Int64
    /// What was promised.
    package let kind: Kind
    /// When the event arrived, or the revocation was decided.
    package let beganAt: Date
    /// When the proof was stored.
    package let keptAt: Date

    /// Makes one.
    package init(number: Int64, kind: Kind, beganAt: Date, keptAt: Date) {
        self.number = number
        self.kind = kind
        self.beganAt = beganAt
        self.keptAt = keptAt
    }

    /// How long it took; nothing where the clock was set back meanwhile.
    package var seconds: Double { max(0, keptAt.timeIntervalSince(beganAt)) }
}
